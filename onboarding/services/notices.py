"""What the business is told by e-mail at each change. The words live in ``templates/onboarding/email``."""

from django.conf import settings
from django.urls import reverse

from onboarding.services import estimates
from tenants import mail


def _tell(application, kind, key="", **context):
    people = {application.contact_email, getattr(application.created_by, "email", "")} - {""}
    link = settings.PUBLIC_URL + reverse("onboarding:overview", args=[application.business.slug])
    if application.parent_id:
        link = f"{link}timeline/?number={application.reference}"
    for address in sorted(people):
        mail.queue(
            f"onboarding/email/{kind}",
            address,
            language=application.business.language,
            key=f"{kind}:{application.pk}:{key}:{address}"[:200] if key else None,
            application=application,
            business=application.business,
            link=link,
            **context,
        )


def application_submitted(application):
    _tell(application, "submitted", estimate=estimates.estimate())


def application_approved(application):
    _tell(application, "approved")


def changes_requested(application, notes):
    _tell(application, "changes_requested", notes=notes)


def application_rejected(application):
    _tell(application, "rejected", reason=application.rejection_reason)


def your_turn(application, step):
    """The ball is with the business now (activation, a refused name, a Business ID that isn't verified)."""
    _tell(application, "your_turn", key=f"{step.kind}:{step.since:%Y%m%d%H%M%S}", step=step)


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
        link=settings.PUBLIC_URL + reverse("admin:onboarding_onboardingapplication_change", args=[application.pk]),
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
