"""What staff see of Embedded Signup beside an application: each window, where it stopped, what was asked of Meta."""

from django.utils.translation import gettext as _

from onboarding.models import Waba
from onboarding.services import signup_words
from providers.models import ProviderCall

SHOWN_SESSIONS, SHOWN_CALLS = 5, 30


def facts(application):
    """The newest windows of an application for ``_signup.html``; empty when it came by our own door."""
    rows = []
    for session in application.signups.select_related("started_by").order_by("-pk")[:SHOWN_SESSIONS]:
        problem = signup_words.problem_of(session)
        rows.append(
            {
                "session": session,
                "screen": signup_words.screen_of(session),
                "problem": problem.title if problem else "",
                "reported": session.said.get("error_message", ""),
                "error_id": session.said.get("error_id", ""),
                "differences": [(name, *pair) for name, pair in session.differences.items()],
                "calls": ProviderCall.objects.filter(subject=f"signup:{session.pk}").order_by("at")[:SHOWN_CALLS],
                "token": _token(session),
            }
        )
    return rows


def _token(session):
    """Whose token the account is asked with, and until when; never the token."""
    if session.state != session.State.CONNECTED:
        return ""
    waba = Waba.objects.filter(waba_id=session.waba_id).first()
    if waba is None or not waba.access_token:
        return _("Asked with our system user's token.")
    if session.token_expires_at is None:
        return _("Asked with the client's token, which doesn't end.")
    return _("Asked with the client's token until %(day)s.") % {"day": f"{session.token_expires_at:%Y-%m-%d}"}
