"""Another display name for a number in use: asked for, reviewed by the house, reviewed by Meta, put into use.

Meta: POST ``new_display_name``, then a review told by webhook and poll; an approved name holds only once the number is
registered again within 14 days, with its PIN (docs "Display names", May 2026). House rule: the name is permanent, so a
change is a new reviewed request.
"""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding import gateway
from onboarding.exceptions import NotPossible
from onboarding.models import OPEN_RENAMINGS, AttemptKind, NewsKind, NewsSource, PhoneNumber, Renaming
from onboarding.models import RenamingState as State
from onboarding.rulebook.house import house_rule
from onboarding.services import number_news, number_notices, number_rules, quotas
from providers import incidents
from providers.base import NameStatus, OutcomeUnknown, ProviderError, ProviderUnavailable
from tenants import audit, live
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
LOOK_AGAIN = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
STUCK_AFTER_ATTEMPTS = 4
TASK = "onboarding.tasks.tend_numbers"
REASON_OF_MANAGER = "Changed in WhatsApp Manager."


def of(number):
    """The renamings of a number, newest first."""
    return Renaming.objects.filter(phone_number=number).select_related("asked_by", "decided_by").order_by("-pk")


def open_one(number):
    """The renaming that runs now, or ``None``."""
    return of(number).filter(state__in=OPEN_RENAMINGS).first()


@transaction.atomic
def ask(number, *, name, why, actor):
    """Ask for another display name. Raises ``NotPossible`` while one runs or a quota is used up.

    By house rule a person decides first; without that rule the name goes to Meta at once.
    """
    if number.registered_at is None or not number.phone_number_id:
        raise NotPossible(_("The number isn't in use yet. Its first name is part of the application."))
    if name == number.display_name:
        raise NotPossible(_("This is the name that the number has now."))
    quotas.require(number, "rename")
    permanent = house_rule("display_name_permanent")
    try:
        with transaction.atomic():
            row = Renaming.objects.create(
                business_id=number.business_id,
                phone_number=number,
                old_name=number.display_name,
                name=name,
                why=why,
                asked_by=actor,
                state=State.ASKED if permanent else State.DUE,
                next_attempt_at=None if permanent else now(),
            )
    except IntegrityError as exc:
        raise NotPossible(_("A change of the name is under way already.")) from exc
    audit.record(audit.to_translate("display name change asked for"), f"{number.e164}: {name}", actor=actor, why=why)
    _tell(row)
    if not permanent:
        hints.after_commit(TASK)
    return row


@transaction.atomic
def withdraw(number, *, actor):
    """Take the wish back while nobody has decided; returns whether there was one."""
    found = Renaming.objects.filter(phone_number=number, state=State.ASKED)
    row = found.first()
    if row is None or not found.update(state=State.WITHDRAWN, finished_at=now()):
        return False
    audit.record(audit.to_translate("display name change withdrawn"), f"{number.e164}: {row.name}", actor=actor)
    _tell(row)
    return True


@transaction.atomic
def decide(pk, *, approve, note="", by):
    """Staff decides. A refusal needs a note, which the business reads. Raises ``NotPossible``, ``ValueError``."""
    if not approve and not note.strip():
        raise ValueError(_("Give the reason; the business reads it."))
    row = Renaming.objects.select_for_update(of=("self",)).select_related("phone_number", "business").get(pk=pk)
    if row.state != State.ASKED:
        raise NotPossible(_("Somebody has decided or the business took it back. Load the page again."))
    row.state = State.DUE if approve else State.REFUSED
    row.decided_by, row.decided_at, row.decision_note = by, now(), note.strip()
    row.next_attempt_at = now() if approve else None
    row.finished_at = None if approve else now()
    row.save()
    audit.record(
        audit.to_translate("display name change decided"),
        f"{row.phone_number.e164}: {row.name}",
        actor=by,
        business=row.business,
        decision=str(row.state),
        reason=row.decision_note,
    )
    _tell(row, mail=True)
    if approve:
        hints.after_commit(TASK)
    return row


def run_due(limit=20):
    """Take every renaming one step on that is due; returns how many."""
    with every_business():
        due = Renaming.objects.filter(next_attempt_at__lte=now(), state__in=OPEN_RENAMINGS).order_by("next_attempt_at")
        pks = list(due.values_list("pk", flat=True)[:limit])
    for pk in pks:
        run(pk)
    return len(pks)


def run(pk):
    """Take one due renaming under a lease, ask the provider outside any scope, store the answer."""
    with acting_for(Renaming, pk) as row:
        at = now()
        if not Renaming.objects.filter(pk=pk, next_attempt_at__lte=at).update(next_attempt_at=at + LEASE):
            return
        number = PhoneNumber.objects.select_related("waba").get(pk=row.phone_number_id)
        state, name, node, pin = row.state, row.name, number.phone_number_id, number.pin
        token = number.waba.access_token if number.waba_id else ""
        if state == State.REGISTERING and not _may_register(row, number, pin):
            return
    line = gateway.line(access_token=token, subject=f"renaming:{pk}", step="display_name")
    try:
        report = line.fetch_phone_number(node)
        if state == State.DUE and name not in {report.new_display_name, report.verified_name}:
            line.change_display_name(node, display_name=name)
            report = line.fetch_phone_number(node)
        elif state == State.REGISTERING and report.verified_name != name:
            try:
                line.register(node, pin=pin)
            except OutcomeUnknown:
                pass  # the report below tells whether it took effect
            report = line.fetch_phone_number(node)
    except ProviderError as error:
        with acting_for(Renaming, pk) as row:
            _refused(row, error)
        return
    with acting_for(Renaming, pk) as row:
        _store(row, report)
        incidents.close_incident(f"renaming:{pk}")


def _may_register(row, number, pin):
    """Whether the number may be registered now; says why not and when to look again."""
    if row.register_by and row.register_by <= now():
        _finish(row, State.EXPIRED)
        return False
    left = quotas.left(number, AttemptKind.REGISTER)
    if left.next_at is not None or not pin:
        row.next_attempt_at = left.next_at or now() + LONGEST_PAUSE
        row.save(update_fields=["next_attempt_at"])
        if not pin:
            incidents.open_incident(
                f"renaming:{row.pk}", incidents.to_translate("A number has to be registered, and its PIN isn't known"),
                f"{number.e164}: {row.name}",
            )  # fmt: skip
        return False
    quotas.note(number, AttemptKind.REGISTER)
    return True


def _store(row, report):
    """Write what Meta says about a renaming that runs."""
    if row.state not in OPEN_RENAMINGS:
        return
    row.attempts, row.last_error, row.last_error_code = 0, "", None
    if row.state == State.DUE:
        row.state, row.sent_at = State.WAITING_FOR_META, now()
        _tell(row)
    _follow(row, report)


def follow(number, report):
    """A poll says how the names of a number stand; let a renaming follow."""
    row = Renaming.objects.filter(phone_number=number, state__in=[State.WAITING_FOR_META, State.REGISTERING]).first()
    if row is not None:
        _follow(row, report)


def _follow(row, report):
    if report.verified_name == row.name and report.new_display_name != row.name:
        _in_use(row)
    elif report.new_display_name == row.name and report.new_name_status is not None:
        decided(row, report.new_name_status)
    else:
        row.next_attempt_at = now() + LOOK_AGAIN
        row.save()


def decided(row, status, reason="", source=NewsSource.POLL):
    """Meta's word on the wanted name: approved, refused, or still in review. Repeated words change nothing."""
    if row.state == State.WAITING_FOR_META and status.is_usable:
        row.state, row.meta_decided_at = State.REGISTERING, now()
        row.register_by = now() + number_rules.deadline("register_new_name")
        row.next_attempt_at = now()
        row.save()
        number_news.note(
            NewsKind.NAME, str(status), number=row.phone_number, source=source, details=row.name,
            key=f"renaming:{row.pk}:approved",
        )  # fmt: skip
        hints.after_commit(TASK)
    elif row.state == State.WAITING_FOR_META and status == NameStatus.DECLINED:
        row.rejection_reason, row.meta_decided_at = reason[:60], now()
        _finish(row, State.DECLINED)
        number_news.note(
            NewsKind.NAME, str(status), number=row.phone_number, source=source, details=row.name,
            key=f"renaming:{row.pk}:declined",
        )  # fmt: skip
    else:
        soon = timedelta(seconds=5) if row.state == State.REGISTERING else LOOK_AGAIN
        row.next_attempt_at = now() + soon
        row.save()


def heard(number, name, status, reason):
    """A webhook decided on a name of a number in use; returns whether it was a renaming.

    A name that nobody asked for here was changed in WhatsApp Manager; it needs our registration all the same.
    """
    row = Renaming.objects.filter(phone_number=number, name=name).order_by("-pk").first()
    if row is None and Renaming.objects.filter(phone_number=number, old_name=name).exists():
        return True  # a late word on a name that the number had before
    if row is None and name != number.display_name and status.is_usable and open_one(number) is None:
        row = Renaming.objects.create(
            business_id=number.business_id,
            phone_number=number,
            old_name=number.display_name,
            name=name,
            why=REASON_OF_MANAGER,
            state=State.WAITING_FOR_META,
            sent_at=now(),
        )
    if row is None:
        return False
    if row.state in OPEN_RENAMINGS:
        decided(row, status, reason, NewsSource.WEBHOOK)
    return True


def _in_use(row):
    number = row.phone_number
    number.display_name = row.name
    number.name_status = str(NameStatus.APPROVED)
    number.save(update_fields=["display_name", "name_status"])
    _finish(row, State.DONE)
    audit.record(
        audit.to_translate("display name changed"),
        f"{number.e164}: {row.name}",
        business=row.business,
        old=row.old_name,
    )
    live.emit("number", business_id=number.business_id, number=str(number.reference))


def _finish(row, state):
    row.state, row.finished_at, row.next_attempt_at = state, now(), None
    row.save()
    incidents.close_incident(f"renaming:{row.pk}")
    _tell(row, mail=state != State.DECLINED)


def _refused(row, error):
    """No answer or a refusal: again after a growing pause, and staff hears of it when it lasts."""
    row.attempts += 1
    row.last_error = (error.details or error.user_title or str(error))[:1000]
    row.last_error_code = error.subcode or error.code
    pause = min(timedelta(seconds=15) * 4 ** min(row.attempts, 8), LONGEST_PAUSE)
    row.next_attempt_at = now() + max(pause, timedelta(seconds=min(error.retry_after or 0, 72 * 3600)))
    row.save()
    if not isinstance(error, ProviderUnavailable) or row.attempts >= STUCK_AFTER_ATTEMPTS:
        incidents.open_incident(
            f"renaming:{row.pk}", incidents.to_translate("A change of a display name doesn't get on"),
            f"{row.phone_number.e164} {row}: {row.last_error}",
        )  # fmt: skip


def _tell(row, mail=False):
    number = row.phone_number
    live.emit("number", business_id=row.business_id, number=str(number.reference))
    if mail:
        number_notices.tell_managers(
            row.business,
            "onboarding/email/renaming",
            f"renaming:{row.pk}:{row.state}",
            renaming=row,
            number=number,
            link=number_notices.address(row.business, number),
        )
