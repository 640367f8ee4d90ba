"""Single values out of a delivery. Nothing here raises: what has the wrong shape counts as not said."""

from datetime import datetime
from typing import Any

from providers.webhooks.events import ErrorInfo, Identity

ID_LENGTH = 512
PERSON_ID_LENGTH = 200
NAME_LENGTH = 256
DEPTH = 24
ITEMS = 2000

EARLIEST_MS = 1_230_768_000_000  # 2009, the year WhatsApp began
LATEST_MS = 4_102_444_800_000  # 2100
MILLISECONDS_FROM = 100_000_000_000  # as seconds that is the year 5138, as milliseconds 1973

REPLACEMENT = "\ufffd"


def text(value: Any) -> str:
    """A string, or a whole number written as one; else empty."""
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    return ""


def identifier(value: Any) -> str | None:
    """An ID that fits into an index, or ``None``."""
    found = value if type(value) is str else text(value)
    return found if 0 < len(found) <= ID_LENGTH else None


def person_id(value: Any) -> str | None:
    """A wa_id or user ID, or ``None``; missing, null and empty mean the same (2026)."""
    found = value if type(value) is str else text(value)
    return found if 0 < len(found) <= PERSON_ID_LENGTH else None


def name(value: Any) -> str | None:
    """A name that people gave themselves, cut where no honest one ends."""
    return value[:NAME_LENGTH] if type(value) is str and value else None


def mapping(value: Any) -> dict[str, Any]:
    return value if type(value) is dict else {}


def sequence(value: Any) -> list[Any]:
    return value if type(value) is list else []


def whole(value: Any) -> int | None:
    """A whole number that fits into 64 bits, also as text."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**63 else None
    if type(value) is str and value.lstrip("-").isdecimal() and value.isascii() and len(value) < 19:
        try:
            return int(value)
        except ValueError:  # "--5"
            return None
    return None


def flag(value: Any) -> bool | None:
    return value if type(value) is bool else None


def moment(value: Any) -> tuple[int | None, str]:
    """Milliseconds since 1970, and what is wrong with ``value`` (``""``, ``missing`` or ``absurd``).

    Seconds come as text or number; milliseconds have been seen and are told by their size.
    """
    if type(value) is str and value.isdecimal() and len(value) < 16:
        number = int(value)
    elif type(value) is int:
        number = value
    elif value is None or value == "":
        return None, "missing"
    elif type(value) is float or (type(value) is str and len(value) < 32):
        try:
            seconds = float(value)
            number = int(seconds * 1000) if seconds < MILLISECONDS_FROM else int(seconds)
        except (ValueError, OverflowError):
            return None, "absurd"
    else:
        return None, "absurd"
    if number < MILLISECONDS_FROM:
        number *= 1000
    return (number, "") if EARLIEST_MS <= number <= LATEST_MS else (None, "absurd")


def moment_or_date(value: Any) -> int | None:
    """Like ``moment``; also reads ISO text, which a reseller was seen sending for the end of a restriction."""
    found, _ = moment(value)
    if found is None and type(value) is str and 10 <= len(value) < 40:
        try:
            found = int(datetime.fromisoformat(value).timestamp() * 1000)
        except (ValueError, OverflowError):
            return None
    return found


def errors(value: Any) -> list[ErrorInfo]:
    """Errors inside a webhook; the oldest form has its details on top."""
    found = []
    for item in sequence(value):
        if type(item) is dict:
            details = mapping(item.get("error_data")).get("details") or item.get("details")
            title = text(item.get("title")) or text(item.get("message"))
            found.append(ErrorInfo(whole(item.get("code")), title[:1000], text(details)[:2000]))
    return found


def identity(contact: dict[str, Any]) -> Identity:
    """A person out of ``contacts[]``."""
    profile = contact.get("profile")
    if type(profile) is not dict:
        profile = {}
    return Identity(
        wa_id=person_id(contact.get("wa_id")),
        bsuid=person_id(contact.get("user_id")),
        parent_bsuid=person_id(contact.get("parent_user_id")),
        username=name(profile.get("username")),
        profile_name=name(profile.get("name")),
    )


def safe(value: Any, depth: int = DEPTH) -> Any:
    """A copy of a raw piece that any JSON column takes: neither too deep nor with numbers nobody can hold."""
    kind = type(value)
    if kind is str or kind is bool or value is None or kind is float:
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else str(value)
    if depth <= 0:
        return "…"
    if kind is dict:
        return {key: safe(inner, depth - 1) for key, inner in list(value.items())[:ITEMS]}
    if kind is list:
        return [safe(inner, depth - 1) for inner in value[:ITEMS]]
    return REPLACEMENT


def only_texts(value: dict[str, Any], *keys: str) -> dict[str, str]:
    """The given fields of an object, those that are texts or numbers."""
    return {key: found for key in keys if (found := text(value.get(key)))}
