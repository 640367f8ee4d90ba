"""Meta's short links into a chat (docs "Message QR codes", 31 October 2025): at most 2,000 for each number."""

from typing import Any

from providers.base import ShortLink
from providers.cloud_api.reading import mapping, text
from providers.cloud_api.request import Request, get, path

LONGEST_TEXT = 140


def create(phone_number_id: str, *, prefilled_text: str) -> Request:
    """Have a link made; asked twice it makes two."""
    return Request("POST", path(phone_number_id, "message_qrdls"), json={"prefilled_message": prefilled_text})


def update(phone_number_id: str, *, code: str, prefilled_text: str) -> Request:
    """Give a link another text; the link itself stays."""
    body = {"code": code, "prefilled_message": prefilled_text}
    return Request("POST", path(phone_number_id, "message_qrdls"), json=body, idempotent=True)


def list_all(phone_number_id: str, *, after: str = "", limit: int = 100) -> Request:
    """The links of a number."""
    return get(phone_number_id, "message_qrdls", limit=limit, after=after)


def delete(phone_number_id: str, *, code: str) -> Request:
    """End a link: whoever opens it is told that it has expired."""
    return Request("DELETE", path(phone_number_id, "message_qrdls", code), idempotent=True)


def parse(data: Any) -> ShortLink:
    """A link out of an answer."""
    answer = mapping(data)
    return ShortLink(
        code=text(answer.get("code")),
        url=text(answer.get("deep_link_url")),
        prefilled_text=text(answer.get("prefilled_message")),
    )
