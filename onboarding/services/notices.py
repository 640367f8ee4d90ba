"""What the business is told by e-mail at each change. The words live in ``templates/onboarding/email``.

Every mail is keyed by the change that it tells of, so a change told twice (a poll and a webhook, a task run again) is
one mail to each reader.
"""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from onboarding.enums import StepKind, StepState
from onboarding.services import estimates
from tenants import mail


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at the business who is told, and in which language."""

    address: str
    language: str


def readers(application):
    """The contact person and whoever began the application, each once; people with an account in their language."""
    found, language = {}, application.business.language
    author = application.created_by
    if author is not None and author.email:
        found[author.email.lower()] = Reader(author.email, author.language or language)
    if application.contact_email:
        found.setdefault(application.contact_email.lower(), Reader(application.contact_email, language))
    return [found[address] for address in sorted(found)]


def home(application):
    """Where the story of an application is told, as an absolute address."""
    link = settings.PUBLIC_URL + reverse("onboarding:overview", args=[application.business.slug])
    return f"{link}timeline/?number={application.reference}" if application.parent_id else link


def desk(application):
    """The application's page at the review desk, as an absolute address."""
    return settings.PUBLIC_URL + reverse("admin:onboarding_onboardingapplication_change", args=[application.pk])


def _tell(application, kind, key="", **context):
    """One mail to each reader; templates call what is callable, so such values speak the reader's language."""
    for reader in readers(application):
        mail.queue(
            f"onboarding/email/{kind}",
            reader.address,
            language=reader.language,
            key=f"{kind}:{application.pk}:{key}:{reader.address}"[:200] if key else None,
            application=application,
            business=application.business,
            link=home(application),
            **context,
        )


def _moment(application):
    """The last change of status: each of them is told once."""
    return f"{application.status_changed_at:%Y%m%d%H%M%S%f}"


def application_submitted(application):
    _tell(application, "submitted", key=_moment(application), estimate=estimates.for_application(application))


def application_approved(application):
    _tell(application, "approved", key=_moment(application))


def changes_requested(application, notes):
    _tell(application, "changes_requested", key=_moment(application), notes=notes)


def application_rejected(application):
    _tell(application, "rejected", key=_moment(application), reason=application.rejection_reason)


# Steps

NEWS = {
    (StepKind.BUSINESS_VERIFICATION, StepState.WAITING_FOR_META): "verification_in_review",
    (StepKind.NAME_REVIEW, StepState.WAITING_FOR_META): "name_in_review",
    (StepKind.REGISTERED, StepState.DONE): "registered",
}
"""Changes that are told although nobody at the business has to act. What another mail tells isn't here: an approved
name opens the business's turn, the first message makes it live."""
NOT_TOLD = {StepKind.CODE_VERIFIED, StepKind.ROUND_TRIP}
"""Whoever enters a code sits before the page that says what came of it; the mail about the registration asks for the
first message."""


def step_changed(application, step, old):
    """A step has gone from the state ``old`` to another: write the mail that belongs to it, if any."""
    kind, state = StepKind(step.kind), StepState(step.state)
    key = f"{kind}:{state}:{step.since:%Y%m%d%H%M%S%f}"
    if state == StepState.BROKEN:
        _tell(application, "stuck", key=key, step=step)
    elif old == StepState.BROKEN:
        _tell(application, "goes_on", key=key, step=step)
    elif state == StepState.WAITING_FOR_BUSINESS and kind not in NOT_TOLD:
        your_turn(application, step)
    elif kind == StepKind.BUSINESS_VERIFICATION and state == StepState.DONE:
        if step.data.get("was_unverified"):
            _tell(application, "verified", key=key, step=step)
    elif template := NEWS.get((kind, state)):
        _tell(application, template, key=key, step=step)


def your_turn(application, step):
    """The ball is with the business now (activation, a refused name, a Business ID that isn't verified)."""
    from onboarding.services import overview  # it reads the steps, whose writer calls this module

    if step.kind == StepKind.BUSINESS_VERIFICATION:
        # Meta's word changes while the step stays with the business; each word is told once.
        _tell(
            application,
            "unverified",
            key=f"{step.kind}:{step.data.get('verification', '')}:{step.since:%Y%m%d%H%M%S%f}",
            step=step,
            error=lambda: overview.error_of(step),
        )
        return
    key = f"{step.kind}:{step.since:%Y%m%d%H%M%S%f}"
    _tell(application, "your_turn", key=key, step=step, error=lambda: overview.error_of(step))


def stalled(application, reminder):
    """The last reminder has left and nothing happened: the reviewer who has the application decides what now."""
    reviewer = application.claimed_by
    if reviewer is None or not reviewer.is_active or not reviewer.email:
        return
    from onboarding.services import turns  # it asks the models that this module's callers write

    language = reviewer.language or settings.LANGUAGE_CODE
    with translation.override(language):
        what = turns.name_of(reminder.turn)
    mail.queue(
        "onboarding/email/stalled",
        reviewer.email,
        language=language,
        key=f"stalled:{reminder.pk}:{reminder.ended_at:%Y%m%d%H%M%S%f}",
        application=application,
        business=application.business,
        what=what,
        sent=reminder.sent,
        link=desk(application),
    )


def message_from_us(application, message):
    """A reviewer wrote to the business."""
    _tell(application, "message", key=str(message.pk), message=message)


def message_from_business(application, message):
    """The business wrote: the reviewer who has the application hears of it, in their own language."""
    reviewer = application.claimed_by
    if reviewer is None or not reviewer.is_active or not reviewer.email:
        return
    mail.queue(
        "onboarding/email/message_for_staff",
        reviewer.email,
        language=reviewer.language or settings.LANGUAGE_CODE,
        key=f"message_for_staff:{message.pk}",
        application=application,
        business=application.business,
        message=message,
        link=desk(application),
    )


def application_live(application):
    _tell(application, "live", key="live")


def number_decided(application, request):
    """Staff has decided on a further number."""
    _tell(application, "number_decided", key=str(request.reference), request=request)


def part_asked(invitation, link):
    """A colleague is asked to fill in one page; ``link`` opens that page and nothing else."""
    application = invitation.application
    mail.queue(
        "onboarding/email/part_asked",
        invitation.email,
        language=application.business.language,
        application=application,
        business=application.business,
        invitation=invitation,
        link=link,
    )


def part_filled(invitation, title):
    """Tell whoever asked that the page is filled in."""
    if invitation.invited_by is None:
        return
    application = invitation.application
    mail.queue(
        "onboarding/email/part_filled",
        invitation.invited_by.email,
        language=application.business.language,
        application=application,
        business=application.business,
        invitation=invitation,
        title=title,
        link=settings.PUBLIC_URL + reverse("onboarding:overview", args=[application.business.slug]),
    )
