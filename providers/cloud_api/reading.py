"""Reading values out of Graph answers: anything of the wrong shape counts as not said."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, TypeVar

from providers.base import Action, OutcomeUnknown, Page, ProviderError


def text(value: Any) -> str:
    """A string, or a number written as one; else empty."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def number(value: Any) -> int | None:
    """A whole number, also when it came as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 19:
        return int(value)
    return None


def flag(value: Any) -> bool | None:
    """A truth value, or ``None`` when none was given."""
    return value if isinstance(value, bool) else None


def mapping(value: Any) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


Word = TypeVar("Word", bound=StrEnum)


class Words:
    """Translates a provider's words and remembers the ones nobody knew."""

    def __init__(self, source: Mapping[str, Any]):
        self.source = source
        self.unknown: dict[str, str] = {}

    def __call__(self, kind: type[Word], field: str, value: Any = ...) -> Word | None:
        """The member of ``kind`` that ``field`` names; ``None`` when the field is absent or empty."""
        raw = text(self.source.get(field) if value is ... else value)
        if not raw:
            return None
        member = kind(raw)
        if member.value == "unknown" and raw.lower() != "unknown":
            self.unknown[field] = raw[:100]
        return member


Item = TypeVar("Item")


def parse_page(data: Any, parse_item: Callable[[Mapping[str, Any]], Item]) -> Page[Item]:
    """A part of a Graph list; there is more only when the answer names the next page."""
    answer = mapping(data)
    paging = mapping(answer.get("paging"))
    after = text(mapping(paging.get("cursors")).get("after")) if paging.get("next") else ""
    items = tuple(parse_item(item) for item in sequence(answer.get("data")) if isinstance(item, Mapping))
    return Page(items, after)


def parse_success(data: Any) -> None:
    """Nothing to tell but success; raises ``ProviderError`` when the answer says that it failed."""
    if mapping(data).get("success") is False:
        raise ProviderError(
            "The provider refused without a reason.",
            http_status=200,
            action=Action.NO_RETRY,
        )


def parse_id(data: Any) -> str:
    """The ID of what was made; raises ``OutcomeUnknown`` when the answer lacks it."""
    made = text(mapping(data).get("id"))
    if not made:
        raise OutcomeUnknown("The answer has no ID.", http_status=200, action=Action.NO_RETRY)
    return made
