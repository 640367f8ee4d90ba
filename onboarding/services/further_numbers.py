"""Several numbers under one Business ID: asked for with area and reason, priced, decided one by one (product row B5).

An approved number gets an application of its own below the first one, already approved, and from there it goes through
the steps at the provider by itself: its own name review, code, PIN and round trip.
"""

import tomllib
from datetime import UTC, datetime, time
from functools import cache

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import NumberDecision as Decision
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import NumberRequest, OnboardingApplication, PhoneNumber
from onboarding.rulebook.book import DATA
from onboarding.rulebook.house import house_rule
from onboarding.services import notices, steps
from onboarding.services.answers import number_is_taken
from onboarding.services.moves import move, note
from tenants import audit, live

COPIED = (
    "activity", "sector", "recipient_countries", "brand", "legal_name", "tax_id", "address", "city", "region",
    "postal_code", "country", "website", "facebook_page", "facebook_business_id", "contact_name", "contact_email",
    "contact_phone", "signed_at", "signed_by", "signed_name", "policy_version", "created_by",
)  # fmt: skip
"""What a further number takes over from the application under which it was asked for."""


def cost(day=None):
    """The price of one further number on a day (today): currency, monthly, once (text figures), from, source.

    The currency and the source are the price list's, the figures are house rules.
    """
    at = None if day is None else datetime.combine(day, time.max, tzinfo=UTC)
    found = {key: str(value) for key, value in _holding("prices", day).items()}
    return found | {
        "monthly": house_rule("further_number_monthly", at),
        "once": house_rule("further_number_once", at),
    }


def limit(application):
    """``(how many numbers Meta allows this company, whether that is because it is verified)``."""
    found = _holding("limits", None)
    verified = application.steps.filter(kind=StepKind.BUSINESS_VERIFICATION, state=StepState.DONE).exists()
    return (found["verified"] if verified else found["unverified"]), verified


def of(application):
    """The further numbers asked for and not withdrawn, oldest first."""
    return application.number_requests.filter(withdrawn_at=None).select_related("opened", "decided_by").order_by("pk")


@transaction.atomic
def ask(application, *, e164, code_method, display_name, area, justification, actor):
    """Ask for one more number. Raises ``NotPossible`` when it is there already, taken, or one too many."""
    locked = OnboardingApplication.objects.select_for_update().get(pk=application.pk)
    if locked.parent_id or locked.status == Status.REJECTED:
        raise NotPossible(_("Further numbers hang on an application that counts. Start one first."))
    if locked.phone == e164 or PhoneNumber.objects.filter(business=application.business, e164=e164).exists():
        raise NotPossible(_("This number is part of your application already."))
    if number_is_taken(application.business, e164):
        raise NotPossible(_("This number can't be used here. If it is your company's, write to us and we clear it up."))
    counting = of(application).exclude(decision=Decision.REFUSED)
    most = _holding("limits", None)["verified"]
    if counting.count() + 1 >= most:
        raise NotPossible(_("Meta allows %(n)d numbers for one company. Withdraw one first.") % {"n": most})
    try:
        with transaction.atomic():
            row = NumberRequest.objects.create(
                business=application.business,
                application=application,
                e164=e164,
                code_method=code_method,
                display_name=display_name,
                area=area,
                justification=justification,
                cost=cost(),
                requested_by=actor,
            )
    except IntegrityError as exc:
        raise NotPossible(_("You have asked for this number already.")) from exc
    note(application, "number_asked", actor=actor, number=e164, area=area)
    audit.record(audit.to_translate("further number asked for"), f"{application.code} {e164}", actor=actor, area=area)
    _tell(application)
    return row


@transaction.atomic
def withdraw(application, reference, *, actor):
    """Take back a number on which nobody has decided; returns whether there was one."""
    found = of(application).filter(reference=reference, decision=Decision.PENDING)
    row = found.first()
    if row is None or not found.update(withdrawn_at=now()):
        return False
    note(application, "number_withdrawn", actor=actor, number=row.e164)
    audit.record(audit.to_translate("further number withdrawn"), f"{application.code} {row.e164}", actor=actor)
    _tell(application)
    return True


@transaction.atomic
def decide_number(number, decision, note="", *, by):
    """Staff approves or refuses one ``NumberRequest``; a refusal needs a note, which the business reads.

    An approved number starts its way as soon as the application itself is approved. Raises ``ValueError`` without a
    decision or note, ``NotPossible`` when somebody has decided or the business took it back.
    """
    decision = Decision(decision)
    if decision == Decision.PENDING:
        raise ValueError(_("Choose a decision."))
    if decision == Decision.REFUSED and not note.strip():
        raise ValueError(_("Give the reason; the business reads it."))
    row = NumberRequest.objects.select_for_update().select_related("application", "business").get(pk=number.pk)
    if row.decision != Decision.PENDING or row.withdrawn_at:
        raise NotPossible(_("This number has been decided on or withdrawn meanwhile. Load the page again."))
    row.decision, row.decision_note, row.decided_by, row.decided_at = decision, note.strip(), by, now()
    row.save(update_fields=["decision", "decision_note", "decided_by", "decided_at"])
    application = row.application
    application.business = row.business
    _note(application, "number_decided", actor=by, number=row.e164, decision=decision, reason=row.decision_note)
    audit.record(
        audit.to_translate("further number decided"),
        f"{application.code} {row.e164}",
        actor=by,
        business=row.business,
        decision=decision,
    )
    notices.number_decided(application, row)
    _tell(application)
    open_approved(application)
    return row


_note = note
"""``decide_number`` has a parameter of that name."""


@transaction.atomic
def open_approved(application):
    """Send approved numbers on their way once the application is approved; called at either approval."""
    if application.status not in {Status.APPROVED, Status.LIVE}:
        return []
    waiting = of(application).select_for_update(of=("self",)).filter(decision=Decision.APPROVED, opened=None)
    return [_open(application, row) for row in waiting]


def _open(application, row):
    count = application.children.count() + 2
    child = OnboardingApplication(
        business=application.business,
        parent=application,
        code=f"{application.code}-{count}"[:12],
        phone=row.e164,
        code_method=row.code_method,
        display_name=row.display_name,
        name_is_permanent=True,
        submitted_at=row.requested_at,
        **{field: getattr(application, field) for field in COPIED},
    )
    child.save()
    move(child, Status.SUBMITTED, actor=row.requested_by)
    move(child, Status.APPROVED, actor=row.decided_by)
    child.decided_at = row.decided_at
    child.save(update_fields=["decided_at"])
    row.opened = child
    row.save(update_fields=["opened"])
    steps.begin(child)
    return child


def _tell(application):
    live.emit("application", business_id=application.business_id, application=str(application.reference))


def _holding(kind, day):
    day = day or now().date()
    return max((row for row in _told()[kind] if row["from"] <= day), key=lambda row: row["from"])


@cache
def _told():
    with (DATA / "number_costs.toml").open("rb") as stream:
        return tomllib.load(stream)
