"""What can go wrong between us and a provider, and what to do then (see ``providers.base``)."""

from enum import StrEnum


class Action(StrEnum):
    """What to do after an error (messaging reference §8, onboarding reference §5.11)."""

    RETRY = "retry"
    """The same request may succeed after a growing pause."""
    WAIT = "wait"
    """The same request may succeed after ``retry_after`` seconds, not before."""
    NO_RETRY = "no_retry"
    """This one won't ever succeed, for a reason outside our reach."""
    FIX = "fix"
    """Somebody has to change the request or the set-up first."""
    USER_STOP = "user_stop"
    """The person asked not to get this kind of message."""
    PAUSE_NUMBER = "pause_number"
    """Nothing from this business number for ``retry_after`` seconds; then the same request again."""
    PAUSE_PAIR = "pause_pair"
    """Nothing from this business number to this person for a while; then the same request again."""
    STOP_NUMBER = "stop_number"
    """Nothing from this business number will work until somebody repairs the account, the number or the token."""


class ProviderError(Exception):
    """The provider said no; asking the same again won't help.

    ``details`` is the provider's own sentence, without secrets. Decide by ``code``, ``subcode`` and ``action``, never
    by ``message`` (Meta: "Error codes", 2025-12-12).
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        subcode: int | None = None,
        details: str = "",
        http_status: int | None = None,
        action: Action = Action.NO_RETRY,
        retry_after: float | None = None,
        user_title: str = "",
        trace_id: str = "",
    ):
        super().__init__(message)
        self.message = message
        self.code = code
        self.subcode = subcode
        self.details = details
        self.http_status = http_status
        self.action = action
        self.retry_after = retry_after
        self.user_title = user_title
        self.trace_id = trace_id

    def __str__(self) -> str:
        number = "/".join(str(part) for part in (self.code, self.subcode) if part is not None)
        words = [part for part in (self.message, self.details) if part]
        return ": ".join(part for part in (number, " — ".join(dict.fromkeys(words))) if part) or "no answer"

    def __reduce__(self):
        return _rebuild_error, (type(self), self.message, {**self.__dict__})


def _rebuild_error(kind, message, state):
    error = kind(message)
    error.__dict__.update(state)
    return error


class ProviderUnavailable(ProviderError):
    """No usable answer this time (time-out, rate limit, 5xx, not JSON), and no effect: try again later."""


class OutcomeUnknown(ProviderError):
    """Nobody knows whether it took effect: the answer to a request that can't be repeated never came."""
