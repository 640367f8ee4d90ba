"""A client's own token ends after 60 days where no system user of ours was let in: say so in time, take a new one."""

from datetime import timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_noop

from config.clock import now
from onboarding.models import SignupSession, Waba
from onboarding.services import signup_door
from providers import incidents
from tenants import mail
from tenants.tenancy import acting_for, every_business

AHEAD = timedelta(days=14)
"""How long before the end a business is asked to connect again."""
ENDS = "access_ends"


def ends_soon(application):
    """When our access to the account of an application ends, if that is near or past; else None."""
    session = signup_door.connected(application)
    ends = session.token_expires_at if session else None
    return ends if ends is not None and ends < now() + AHEAD else None


def watch():
    """Tell each business once, and staff, that its access ends; returns how many were told."""
    with every_business():
        ending = SignupSession.objects.filter(
            state=SignupSession.State.CONNECTED, token_expires_at__lt=now() + AHEAD, problem=""
        )
        pks = list(ending.values_list("pk", flat=True)[:50])
    for pk in pks:
        with acting_for(SignupSession, pk) as session:
            if SignupSession.objects.filter(pk=pk, problem="").update(problem=ENDS):
                _tell(session)
    return len(pks)


def renew(session, waba_id, token, ends):
    """Put a fresh token in place of the old one; returns whether the account is the one that was connected."""
    old = signup_door.connected(session.application)
    if old is None or old.waba_id != waba_id:
        return False
    Waba.objects.filter(waba_id=waba_id).update(access_token="" if settings.WHATSAPP_SYSTEM_USER_ID else token)
    SignupSession.objects.filter(pk=old.pk).update(problem="", token_expires_at=None)
    session.waba_id, session.portfolio_id, session.phone_number_id = old.waba_id, old.portfolio_id, old.phone_number_id
    session.token_expires_at = None if settings.WHATSAPP_SYSTEM_USER_ID else ends
    incidents.close_incident(_key(session))
    return True


def _key(session):
    return f"access-ends:{session.application_id}"


def _tell(session):
    application = session.application
    title = gettext_noop("Our access to a client's WhatsApp account ends")
    incidents.open_incident(_key(session), title, f"{application.code}: {session.token_expires_at:%Y-%m-%d}")
    link = settings.PUBLIC_URL + reverse("onboarding:connect", args=[session.business.slug])
    if application.parent_id:
        link = f"{link}?number={application.reference}"
    for address in sorted({application.contact_email, getattr(session.started_by, "email", "")} - {""}):
        mail.queue(
            "onboarding/email/access_ends",
            address,
            language=session.business.language,
            key=f"access_ends:{session.pk}:{address}"[:200],
            application=application,
            business=session.business,
            link=link,
            ends=session.token_expires_at,
        )
