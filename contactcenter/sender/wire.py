"""Carries one request of the sender and says what became of it: an ``Outcome``, never an exception.

The gateway's pure functions (``providers.cloud_api``) say what to ask and what an answer means; ``connection`` knows
whether a byte left.
"""

import asyncio
import logging
import secrets
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from contactcenter.sender import OWN, UPLOADED, outcomes
from contactcenter.sender.connection import Exchange, Pool
from providers.base import Credentials, ProviderError, Recipient
from providers.cloud_api import classify_answer, media, messages
from providers.cloud_api.reading import mapping, text

logger = logging.getLogger(__name__)

HEADS_KEPT = 2000


class Wire:
    """One Graph API, spoken to as whoever each message is from."""

    def __init__(self, options, graph_url):
        self.options = options
        self._pool = Pool(graph_url, options.connect_seconds)
        self._heads = {}

    def close(self):
        """End every connection; what is on its way is told that it is lost."""
        self._pool.close()

    def send(self, item, phone_number_id, credentials: Credentials, done, leaves):
        """Ask the provider to send ``item``; ``done(outcome)`` is called once, maybe before this returns.

        ``leaves()`` is asked right before the first byte and returns the seconds to wait still.
        """
        try:
            data = self._written(build(item, phone_number_id), credentials)
        except _Lost as exc:
            done(outcomes.never_left(str(exc), item.attempts))
            return
        except (ValueError, TypeError) as exc:
            done(outcomes.refused_here(outcomes.CANNOT_BE_BUILT, str(exc)))
            return
        seconds = self.options.answer_seconds + self.options.connect_seconds
        self._pool.request(data, _Sending(item, credentials.access_token, done, leaves), seconds)

    def _written(self, request, credentials):
        """The bytes of a JSON request."""
        body = orjson.dumps(request.json)
        key = (request.path, credentials.access_token)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) > HEADS_KEPT:
                self._heads.clear()
            head = self._heads[key] = _head(request, credentials, "application/json")
        return b"%b%d\r\n\r\n%b" % (head, len(body), body)

    async def upload(self, details, phone_number_id, credentials: Credentials):
        """Hand in the file that ``details`` tell; ``(media_id, None)``, or ``("", judge)``.

        ``judge(attempts)`` is the outcome for a message with so many attempts before. Repeating it does no harm.
        """
        try:
            content = await asyncio.to_thread(Path(details["path"]).read_bytes)
        except OSError:
            return "", partial(judge_upload, FileNotFoundError())
        request = media.upload(
            phone_number_id,
            content=content,
            mime_type=details["mime_type"],
            filename=details["file_name"] or "file",
        )
        try:
            status, headers, body = await self._hand_in(request, credentials)
            data = classify_answer(status, headers, body, secrets=(credentials.access_token,))
            media_id = text(mapping(data).get("id"))
            if media_id:
                return media_id, None
            raise ProviderError("The answer names no file.", http_status=status)
        except (_Lost, ValueError, ProviderError) as error:
            return "", partial(judge_upload, error)

    async def _hand_in(self, request, credentials):
        boundary, body = _multipart(request)
        head = _head(request, credentials, f"multipart/form-data; boundary={boundary}")
        exchange = _Asking()
        seconds = self.options.upload_seconds + self.options.connect_seconds
        self._pool.request(b"%b%d\r\n\r\n%b" % (head, len(body), body), exchange, seconds)
        return await exchange.future


def judge_upload(error, attempts):
    """What it means for a message with so many attempts that a file of its couldn't be handed in."""
    if isinstance(error, FileNotFoundError):
        return outcomes.refused_here(outcomes.CANNOT_BE_BUILT, outcomes.FILE_MISSING)
    if not isinstance(error, ProviderError):
        return outcomes.never_left(str(error), attempts + 1)
    outcome = outcomes.judge(error, attempts + 1)
    if outcome.kind == "unknown":  # of the file only; the message itself hasn't been asked for
        return outcomes.never_left(outcome.details, attempts + 1)
    return outcome


class _Sending(Exchange):
    """A message on its way."""

    __slots__ = ("item", "token", "done", "leaves")

    def __init__(self, item, token, done, leaves):
        super().__init__()
        self.item, self.token, self.done, self.leaves = item, token, done, leaves

    def answered(self, status, headers, body):
        try:
            data = classify_answer(status, headers, body, idempotent=False, secrets=(self.token,))
            outcome = outcomes.accepted(messages.parse_accepted(data))
        except ProviderError as error:
            outcome = outcomes.judge(error, self.item.attempts)
        except Exception:
            logger.exception("An answer ended in an error of our own.")
            outcome = outcomes.unknown("The answer can't be read.")
        self.done(outcome)

    def lost(self, words):
        """Nothing left before it was written; after that nobody knows, unless a refusal had begun to come."""
        if self.connection is None:
            outcome = outcomes.never_left(words, self.item.attempts)
        elif self.status is not None and 400 <= self.status < 500:
            outcome = outcomes.judge(ProviderError(words, http_status=self.status), self.item.attempts)
        else:
            outcome = outcomes.unknown(words)
        self.done(outcome)


class _Asking(Exchange):
    """Somebody waits for the answer."""

    __slots__ = ("future",)

    def __init__(self):
        super().__init__()
        self.future = asyncio.get_running_loop().create_future()

    def answered(self, status, headers, body):
        if not self.future.done():
            self.future.set_result((status, headers, body))

    def lost(self, words):
        if not self.future.done():
            self.future.set_exception(_Lost(words))


class _Lost(Exception):
    """No answer came."""


def _head(request, credentials, content_type):
    """The head of a request up to the number of bytes that follow it."""
    address = urlsplit(request.address(credentials.graph_url, credentials.version))
    lines = [
        f"{request.method} {address.path} HTTP/1.1",
        f"Host: {address.netloc.rpartition('@')[2]}",
        "User-Agent: umbral",
        "Accept: application/json",
        "Accept-Encoding: identity",
        f"Content-Type: {content_type}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
        *(f"{name}: {value}" for name, value in request.authorization(credentials.access_token).items()),
    ]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise _Lost("The access token can't be part of a request.")
    return ("\r\n".join(lines) + "\r\nContent-Length: ").encode()


def _multipart(request):
    """A form with files: its boundary and its bytes."""
    boundary = secrets.token_hex(16)
    parts = []
    for name, value in (request.form or {}).items():
        parts += [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()]
    for file in request.files:
        filename = file.filename.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
        mime_type = file.mime_type if file.mime_type.isascii() and file.mime_type.isprintable() else ""
        parts += [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{file.part}"; filename="{filename}"\r\n'
            f"Content-Type: {mime_type or 'application/octet-stream'}\r\n\r\n".encode(),
            file.content,
            b"\r\n",
        ]
    return boundary, b"".join([*parts, f"--{boundary}--\r\n".encode()])


def build(item, phone_number_id):
    """The request for ``item``; ``ValueError`` when its content can't be sent."""
    if not (item.phone or item.bsuid):
        raise ValueError(outcomes.NO_ADDRESS)
    content = item.content
    if item.media and content.get("type") != "template":
        content = {**content, "media_id": item.media.get("media_id", "")}
    elif item.media or item.own_files:
        ids = {OWN + digest: details["media_id"] for digest, details in item.own_files.items()}
        content = _with_ids(content, ids | ({UPLOADED: item.media.get("media_id", "")} if item.media else {}))
    return messages.outgoing(
        phone_number_id,
        to=Recipient(phone=item.phone, bsuid=item.bsuid),
        content=content,
        reply_to=item.reply_to,
        reference=item.message_reference,
    )


def _with_ids(value, ids):
    """A template's content with the IDs of files where they belong: in its header and its cards."""
    if isinstance(value, dict):
        return {
            key: ids[inner] if key == "id" and isinstance(inner, str) and inner in ids else _with_ids(inner, ids)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_with_ids(inner, ids) for inner in value]
    return value
