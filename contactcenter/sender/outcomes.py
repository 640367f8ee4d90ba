"""What an answer means for the message that asked for it. Pure.

Three outcomes: accepted; surely refused (again later, or failed for good); unknown, which is never sent again by
itself (performance reference 3(b); messaging reference §8 "Retry policy").
"""

from dataclasses import dataclass

from django.utils.translation import gettext_noop

from providers.base import Action, OutcomeUnknown, ProviderError, SendAccepted

MAX_ATTEMPTS = 5
MAX_PAUSED_ATTEMPTS = 25
"""Refusals that speak about the number and not about the message count less."""
LONGEST_BACKOFF = 900
TOO_FAST = 130429
PERSON_STOPPED_MARKETING = 131050

WINDOW_CLOSED = 131047
BLOCKED = 130403
TEMPLATE_NOT_SENDABLE = 132001
CANNOT_BE_BUILT = 131009

WINDOW_CLOSED_WHILE_WAITING = gettext_noop("The window closed while the message waited.")
BLOCKED_WHILE_WAITING = gettext_noop("The contact was blocked while the message waited.")
OPTED_OUT_WHILE_WAITING = gettext_noop("The contact opted out while the message waited.")
TEMPLATE_WITHDRAWN = gettext_noop(
    "The template lost its approval, or nobody agreed to its new category, when its turn came."
)
NO_ADDRESS = gettext_noop("The contact has no WhatsApp number or user ID.")
FILE_MISSING = gettext_noop("The file of this message is no longer there.")
LIMIT_REACHED = gettext_noop("The messaging limit is used up. The message leaves as soon as there is a place.")
NUMBER_NOT_READY = gettext_noop("The business number isn't registered with WhatsApp.")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to write about one attempt. ``kind`` is ``accepted``, ``again``, ``failed`` or ``unknown``.

    ``pause_number``, ``pause_pair`` and ``stop_number`` say what else has to wait; ``too_fast`` halves the rate.
    """

    kind: str
    provider_id: str = ""
    code: int | None = None
    details: str = ""
    after: float = 0.0
    pause_number: float = 0.0
    pause_pair: bool = False
    stop_number: bool = False
    too_fast: bool = False


def accepted(answer: SendAccepted) -> Outcome:
    """The provider took it and named it."""
    return Outcome("accepted", provider_id=answer.provider_message_id)


def refused_here(code, details) -> Outcome:
    """We didn't even ask, for a reason of our own in Meta's numbering."""
    return Outcome("failed", code=code, details=details)


def unknown(details="") -> Outcome:
    """Nobody knows. A status that carries our reference will tell, or a person decides."""
    return Outcome("unknown", details=details)


def never_left(details, attempts) -> Outcome:
    """No connection came about, so nothing can have been taken: again, without an end, since nobody said no."""
    return Outcome("again", details=details, after=backoff(attempts))


def backoff(attempts):
    """1, 4, 16, 64 … seconds after the first, second, third, fourth attempt."""
    return float(min(LONGEST_BACKOFF, 4 ** max(0, min(attempts, 6) - 1)))


def judge(error: ProviderError, attempts: int) -> Outcome:
    """What a refusal (or silence) after ``attempts`` attempts, this one included, means."""
    details = error.details or error.message or str(error)
    if isinstance(error, OutcomeUnknown):
        return unknown(details)
    if error.code is None and (error.http_status or 0) >= 500:
        return unknown(details)  # no envelope of the Graph API: whoever answered may have passed the request on
    told = {"code": error.code or error.http_status, "details": details}
    action, wait = error.action, error.retry_after
    if action is Action.PAUSE_NUMBER and attempts < MAX_PAUSED_ATTEMPTS:
        too_fast = error.code == TOO_FAST
        return Outcome("again", **told, after=wait or 1.0, pause_number=wait or 1.0, too_fast=too_fast)
    if action is Action.STOP_NUMBER and attempts < MAX_PAUSED_ATTEMPTS:
        return Outcome("again", **told, stop_number=True)
    if attempts < MAX_ATTEMPTS:
        if action is Action.PAUSE_PAIR:
            return Outcome("again", **told, after=min(LONGEST_BACKOFF, 4.0**attempts), pause_pair=True)
        if action is Action.RETRY:
            return Outcome("again", **told, after=max(backoff(attempts), wait or 0.0))
        if action is Action.WAIT and wait is not None and wait <= 3600:
            return Outcome("again", **told, after=wait)
    return Outcome("failed", **told)
