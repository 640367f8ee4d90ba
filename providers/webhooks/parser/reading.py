"""From bytes to JSON: fast for what Meta sends, patient with what nobody should send."""

import json
import math
import re
from typing import Any

import orjson

from providers.webhooks.parser.values import REPLACEMENT

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PHONE_NUMBER = re.compile(rb'"phone_number_id"\s*:\s*"?([^"\\,}\s]{1,64})')
_WABA = re.compile(rb'"waba_id"\s*:\s*"?([^"\\,}\s]{1,64})')
_ENTRY = re.compile(rb'"entry"\s*:\s*\[\s*\{\s*"id"\s*:\s*"?([^"\\,}\s]{1,64})')
_ANY = re.compile(rb'"id"\s*:\s*"?([^"\\,}\s]{1,64})')


class Unreadable(Exception):
    """The bytes aren't JSON."""


def read(raw: bytes) -> Any:
    """The JSON in ``raw``, with U+FFFD for every NUL and lone surrogate. Raises ``Unreadable``."""
    try:
        data = orjson.loads(raw)
    except orjson.JSONDecodeError:
        data = _patiently(raw)
    else:
        if b"\\u0000" not in raw:
            return data
    try:
        return _storable(data)
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def _patiently(raw: bytes) -> Any:
    """Python's own reader: takes lone surrogates, numbers of any size and ``NaN`` (as text), where orjson refuses."""
    try:
        return json.loads(raw.decode("utf-8", "replace"), parse_constant=str, parse_int=_whole, parse_float=_float)
    except ValueError as exc:
        raise Unreadable(str(exc)[:200]) from None
    except RecursionError:
        raise Unreadable("nested too deeply") from None


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) < 19 else digits[:64]


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits[:64]


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub(REPLACEMENT, value)
    if isinstance(value, dict):
        return {_UNSTORABLE.sub(REPLACEMENT, key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value


def excerpt(raw: bytes, length: int = 2000) -> str:
    """The beginning of bytes that couldn't be read, as text that can be stored."""
    return raw[:length].decode("utf-8", "replace").replace("\x00", REPLACEMENT)


def routing_key(raw: bytes) -> str:
    """What a delivery is about, without reading it: its first phone number ID, else its account's ID, else ``""``.

    Deliveries of one number get one key, so that one worker takes them. Only a hint for sharding: the text of a
    message can't fake it (its quotes are escaped), and a wrong key would cost order, which nothing relies on.
    """
    for pattern in (_PHONE_NUMBER, _WABA, _ENTRY, _ANY):
        if found := pattern.search(raw):
            return found[1].decode("ascii", "replace")
    return ""
