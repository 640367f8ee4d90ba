"""Deliveries that could not be handled: try them again, or let them be. ``replays`` does it for many, as a job."""

from django.db import transaction

from config.clock import now
from providers import incidents
from providers.models import DeadLetter
from providers.webhooks import dispatch, ledger, subscribers


def replay(dead_letter, scope=transaction.atomic):
    """Handle a dead letter's delivery once more; return whether it went through.

    Success closes it, failure keeps the new error. Handlers don't mind repetition, so an event of it that arrived
    the first time changes nothing now. ``scope()`` opens the caller's rights for one transaction.
    """
    try:
        with transaction.atomic(), scope():
            DeadLetter.objects.select_for_update().get(pk=dead_letter.pk)
            subscribers.handle(subscribers.read_delivery(row_of(dead_letter)))
    except Exception as exc:
        note_failure(dead_letter, exc)
        return False
    note_success(dead_letter)
    close_incident_when_none_is_left()
    return True


def replay_many(dead_letters, scope=transaction.atomic):
    """Replay each of these that is open; return how many went through and how many failed again."""
    done = failed = 0
    for pk in list(dead_letters.filter(closed_at=None).order_by("delivery_id").values_list("pk", flat=True)):
        if replay(DeadLetter.objects.get(pk=pk), scope):
            done += 1
        else:
            failed += 1
    return done, failed


def close(dead_letters):
    """Let these be: they stay readable, and nobody is reminded of them. Returns how many were open."""
    closed = dead_letters.filter(closed_at=None).update(closed_at=now())
    close_incident_when_none_is_left()
    return closed


def row_of(dead_letter):
    """The letter as dispatch reads deliveries."""
    return ledger.Row(dead_letter.delivery_id, dead_letter.received_at, bytes(dead_letter.body))


def note_success(dead_letter):
    """It went through: close it."""
    dead_letter.replayed_at = dead_letter.closed_at = now()
    dead_letter.save(update_fields=["replayed_at", "closed_at"])


def note_failure(dead_letter, exc):
    """It failed again: keep the new error."""
    dead_letter.attempts += 1
    dead_letter.error, dead_letter.kind = dispatch.describe_error(exc), dispatch.kind_of(exc)
    dead_letter.failed_at = now()
    dead_letter.save(update_fields=["attempts", "error", "kind", "failed_at"])


def close_incident_when_none_is_left():
    """The incident about dead letters ends with the last open one."""
    if not DeadLetter.objects.filter(closed_at=None).exists():
        incidents.close_incident(dispatch.DEAD_LETTERS)
