"""Reminders while the ball is with the business: a growing pause, quiet hours, an end, and a way out for each reader.

A sweep keeps one row per application in step with whose turn it is (``services.turns``) and sends what is due. The next
moment is counted from the present and never from the one missed, so after any downtime exactly one reminder leaves.
"""

import datetime as dt
import logging
import tomllib
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation

from config.clock import now
from config.faults import fault_point
from onboarding.models import OnboardingApplication, Reminder
from onboarding.rulebook.book import DATA
from onboarding.services import notices, turns
from onboarding.services.moves import note
from tenants import mail
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

SALT = "onboarding.reminders"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When reminders leave: pauses in days, quiet hours of the business's own clock, how long "not now" lasts."""

    pauses: tuple[int, ...]
    quiet_from: int
    quiet_until: int
    pause_days: int


def rhythm(day=None):
    """The ``Rhythm`` that holds on a day (today by default), from ``rulebook/data/reminders.toml``."""
    day = day or now().date()
    rows = [row for row in _told() if row["from"] <= day] or _told()[:1]
    row = max(rows, key=lambda row: row["from"])
    return Rhythm(tuple(row["pauses"]), row["quiet_from"], row["quiet_until"], row["pause_days"])


@cache
def _told():
    with (DATA / "reminders.toml").open("rb") as stream:
        return tomllib.load(stream)["reminders"]


# The sweep


def run_due():
    """Follow whose turn it is, then send what is due; returns how many rows began anew and how many mails there are."""
    return {"followed": follow(), "reminded": sum(map(_remind_safely, _due()))}


def follow():
    """Let the rows of applications whose turn changed begin anew; returns how many did."""
    with every_business():
        begun = turns.with_the_business().filter(
            Q(reminder=None)
            | Q(reminder__turn_at=None)
            | Q(status="draft", reminder__turn_at__lt=F("updated_at"))
            | Q(status="changes_requested", reminder__turn_at__lt=F("status_changed_at"))
            | Q(status="changes_requested", reminder__turn_at__lt=F("updated_at"))
            | Q(
                status__in=turns.WITH_STEPS,
                steps__state="waiting_for_business",
                reminder__turn_at__lt=F("steps__since"),
            )
            | Q(status__in=turns.WITH_STEPS, reminder__turn__in=[turns.DRAFT, turns.CORRECTIONS])
        )
        pks = list(begun.order_by("pk").distinct().values_list("pk", flat=True)[:AT_ONCE])
        return sum(begin(application) for application in _open(pks))


def _open(pks):
    return OnboardingApplication.objects.filter(pk__in=pks).select_related("business").prefetch_related("steps")


def begin(application):
    """Count anew when it is another turn than the one the row knows. Returns whether it is."""
    turn = turns.turn_of(application)
    if turn is None:
        return False
    row, _new = Reminder.objects.select_for_update().get_or_create(
        application=application, defaults={"business": application.business}
    )
    if (row.turn, row.turn_at) == (turn.what, turn.since):
        return False
    # Somebody who has just acted isn't reminded at once of something older.
    start = max(turn.since, application.status_changed_at)
    row.turn, row.turn_at, row.sent, row.last_at, row.ended_at = turn.what, turn.since, 0, None, None
    row.next_at = awake(application.business, start + dt.timedelta(days=rhythm().pauses[0]))
    row.save()
    return True


def _due():
    with every_business():
        due = Reminder.objects.filter(next_at__lte=now()).order_by("next_at")
        return list(due.values_list("pk", flat=True)[:AT_ONCE])


def _remind_safely(pk):
    """One row that can't be sent holds no other up; it stays due."""
    try:
        return remind(pk)
    except Exception:
        logger.exception("Reminder %s could not be written", pk)
        return 0


def remind(pk):
    """Write the mails of one due row and plan the next; returns how many were written."""
    with acting_for(Reminder, pk):
        row = (
            Reminder.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("application__business", "application__created_by", "application__claimed_by")
            .filter(pk=pk, next_at__lte=now())
            .first()
        )
        if row is None:
            return 0
        application = row.application
        turn = turns.turn_of(application)
        if turn is None:
            row.turn, row.turn_at, row.next_at = "", None, None
            row.save(update_fields=["turn", "turn_at", "next_at"])
            return 0
        if (turn.what, turn.since) != (row.turn, row.turn_at):
            begin(application)
            return 0
        at = now()
        if (later := awake(application.business, at)) > at:
            Reminder.objects.filter(pk=pk).update(next_at=later)
            return 0
        written = _send(row, turn, at)
        fault_point("reminders.before_commit")
        return written


def _send(row, turn, at):
    """One mail to each reader who wants it, then the next moment; without such a reader the turn goes on in silence."""
    application, plan = row.application, rhythm()
    people = notices.readers(application)
    awake_ones = [reader for reader in people if not is_quiet(row, reader.address, at)]
    if people and not awake_ones and all(is_quiet(row, reader.address, None) for reader in people):
        _end(row, at, stopped=True)
        return 0
    if not awake_ones:
        row.next_at = awake(application.business, at + dt.timedelta(days=plan.pauses[0]))
        row.save(update_fields=["next_at"])
        return 0
    row.sent += 1
    last = row.sent >= len(plan.pauses)
    for reader in awake_ones:
        address = link(row, reader.address)
        mail.queue(
            "onboarding/email/reminder",
            reader.address,
            language=reader.language,
            headers={"List-Unsubscribe": f"<{address}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            application=application,
            business=application.business,
            what=_in(reader.language, turn.what),
            days=max(1, (at - turn.since).days),
            last=last,
            next_days=None if last else plan.pauses[row.sent],
            link=notices.home(application),
            quiet_link=address,
        )
    row.last_at = at
    note(application, "reminded", step=turn.what, n=row.sent)
    if last:
        _end(row, at, stopped=False)
    else:
        row.next_at = awake(application.business, at + dt.timedelta(days=plan.pauses[row.sent]))
        row.save(update_fields=["sent", "last_at", "next_at"])
    return len(awake_ones)


def _in(language, what):
    with translation.override(language or None):
        return turns.name_of(what)


def _end(row, at, *, stopped):
    """No more reminders in this turn: the house is told, once, and a person decides."""
    row.next_at, row.ended_at = None, at
    row.save(update_fields=["sent", "last_at", "next_at", "ended_at"])
    note(row.application, "stalled", step=row.turn, stopped=stopped)
    notices.stalled(row.application, row)


# Hours


def awake(business, moment):
    """``moment``, or the next morning of the business's own clock when it falls into its quiet hours."""
    plan = rhythm()
    local = moment.astimezone(zone(business))
    if plan.quiet_until <= local.hour < plan.quiet_from:
        return moment
    morning = local.replace(hour=plan.quiet_until, minute=0, second=0, microsecond=0)
    if local.hour >= plan.quiet_from:
        morning += dt.timedelta(days=1)
    return morning.astimezone(dt.UTC)


def zone(business):
    """The business's own clock; UTC when its name isn't known."""
    try:
        return ZoneInfo(business.time_zone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


# Those who want none


def link(row, address):
    """Where this reader pauses or stops the reminders; the address is signed, so nobody needs to log in."""
    token = signing.dumps([str(row.reference), address.lower()], salt=SALT)
    return settings.PUBLIC_URL + reverse("onboarding:reminders", args=[token])


def read_link(token):
    """``(reference, address)`` of a signed link; raises ``signing.BadSignature`` for any other text."""
    reference, address = signing.loads(token, salt=SALT)
    return reference, address


def is_quiet(row, address, at):
    """Whether a reader wants no reminder at a moment; without one, whether it wants none ever again."""
    until = row.quiet.get(address.lower())
    if until is None:
        return False
    if not until:
        return True
    return at is not None and dt.datetime.fromisoformat(until) > at


def quiet_until(row, address):
    """The end of a reader's pause as a moment, or None."""
    until = row.quiet.get(address.lower())
    return dt.datetime.fromisoformat(until) if until else None


def be_quiet(row, address, *, days=None):
    """One reader wants no reminders: for ``days``, or for good."""
    until = (now() + dt.timedelta(days=days)).isoformat() if days else ""
    _keep(row, {**row.quiet, address.lower(): until}, "reminders paused" if days else "reminders stopped", address)


def speak_again(row, address):
    """One reader wants reminders again."""
    kept = {who: until for who, until in row.quiet.items() if who != address.lower()}
    _keep(row, kept, "reminders wanted", address)


def _keep(row, quiet, kind, address):
    if quiet == row.quiet:
        return
    row.quiet = quiet
    row.save(update_fields=["quiet"])
    note(row.application, kind, address=address)


def next_for(application):
    """The reminder row of an application while one is planned for the present turn, else None."""
    row = Reminder.objects.filter(application=application).exclude(next_at=None).first()
    turn = turns.turn_of(application) if row else None
    return row if turn and (turn.what, turn.since) == (row.turn, row.turn_at) else None
