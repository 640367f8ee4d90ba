"""Which of the two doors a business chose: ours (we open the account) or Facebook's window. Reads only."""

from django.utils.translation import gettext as _

from onboarding.models import SignupSession

State = SignupSession.State


def latest(application):
    """The newest session of an application, or None."""
    return application.signups.order_by("-pk").first()


def connected(application):
    """The session that brought the application its account, or None."""
    return application.signups.filter(state=State.CONNECTED).order_by("-pk").first()


def is_chosen(application):
    """Whether the account is to come through Facebook's window and hasn't come yet: nobody else opens one then."""
    session = latest(application)
    return session is not None and session.state not in {State.CONNECTED, State.GIVEN_UP}


def contradictions(application):
    """Answers that say something else than what was connected: ``(page of the wizard, what to do)``."""
    session = connected(application)
    if session is None:
        return []
    found = []
    if session.portfolio_id and application.facebook_business_id not in {"", session.portfolio_id}:
        text = _("you connected the portfolio %(id)s; write that one") % {"id": session.portfolio_id}
        found.append(("facebook", text))
    number = application.phone_numbers.first() if session.phone_number_id else None
    if number is not None and application.phone not in {"", number.e164}:
        found.append(("number", _("you connected %(number)s; write that one") % {"number": number.e164}))
    return found
