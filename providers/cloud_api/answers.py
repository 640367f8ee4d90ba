"""What an answer of the Graph API means: its JSON, or one of our three kinds of error.

The tables follow Meta's "Error codes" (2025-12-12, 2026-05-15) and the registration pages (2026-06).
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from providers.cloud_api.reading import number, text
from providers.cloud_api.request import MASK, hide

HOUR = 3600
DAY = 24 * HOUR

_CODES: dict[Action, tuple[int, ...]] = {
    Action.RETRY: (1, 2, 131000, 131016, 133004, 139102, 139103),
    Action.FIX: (
        *(
            3,
            100,
            104,
            803,
            131008,
            131009,
            131030,
            131051,
            131052,
            131053,
            131055,
            131059,
            131062,
            131063,
        ),
        *(
            132000,
            132001,
            132005,
            132007,
            132012,
            132018,
            132068,
            133000,
            133005,
            133006,
            134011,
            134100,
            134102,
        ),
        *(
            135000,
            136024,
            136025,
            137000,
            139100,
            139200,
            147001,
            147002,
            147003,
            147004,
            147005,
        ),
        *(
            2388001,
            2388012,
            2388091,
            2388093,
            2388103,
            2593079,
            2593085,
            2593107,
            2593108,
        ),
    ),
    Action.NO_RETRY: (
        *(
            130403,
            130472,
            130497,
            131021,
            131026,
            131047,
            131048,
            131064,
            132015,
            132016,
            139101,
            1752041,
            2593109,
        ),
    ),
    Action.USER_STOP: (131050,),
    Action.PAUSE_PAIR: (131056,),
    Action.STOP_NUMBER: (
        0,
        10,
        33,
        190,
        368,
        131005,
        131031,
        131037,
        131042,
        131045,
        133010,
    ),
}
_WAITS: dict[int, tuple[Action, float | None]] = {
    4: (Action.WAIT, 15 * 60),
    17: (Action.WAIT, 15 * 60),
    613: (Action.WAIT, 15 * 60),
    80007: (Action.WAIT, HOUR),
    80008: (Action.WAIT, HOUR),
    130429: (Action.PAUSE_NUMBER, 1),
    131049: (Action.WAIT, DAY),
    131056: (Action.PAUSE_PAIR, 4),
    131057: (Action.PAUSE_NUMBER, 60),
    132069: (Action.WAIT, HOUR),
    133008: (Action.WAIT, None),
    133009: (Action.WAIT, None),
    133015: (Action.WAIT, 5 * 60),
    133016: (Action.WAIT, 72 * HOUR),
    134101: (Action.WAIT, 10 * 60),
    2494100: (Action.PAUSE_NUMBER, 60),
}
_ACTIONS: dict[int, tuple[Action, float | None]] = {
    code: (action, None) for action, codes in _CODES.items() for code in codes
} | _WAITS

REFUSED_FOR_LONG = frozenset({131049, 133008, 133009, 133016})
"""A wait is asked for, yet the answer is a refusal: whoever repeats at once only makes it worse."""

LATER = frozenset({Action.RETRY, Action.WAIT, Action.PAUSE_NUMBER, Action.PAUSE_PAIR})

BLOCKED_IN_PART = 139100
"""An answer that carries both an error and a result: it names whom blocking worked for and whom not."""

# A gateway that gave up on the server behind it may have passed the request on.
EFFECT_IN_DOUBT = frozenset({502, 504})

_TOKEN = re.compile(r"\bEAA[0-9A-Za-z]{16,}|(?<=access_token=)[^&\s\"']+")


def action_for(
    code: int | None,
    subcode: int | None = None,
    http_status: int | None = None,
    *,
    transient: bool = False,
) -> tuple[Action, float | None]:
    """What to do after an error, and after how many seconds if that is known."""
    if code == 10 and subcode:  # one feature is missing (2388185: authentication templates), not the access
        return Action.FIX, None
    if code is not None:
        if code in _ACTIONS:
            return _ACTIONS[code]
        if 200 <= code <= 299:
            return Action.STOP_NUMBER, None
        if 80000 <= code <= 80014:
            return Action.WAIT, HOUR
        if 147000 <= code <= 147999 or 2388000 <= code <= 2388999:
            return Action.FIX, None
    if http_status == 429:
        return Action.WAIT, 60
    if transient or (http_status is not None and http_status >= 500):
        return Action.RETRY, None
    if http_status == 401:
        return Action.STOP_NUMBER, None
    return (Action.FIX if http_status in {400, 403, 404, 409, 422} and code is None else Action.NO_RETRY), None


def classify_answer(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    idempotent: bool = True,
    secrets: tuple[str, ...] = (),
) -> Any:
    """The JSON of a good answer.

    Raises ``ProviderUnavailable`` when the same may work later (429, 5xx, throttling codes, not JSON),
    ``OutcomeUnknown`` when an answer to something that isn't ``idempotent`` doesn't say whether it happened, and
    ``ProviderError`` for every other refusal. None of ``secrets`` occurs in them.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = _lenient(body)
    envelope = data.get("error") if isinstance(data, dict) else None
    if isinstance(envelope, Mapping):
        if number(envelope.get("code")) == BLOCKED_IN_PART and "block_users" in data:
            return data
        raise error_from(envelope, status, headers, secrets=secrets)
    if isinstance(envelope, str) and status >= 400:  # the OAuth endpoints' own style
        raise error_from(
            {"message": str(data.get("error_description") or envelope)},
            status,
            headers,
            secrets=secrets,
        )
    if 200 <= status < 300:
        if isinstance(data, dict | list):
            return data
        if data is True:  # older endpoints say just `true`
            return {"success": True}
        if not idempotent:
            raise OutcomeUnknown("The answer can't be read.", http_status=status, action=Action.NO_RETRY)
        raise ProviderUnavailable("The answer can't be read.", http_status=status, action=Action.RETRY)
    if 300 <= status < 400:
        raise ProviderError(
            "The provider sent us elsewhere; redirects aren't followed.",
            http_status=status,
            action=Action.FIX,
        )
    if status in EFFECT_IN_DOUBT and not idempotent:
        raise OutcomeUnknown(f"HTTP {status} from a gateway.", http_status=status, action=Action.NO_RETRY)
    action, wait = action_for(None, None, status)
    wait = _seconds(headers.get("Retry-After")) or wait
    kind = ProviderUnavailable if status == 429 or status >= 500 or data is None else ProviderError
    if kind is ProviderUnavailable and action not in LATER:
        action = Action.RETRY
    raise kind(
        f"HTTP {status} without an explanation.",
        http_status=status,
        action=action,
        retry_after=wait,
    )


def _lenient(body: bytes) -> Any:
    """JSON that only Python's reader accepts (lone surrogates), or ``None``."""
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def error_from(
    envelope: Mapping[str, Any],
    status: int | None,
    headers: Mapping[str, str] | None = None,
    *,
    secrets: tuple[str, ...] = (),
) -> ProviderError:
    """The error that a Graph error envelope (also one inside a list or a webhook) stands for."""
    code = number(envelope.get("code"))
    subcode = number(envelope.get("error_subcode"))
    more = envelope.get("error_data")
    details = more.get("details") if isinstance(more, Mapping) else more
    details = text(details) or text(envelope.get("details")) or text(envelope.get("error_user_msg"))
    action, wait = action_for(code, subcode, status, transient=envelope.get("is_transient") is True)
    headers = headers or {}
    wait = _seconds(headers.get("Retry-After")) or _regain_access(headers) or wait
    unavailable = (action in LATER and code not in REFUSED_FOR_LONG) or status == 429
    kind = ProviderUnavailable if unavailable else ProviderError
    if unavailable and action not in LATER:
        action = Action.WAIT
    return kind(
        scrub(text(envelope.get("message")) or text(envelope.get("title")), secrets),
        code=code,
        subcode=subcode,
        details=scrub(details, secrets),
        http_status=status,
        action=action,
        retry_after=wait,
        user_title=scrub(text(envelope.get("error_user_title")), secrets),
        trace_id=text(envelope.get("fbtrace_id"))[:64],
    )


def scrub(words: str, secrets: tuple[str, ...] = ()) -> str:
    """A provider's sentence without tokens (Graph quotes a malformed one) and not longer than a log line bears."""
    return _TOKEN.sub(MASK, hide(words, secrets))[:1000]


def _seconds(value: str | None) -> float | None:
    try:
        seconds = float(value or "")
    except ValueError:
        return None
    return seconds if 0 < seconds <= 7 * DAY else None


def _regain_access(headers: Mapping[str, str]) -> float | None:
    """The wait that Graph's usage header names, in seconds (it speaks in minutes)."""
    value = headers.get("X-Business-Use-Case-Usage")
    try:
        usage = orjson.loads(value or "null")
        minutes = max(
            entry.get("estimated_time_to_regain_access", 0) for entries in usage.values() for entry in entries
        )
    except (ValueError, TypeError, AttributeError):
        return None
    return _seconds(str(minutes * 60)) if isinstance(minutes, int | float) else None
