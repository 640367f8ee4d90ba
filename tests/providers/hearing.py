"""What the tests about hearing share: deliveries of our own making, and a caller of bare ASGI programs."""

import asyncio
import itertools
import json

from django.conf import settings

from providers.webhooks.signature import sign

_numbers = itertools.count(1)


def delivery(text="Hello", phone_number_id="200000000001", **value):
    """The body of a delivery with one message, in the provider's shape."""
    n = next(_numbers)
    message = {
        "from": "573001112233",
        "id": f"wamid.heard{n}",
        "timestamp": "1790000000",
        "type": "text",
        "text": {"body": text},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "573155550001", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": "Rosa"}, "wa_id": "573001112233"}],
        "messages": [message],
    } | value
    return envelope({"field": "messages", "value": value})


def envelope(*changes, waba_id="100000000001"):
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": waba_id, "changes": list(changes)}]}
    ).encode()


async def call(door, method, path, *, headers=(), pieces=(b"",), query="", never_ends=False):
    """Ask an ASGI program; return ``(status, headers, body)``. ``never_ends`` leaves the last piece unfinished."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("192.0.2.1", 4711),
    }
    waiting = list(pieces)
    sent = []

    async def receive():
        if waiting:
            piece = waiting.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(waiting) or never_ends}
        await asyncio.sleep(3600)

    async def send(message):
        sent.append(message)

    await door(scope, receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(m.get("body", b"") for m in sent[1:])


async def post(door, raw, secret=None, **more):
    """Post a delivery signed with the first app secret, or with ``secret``."""
    signature = sign(raw, secret or settings.WHATSAPP_APP_SECRETS[0])
    return await call(
        door, "POST", "/webhooks/whatsapp/", headers=[("X-Hub-Signature-256", signature)], pieces=[raw], **more
    )
