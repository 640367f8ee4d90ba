"""The audit trail: who did what."""

from django.utils.translation import gettext_noop as to_translate

from tenants.models import AuditEvent
from tenants.tenancy import current_scope, every_business

__all__ = ["record", "record_house", "to_translate"]


def record(verb, subject, *, actor=None, business=None, staff_only=False, **details):
    """Add one line in the present transaction.

    ``verb`` is shown in the reader's language: mark it with ``audit.to_translate``. ``subject`` is readable;
    ``details`` holds no secrets. ``staff_only`` keeps the line out of the business's own trail.
    """
    business_id = business.pk if business is not None else current_scope().business_id
    if business_id is None:
        raise ValueError("Name the business, or use record_house for what belongs to none.")
    return AuditEvent.objects.create(
        business_id=business_id,
        actor=actor,
        actor_label=str(actor or ""),
        verb=verb,
        subject=str(subject)[:200],
        details=details,
        staff_only=staff_only,
    )


def record_house(verb, subject, *, actor=None, **details):
    """Add one line about the house itself, which belongs to no business; only staff see it."""
    with every_business():
        return AuditEvent.objects.create(
            business=None,
            actor=actor,
            actor_label=str(actor or ""),
            verb=verb,
            subject=str(subject)[:200],
            details=details,
            staff_only=True,
        )
