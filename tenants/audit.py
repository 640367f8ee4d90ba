"""The audit trail: who did what."""

from tenants.models import AuditEvent
from tenants.tenancy import current_scope


def record(verb, subject, *, actor=None, business=None, **details):
    """Add one line in the present transaction. ``subject`` is readable; ``details`` holds no secrets."""
    business_id = business.pk if business is not None else current_scope().business_id
    return AuditEvent.objects.create(
        business_id=business_id,
        actor=actor,
        actor_label=str(actor or ""),
        verb=verb,
        subject=str(subject)[:200],
        details=details,
    )
