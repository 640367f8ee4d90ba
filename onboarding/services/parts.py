"""Asking a colleague to fill in one page: a signed link by mail that opens this page, until it is filled or expires."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import NotPossible
from onboarding.models import PartInvitation
from onboarding.services import notices
from onboarding.services.moves import note
from tenants import audit, live
from tenants.tenancy import every_business

SALT = "onboarding.part"
LIFE = timedelta(days=7)
AT_MOST_A_DAY = 30
"""Mails that one business may make us send to people who never asked for them."""


@transaction.atomic
def ask(application, step, email, *, actor, text=""):
    """Write an invitation for a page (a step's slug) and its mail; an open one for the same page is replaced.

    Raises ``NotPossible`` when the application isn't a draft, or when too many were sent today.
    """
    if application.status != Status.DRAFT:
        raise NotPossible(_("The application has been sent. Only what we ask you to correct can still change."))
    day = now() - timedelta(days=1)
    if PartInvitation.objects.filter(business=application.business, created_at__gt=day).count() >= AT_MOST_A_DAY:
        raise NotPossible(_("You have asked many people today. Try again tomorrow."))
    _open(application).filter(step=step).update(revoked_at=now())
    invitation = PartInvitation.objects.create(
        business=application.business,
        application=application,
        step=step,
        email=email.strip().lower(),
        note=text.strip(),
        invited_by=actor,
        expires_at=now() + LIFE,
    )
    link = settings.PUBLIC_URL + reverse("onboarding:part", args=[token(invitation)])
    notices.part_asked(invitation, link)
    note(application, "part_asked", actor=actor, step=step, email=invitation.email)
    audit.record(
        audit.to_translate("colleague asked to fill in a page"), application.code, actor=actor, step=step, email=email
    )
    return invitation


def token(invitation):
    """The signed text of the link. It names the invitation; all else is looked up when somebody comes with it."""
    return signing.dumps(str(invitation.reference), salt=SALT)


def find(text):
    """The invitation behind a link, whatever its state, with application and business; None when it isn't ours."""
    try:
        reference = signing.loads(text, salt=SALT)
    except signing.BadSignature:
        return None
    with every_business():
        return (
            PartInvitation.objects.select_related("application", "business", "invited_by")
            .filter(reference=reference)
            .first()
        )


def closed_because(invitation):
    """Why a link no longer opens its page, for the person who came with it; empty while it does."""
    if invitation.filled_at:
        return _("This page is filled in already. Thank you.")
    if invitation.revoked_at:
        return _("The person who asked you has taken the request back.")
    if invitation.expires_at <= now():
        return _("The link has expired. Ask for a new one.")
    if invitation.application.status != Status.DRAFT:
        return _("The application has been sent meanwhile. Nothing is left to fill in.")
    return ""


@transaction.atomic
def filled(invitation, *, actor, title):
    """The page was saved through the link: close it, write down by whom, and tell whoever asked."""
    mine = PartInvitation.objects.filter(pk=invitation.pk, filled_at=None)
    if not mine.update(filled_at=now(), filled_by=actor):
        return
    by = invitation.email if actor is None else ""
    application = invitation.application
    note(application, "part_filled", actor=actor, step=invitation.step, email=invitation.email)
    audit.record(
        audit.to_translate("page filled in by a colleague"), application.code, actor=actor, step=invitation.step, by=by
    )
    live.emit("application", business_id=application.business_id, application=str(application.reference))
    notices.part_filled(invitation, title)


def revoke(application, reference, *, actor):
    """Take a request back; the link is dead at once."""
    row = _open(application).filter(reference=reference).first()
    if row is not None and _open(application).filter(pk=row.pk).update(revoked_at=now()):
        note(application, "part_revoked", actor=actor, step=row.step, email=row.email)
        audit.record(audit.to_translate("request to a colleague taken back"), application.code, actor=actor)


def by_step(application):
    """Step's slug -> its newest invitation that wasn't revoked, for the task list: who was asked, who filled it in."""
    rows = application.part_invitations.filter(revoked_at=None).select_related("filled_by").order_by("pk")
    return {row.step: row for row in rows}


def _open(application):
    return application.part_invitations.filter(filled_at=None, revoked_at=None)
