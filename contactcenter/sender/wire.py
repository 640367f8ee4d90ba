"""Carries one request of the sender over aiohttp and says what became of it: an ``Outcome``, never an exception.

The gateway's pure functions (``providers.cloud_api``) say what to ask and what an answer means.
"""

import asyncio
import logging
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import aiohttp
import orjson

from contactcenter.sender import UPLOADED, outcomes
from providers.base import Credentials, ProviderError, Recipient
from providers.cloud_api import classify_answer, media, messages
from providers.cloud_api.reading import mapping, text

logger = logging.getLogger(__name__)

ANSWER_BYTES = 1024 * 1024
KEEP_ALIVE_SECONDS = 15


class Wire:
    """A pool of connections to one Graph API."""

    def __init__(self, options, graph_url):
        self.options = options
        trace = aiohttp.TraceConfig(trace_config_ctx_factory=lambda trace_request_ctx=None: trace_request_ctx)
        trace.on_connection_create_end.append(_connected)
        trace.on_connection_reuseconn.append(_connected)
        host = urlsplit(graph_url).hostname or ""
        at_home = host == "localhost" or host.startswith("127.") or host == "::1"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ttl_dns_cache=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
            trust_env=not at_home,
            headers={"User-Agent": "umbral"},
        )

    async def close(self):
        await self._session.close()

    async def send(self, item, phone_number_id, credentials: Credentials):
        """Ask the provider to send ``item``. ``unknown`` unless it is sure that nothing, or what exactly, happened."""
        try:
            request = build(item, phone_number_id)
        except ValueError as exc:
            return outcomes.refused_here(outcomes.CANNOT_BE_BUILT, str(exc))
        reached = SimpleNamespace(connected=False, status=None)
        try:
            status, headers, body = await self._carry(request, credentials, reached, self.options.answer_seconds)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, _TooLong) as exc:
            return _silence(exc, reached, item.attempts)
        try:
            data = classify_answer(status, headers, body, idempotent=False, secrets=(credentials.access_token,))
            return outcomes.accepted(messages.parse_accepted(data))
        except ProviderError as error:
            return outcomes.judge(error, item.attempts)

    async def upload(self, item, phone_number_id, credentials: Credentials):
        """Hand in the item's file; ``(media_id, None)`` or ``("", outcome)``. Repeating it does no harm."""
        details = item.media
        try:
            content = await asyncio.to_thread(Path(details["path"]).read_bytes)
        except OSError:
            return "", outcomes.refused_here(outcomes.CANNOT_BE_BUILT, outcomes.FILE_MISSING)
        request = media.upload(
            phone_number_id,
            content=content,
            mime_type=details["mime_type"],
            filename=details["file_name"] or "file",
        )
        reached = SimpleNamespace(connected=False, status=None)
        attempts = item.attempts + 1
        try:
            status, headers, body = await self._carry(request, credentials, reached, self.options.upload_seconds)
            data = classify_answer(status, headers, body, secrets=(credentials.access_token,))
            media_id = text(mapping(data).get("id"))
            if media_id:
                return media_id, None
            raise ProviderError("The answer names no file.", http_status=status)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError, _TooLong) as exc:
            return "", outcomes.never_left(type(exc).__name__, attempts)
        except ProviderError as error:
            outcome = outcomes.judge(error, attempts)
            if outcome.kind == "unknown":  # of the file only; the message itself hasn't been asked for
                outcome = outcomes.never_left(outcome.details, attempts)
            return "", outcome

    async def _carry(self, request, credentials, reached, seconds):
        headers = dict(request.headers) | request.authorization(credentials.access_token)
        data = request.body
        if request.json is not None:
            data = orjson.dumps(request.json)
            headers["Content-Type"] = "application/json"
        elif request.files:
            data = aiohttp.FormData(dict(request.form or {}))
            for file in request.files:
                data.add_field(file.part, file.content, filename=file.filename, content_type=file.mime_type)
        async with self._session.request(
            request.method,
            request.address(credentials.graph_url, credentials.version),
            params=dict(request.query) or None,
            data=data,
            headers=headers,
            timeout=aiohttp.ClientTimeout(
                total=seconds + self.options.connect_seconds, connect=self.options.connect_seconds
            ),
            allow_redirects=False,
            trace_request_ctx=reached,
        ) as response:
            reached.status = response.status
            body = bytearray()
            async for part in response.content.iter_any():
                body += part
                if len(body) > ANSWER_BYTES:
                    raise _TooLong
            return response.status, response.headers, bytes(body)


class _TooLong(Exception):
    """An answer without a sensible end."""


async def _connected(_session, reached, _params):
    if reached is not None:
        reached.connected = True


def _silence(exc, reached, attempts):
    """Nothing left before there was a connection; after that, nobody knows, unless a refusal had begun to come."""
    words = type(exc).__name__
    if not reached.connected:
        return outcomes.never_left(words, attempts)
    if reached.status is not None and 400 <= reached.status < 500:
        return outcomes.judge(ProviderError(words, http_status=reached.status), attempts)
    return outcomes.unknown(words)


def build(item, phone_number_id):
    """The request for ``item``; ``ValueError`` when its content can't be sent."""
    if not (item.phone or item.bsuid):
        raise ValueError(outcomes.NO_ADDRESS)
    content = item.content
    if item.media:
        content = _with_file(content, item.media.get("media_id", ""))
    return messages.outgoing(
        phone_number_id,
        to=Recipient(phone=item.phone, bsuid=item.bsuid),
        content=content,
        reply_to=item.reply_to,
        reference=item.message_reference,
    )


def _with_file(content, media_id):
    """The content with the file's ID where it belongs: itself, or the header of a template."""
    if content.get("type") != "template":
        return {**content, "media_id": media_id}
    return _replace(content, media_id)


def _replace(value, media_id):
    if isinstance(value, dict):
        return {
            key: media_id if key == "id" and inner == UPLOADED else _replace(inner, media_id)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_replace(inner, media_id) for inner in value]
    return value
