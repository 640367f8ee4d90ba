"""What the business is told by e-mail at each change. The words live in ``templates/onboarding/email``."""

from django.conf import settings
from django.urls import reverse

from onboarding.services import estimates
from tenants import mail


def _tell(application, kind, key="", **context):
    people = {application.contact_email, getattr(application.created_by, "email", "")} - {""}
    link = settings.PUBLIC_URL + reverse("onboarding:overview", args=[application.business.slug])
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


def application_live(application):
    _tell(application, "live", key="live")
