"""Which of the two doors a business chose: ours (we open the account) or Facebook's window. Reads only."""

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
