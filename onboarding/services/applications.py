"""The life of an application: one door per status, each with its line of history, mail and live news."""

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import NotReady, TransitionNotAllowed
from onboarding.models import OnboardingApplication
from onboarding.services import duplicates, further_numbers, notices, signup_store, steps
from onboarding.services.moves import move, note

__all__ = [
    "NotReady",
    "TransitionNotAllowed",
    "answers",
    "approve",
    "claim",
    "move",
    "note",
    "reject",
    "release",
    "request_changes",
    "start",
    "submit",
]

FIRST_CODE = 2000


def start(business, *, actor):
    """The application that a business is filling in; a new draft when there is none that still counts."""
    alive = OnboardingApplication.objects.filter(business=business, parent=None).exclude(status=Status.REJECTED)
    application = alive.order_by("-pk").first()
    if application is not None:
        return application
    with transaction.atomic():
        application = OnboardingApplication.objects.create(
            business=business, code=f"new-{business.pk}"[:12], created_by=actor, country=business.country
        )
        application.code = f"UM-{FIRST_CODE + application.pk}"
        application.save(update_fields=["code"])
        note(application, "started", actor=actor)
    return application


@transaction.atomic
def submit(application, *, actor):
    """Send an application (or its corrections) to review. Raises ``NotReady`` with what is missing."""
    from onboarding.wizard import missing  # the wizard's pages call this module

    problems = missing(application)
    if problems:
        raise NotReady(problems)
    again = application.status == Status.CHANGES_REQUESTED
    move(application, Status.SUBMITTED, actor=actor)
    snapshot = answers(application)
    changed = {
        field: [application.submitted_snapshot.get(field), value]
        for field, value in snapshot.items()
        if again and application.submitted_snapshot.get(field) != value
    }
    application.change_requests.filter(answered_at=None).update(answered_at=now())
    application.submitted_snapshot = snapshot
    application.submitted_at = application.submitted_at or now()
    application.save(update_fields=["submitted_snapshot", "submitted_at"])
    note(application, "submitted", actor=actor, changed=changed)
    duplicates.index(application)
    steps.begin(application)
    signup_store.mark_steps(application)
    notices.application_submitted(application)


@transaction.atomic
def approve(application, *, actor):
    """Accept an application; the steps at the provider begin."""
    move(application, Status.APPROVED, actor=actor)
    OnboardingApplication.objects.filter(pk=application.pk).update(decided_at=now())
    steps.go_on(application)
    further_numbers.open_approved(application)
    notices.application_approved(application)


@transaction.atomic
def request_changes(application, notes, *, actor):
    """Ask for corrections: ``notes`` maps field names to what should change. Raises ``ValueError`` without any."""
    notes = {field: text.strip() for field, text in notes.items() if text.strip()}
    if not notes:
        raise ValueError(_("Say for at least one answer what should change."))
    move(application, Status.CHANGES_REQUESTED, actor=actor, reason="; ".join(notes))
    saved = answers(application)
    for field, text in notes.items():
        application.change_requests.create(
            business=application.business,
            field=field,
            note=text,
            old_value=str(saved.get(field, "")),
            requested_by=actor,
        )
    notices.changes_requested(application, notes)


@transaction.atomic
def reject(application, reason, *, actor):
    """Refuse an application for good, with a reason that the business reads."""
    if not reason.strip():
        raise ValueError(_("Give the reason; the business reads it."))
    move(application, Status.REJECTED, actor=actor, reason=reason)
    OnboardingApplication.objects.filter(pk=application.pk).update(decided_at=now(), rejection_reason=reason)
    application.rejection_reason = reason
    signup_store.let_go(application)
    notices.application_rejected(application)


def claim(application, *, actor):
    """Take an application off the queue; return whether it is now this reviewer's."""
    mine = OnboardingApplication.objects.filter(pk=application.pk, claimed_by=None)
    if mine.update(claimed_by=actor, claimed_at=now()):
        note(application, "claimed", actor=actor)
        return True
    application.refresh_from_db(fields=["claimed_by"])
    return application.claimed_by_id == actor.pk


def release(application, *, actor):
    """Put an application back on the queue."""
    if (
        OnboardingApplication.objects.filter(pk=application.pk)
        .exclude(claimed_by=None)
        .update(claimed_by=None, claimed_at=None)
    ):
        note(application, "released", actor=actor)


ANSWER_FIELDS = (
    "activity", "sector", "recipient_countries", "brand", "legal_name", "tax_id", "address", "city", "region",
    "postal_code", "country", "website", "facebook_page", "facebook_business_id", "phone", "display_name",
    "contact_name", "contact_email", "contact_phone",
)  # fmt: skip
"""What a reviewer judges, and may ask to be corrected, field by field."""


def answers(application):
    """The answers as plain values, for the snapshot of a submission."""
    return {field: getattr(application, field) for field in ANSWER_FIELDS}
