"""Two-step PINs: made by us, kept encrypted, shown once to the owner, changed when one is lost (product row C4).

Meta: POST ``pin`` on the number sets or overwrites it; switching it off works in WhatsApp Manager alone (docs
"Two-step verification", 2025-12). A PIN is stored before it is used: one that Meta took and we forgot locks the number.
"""

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding import gateway
from onboarding.exceptions import NotPossible
from onboarding.models import AttemptKind, NewsKind, PhoneNumber, PinChange
from onboarding.services import number_news, quotas
from providers import incidents
from providers.base import OutcomeUnknown, ProviderError, ProviderUnavailable
from tenants import audit, live
from tenants.tenancy import acting_for, every_business

LEASE = timedelta(seconds=90)
LONGEST_PAUSE = timedelta(minutes=30)
GIVE_UP_AFTER = 6
OURS_FOR = timedelta(minutes=15)
"""News of a changed PIN within this time of our own change is about that one."""
TASK = "onboarding.tasks.tend_numbers"


def new_pin():
    """Six digits from the operating system's random source."""
    return f"{secrets.randbelow(1_000_000):06}"


def open_change(number):
    """The change that runs now, or ``None``."""
    return PinChange.objects.filter(phone_number=number, done_at=None, failed_at=None).first()


def last_change(number):
    """The newest change, whatever became of it."""
    return PinChange.objects.filter(phone_number=number).order_by("-pk").first()


@transaction.atomic
def change(number, *, actor):
    """Ask for a new PIN; a worker sets it at Meta, then the owner may see it once. Raises ``NotPossible``."""
    if number.registered_at is None or not number.phone_number_id:
        raise NotPossible(_("The number isn't registered yet. It gets its PIN then."))
    quotas.require(number, AttemptKind.PIN)
    try:
        with transaction.atomic():
            row = PinChange.objects.create(
                business_id=number.business_id,
                phone_number=number,
                new_pin=new_pin(),
                asked_by=actor,
                next_attempt_at=now(),
            )
    except IntegrityError as exc:
        raise NotPossible(_("A new PIN is being set already.")) from exc
    quotas.note(number, AttemptKind.PIN)
    audit.record(audit.to_translate("new PIN asked for"), number.e164, actor=actor)
    hints.after_commit(TASK)
    return row


@transaction.atomic
def reveal(number, *, actor):
    """The PIN, once: the second call gives ``None``. Who saw it when is in the audit trail."""
    row = PhoneNumber.objects.select_for_update().filter(pk=number.pk, pin_shown_at=None).exclude(pin="").first()
    if row is None:
        return None
    row.pin_shown_at = now()
    row.save(update_fields=["pin_shown_at"])
    audit.record(audit.to_translate("PIN shown"), row.e164, actor=actor)
    return row.pin


def is_ours(number, at):
    """Whether news at ``at`` of a changed PIN is about a change that we made."""
    if open_change(number) is not None:
        return True
    return PinChange.objects.filter(phone_number=number, done_at__gt=at - OURS_FOR, done_at__lt=at + OURS_FOR).exists()


def run_due(limit=20):
    """Set every PIN that is due; returns how many."""
    with every_business():
        due = PinChange.objects.filter(next_attempt_at__lte=now(), done_at=None, failed_at=None)
        pks = list(due.order_by("next_attempt_at").values_list("pk", flat=True)[:limit])
    for pk in pks:
        run(pk)
    return len(pks)


def run(pk):
    """Set one PIN under a lease; saying the same PIN twice does no harm."""
    with acting_for(PinChange, pk) as row:
        at = now()
        if not PinChange.objects.filter(pk=pk, next_attempt_at__lte=at).update(next_attempt_at=at + LEASE):
            return
        number = PhoneNumber.objects.select_related("waba").get(pk=row.phone_number_id)
        node, pin = number.phone_number_id, row.new_pin
        token = number.waba.access_token if number.waba_id else ""
    line = gateway.line(access_token=token, subject=f"pin:{pk}", step="pin")
    try:
        line.set_pin(node, pin=pin)
    except ProviderError as error:
        with acting_for(PinChange, pk) as row:
            _refused(row, error)
        return
    with acting_for(PinChange, pk) as row:
        _done(row)


def _done(row):
    if row.done_at:
        return
    number = PhoneNumber.objects.select_for_update().get(pk=row.phone_number_id)
    number.pin, number.pin_shown_at = row.new_pin, None
    number.save(update_fields=["pin", "pin_shown_at"])
    row.done_at, row.next_attempt_at, row.new_pin, row.last_error = now(), None, "", ""
    row.save()
    number_news.note(NewsKind.SECURITY, "PIN_SET_HERE", number=number, key=f"pin:{row.pk}")
    incidents.close_incident(f"pin:{row.pk}")


def _refused(row, error):
    row.attempts += 1
    row.last_error = (error.details or str(error))[:1000]
    row.last_error_code = error.code
    again = isinstance(error, ProviderUnavailable | OutcomeUnknown) or error.retry_after
    if again and row.attempts < GIVE_UP_AFTER:
        pause = min(timedelta(seconds=5) * 2 ** min(row.attempts, 10), LONGEST_PAUSE)
        row.next_attempt_at = now() + max(pause, timedelta(seconds=min(error.retry_after or 0, 72 * 3600)))
    else:
        row.failed_at, row.next_attempt_at, row.new_pin = now(), None, ""
        incidents.open_incident(
            f"pin:{row.pk}", incidents.to_translate("A new PIN was refused"),
            f"{row.phone_number.e164}: {row.last_error}",
        )  # fmt: skip
    row.save()
    number = row.phone_number
    live.emit("number", business_id=row.business_id, number=str(number.reference))
