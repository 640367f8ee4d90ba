"""The door at which Meta knocks: ``/webhooks/whatsapp/``, a bare ASGI callable.

It checks the signature over the raw bytes, limits the size, and answers 200 once the delivery is durable. It reads
nothing else: whatever was signed is kept, JSON or not, and workers make sense of it.
"""

import asyncio
import hmac
import logging
import time
from urllib.parse import parse_qs

from django.conf import settings

from providers.webhooks.group_commit import GroupCommit, Overloaded
from providers.webhooks.signature import verify

logger = logging.getLogger(__name__)

PATHS = {"/webhooks/whatsapp/", "/webhooks/whatsapp"}
READ_SECONDS = 10.0
"""A body that takes longer than this to arrive is refused."""
MAX_READING_BYTES = 64 * 1024 * 1024
"""What all bodies that still arrive may hold together: nobody has shown a signature for them yet."""
COMPLAIN_SECONDS = 10.0

_PLAIN = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]


class Refused(Exception):
    """Answer with this status; ``reason`` is for the metrics."""

    def __init__(self, status, reason, headers=()):
        super().__init__(reason)
        self.status, self.reason, self.headers = status, reason, list(headers)


class WebhookDoor:
    """``await start()`` before the first request and ``await stop()`` after the last one."""

    def __init__(self):
        self.writer = GroupCommit()
        self.refused = {}
        self._reading_bytes = 0
        self._untold, self._told_at = 0, float("-inf")

    async def start(self):
        self.writer.start()

    async def stop(self):
        await self.writer.stop()

    async def __call__(self, scope, receive, send):
        """GET is Meta's handshake; POST a delivery."""
        try:
            if scope["path"] not in PATHS:
                raise Refused(404, "path")
            if scope["method"] == "POST":
                body = await self._hear(scope, receive)
            elif scope["method"] == "GET":
                body = self._shake_hands(scope)
            else:
                raise Refused(405, "method", [(b"allow", b"GET, POST")])
            await _answer(send, 200, body)
        except Refused as refusal:
            self.refused[refusal.reason] = self.refused.get(refusal.reason, 0) + 1
            self.writer.tally.count(f"refused.{refusal.reason}")
            if refusal.status == 401:
                self._complain(scope, refusal.reason)
            await _answer(send, refusal.status, b"", refusal.headers)

    def _shake_hands(self, scope):
        """Echo the challenge to whoever knows the verify token (Graph API "Webhooks: getting started")."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        token = query.get("hub.verify_token", [""])[0].encode()
        known = settings.WHATSAPP_VERIFY_TOKEN.encode()
        matches = hmac.compare_digest(token, known) and bool(known)
        if query.get("hub.mode") != ["subscribe"] or not matches:
            raise Refused(403, "verify_token")
        return query.get("hub.challenge", [""])[0].encode()[:1000]

    async def _hear(self, scope, receive):
        headers = _headers(scope, b"x-hub-signature-256", b"content-length")
        raw = await self._read(headers[b"content-length"], receive)
        signatures = headers[b"x-hub-signature-256"]
        if not signatures:
            raise Refused(401, "no_signature")
        # Two signatures are one too many: which one a proxy checked is anybody's guess.
        header = signatures[0].decode("latin-1") if len(signatures) == 1 else None
        if not verify(raw, header, settings.WHATSAPP_APP_SECRETS):
            raise Refused(401, "bad_signature")
        if not self.writer.is_running:
            await self.start()
        try:
            await self.writer.park(raw)
        except Overloaded:
            raise _busy() from None
        return b"ok"

    async def _read(self, lengths, receive):
        limit = settings.WEBHOOK_MAX_BYTES
        if lengths and (not lengths[0].isdigit() or int(lengths[0][:12]) > limit):
            raise Refused(413, "too_large")
        message = await receive()
        if not message.get("more_body") and message["type"] == "http.request":
            raw = message.get("body", b"")
            if len(raw) > limit:
                raise Refused(413, "too_large")
            return raw
        return await self._read_pieces(message, receive, limit)

    async def _read_pieces(self, message, receive, limit):
        pieces, size = [], 0
        try:
            async with asyncio.timeout(READ_SECONDS):
                while True:
                    if message["type"] != "http.request":
                        raise Refused(400, "broken_off")
                    piece = message.get("body", b"")
                    pieces.append(piece)
                    size += len(piece)
                    self._reading_bytes += len(piece)
                    if size > limit:
                        raise Refused(413, "too_large")
                    if self._reading_bytes > MAX_READING_BYTES:
                        raise _busy()
                    if not message.get("more_body"):
                        return b"".join(pieces)
                    message = await receive()
        except TimeoutError:
            raise Refused(408, "too_slow", [(b"connection", b"close")]) from None
        finally:
            self._reading_bytes -= size

    def _complain(self, scope, reason):
        """A counted line in the log, at most one in ten seconds: the internet knocks often."""
        self._untold += 1
        present = time.monotonic()
        if present - self._told_at < COMPLAIN_SECONDS:
            return
        self._told_at = present
        address = (scope.get("client") or ("?",))[0]
        logger.warning(
            "%s webhook deliveries refused since the last such line; the latest (%s) came from %s",
            self._untold, reason, address,
        )  # fmt: skip
        self._untold = 0


def _busy():
    return Refused(503, "busy", [(b"retry-after", b"5")])


def _headers(scope, *wanted):
    found = {name: [] for name in wanted}
    for name, value in scope["headers"]:
        if name in found:
            found[name].append(value)
    return found


async def _answer(send, status, body, headers=()):
    start = [*_PLAIN, (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})


webhook_door = WebhookDoor()
