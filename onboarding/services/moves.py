"""The one door between an application's statuses, and its history."""

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import TransitionNotAllowed
from onboarding.models import OnboardingApplication
from onboarding.services import notices
from tenants import audit, live


def note(application, kind, *, actor=None, reason="", **data):
    """Add a line to an application's history."""
    return application.events.create(
        business=application.business, kind=kind, actor=actor, reason=reason, data=data, at=now()
    )


@transaction.atomic
def move(application, to, *, actor=None, reason=""):
    """Write an application's status and the matching line of its history.

    The UPDATE repeats the status we started from, so when two people act at the same moment exactly one of them
    succeeds and the other one is told. Raises ``TransitionNotAllowed``.
    """
    old, new = Status(application.status), Status(to)
    if not old.may_become(new):
        raise TransitionNotAllowed(_("%(old)s can't become %(new)s.") % {"old": old.label, "new": new.label})
    at = now()
    untouched = OnboardingApplication.objects.filter(pk=application.pk, status=old)
    if not untouched.update(status=new, status_changed_at=at):
        raise TransitionNotAllowed(_("Somebody else has just changed this application. Load the page again."))
    application.status, application.status_changed_at = new, at
    application.events.create(
        business=application.business, kind="status", old_status=old, new_status=new, actor=actor, reason=reason, at=at
    )
    audit.record(
        audit.to_translate("application moved"),
        application.code,
        actor=actor,
        business=application.business,
        old=old,
        new=new,
    )
    live.emit("application", business_id=application.business_id, application=str(application.reference))


@transaction.atomic
def go_live(application):
    """A real message was received and answered: the application has reached its end."""

    move(application, Status.LIVE)
    OnboardingApplication.objects.filter(pk=application.pk).update(live_at=now())
    notices.application_live(application)
