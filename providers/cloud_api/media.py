"""Files: upload, find, fetch, delete; samples for the review of templates (WhatsApp docs "Media", 2025-11)."""

from typing import Any

from providers.base import Action, MediaInfo, OutcomeUnknown, ProviderError
from providers.cloud_api.reading import mapping, number, text
from providers.cloud_api.request import Request, Upload, get, path, split_node

TRUSTED_MEDIA_HOSTS = ("fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net")
"""Where Meta keeps files; the token goes nowhere else but to the Graph API's own host."""


def upload(phone_number_id: str, *, content: bytes, mime_type: str, filename: str) -> Request:
    """Hand in a file for sending; kept 30 days. A second upload does no harm, so silence may be repeated."""
    return Request(
        "POST",
        path(phone_number_id, "media"),
        form={"messaging_product": "whatsapp", "type": mime_type},
        files=(Upload("file", filename, content, mime_type),),
        idempotent=True,
        pace="upload",
    )


def fetch(media_id: str, *, phone_number_id: str = "") -> Request:
    """Ask where a file is; the address works for five minutes."""
    return get(media_id, phone_number_id=phone_number_id)


def delete(media_id: str, *, phone_number_id: str = "") -> Request:
    """Delete a file."""
    query = {"phone_number_id": phone_number_id} if phone_number_id else {}
    return Request("DELETE", path(media_id), query=query, idempotent=True)


def parse_info(data: Any) -> MediaInfo:
    """Where a file is."""
    answer = mapping(data)
    if not text(answer.get("url")):
        raise ProviderError(
            "The answer has no address for the file.",
            http_status=200,
            action=Action.NO_RETRY,
        )
    return MediaInfo(
        id=text(answer.get("id")),
        url=text(answer.get("url")),
        mime_type=text(answer.get("mime_type")),
        sha256=text(answer.get("sha256")),
        size=number(answer.get("file_size")),
    )


def is_trusted_host(host: str) -> bool:
    """Whether Meta keeps files at ``host``."""
    return any(host == trusted or host.endswith(f".{trusted}") for trusted in TRUSTED_MEDIA_HOSTS)


def open_upload(app_id: str, *, size: int, mime_type: str, filename: str = "") -> Request:
    """Open an upload session for the sample of a template or a profile picture (Resumable Upload API)."""
    query = {"file_length": size, "file_type": mime_type}
    if filename:
        query["file_name"] = filename
    return Request("POST", path(app_id, "uploads"), query=query, idempotent=True)


def continue_upload(session_id: str, *, content: bytes, offset: int = 0) -> Request:
    """Send the bytes of an upload session."""
    place, query = split_node(session_id)
    return Request(
        "POST",
        place,
        query=query,
        body=content[offset:],
        headers={
            "file_offset": str(offset),
            "Content-Type": "application/octet-stream",
        },
        idempotent=True,
        pace="upload",
        auth="OAuth",
    )


def parse_handle(data: Any) -> str:
    """The handle of an uploaded sample."""
    handle = text(mapping(data).get("h"))
    if not handle:
        raise OutcomeUnknown("The answer has no handle.", http_status=200, action=Action.NO_RETRY)
    return handle
