"""The sandbox's ASGI application: ``uvicorn providers.sandbox.asgi:app --port 8010``.

Graph API at ``/vNN.0/…``, Embedded Signup at ``/dialog/oauth``, telephone at ``/phone/``, control panel at
``/control/``, JSON for tests at ``/control/api/…``, the product's mail at ``/mail/``, invented websites at
``/sites/…``. Refuses hosts that aren't local unless ``SANDBOX_ALLOWED_HOSTS`` names them.
"""

import asyncio
import logging
import os

from django.utils import translation

from config import env

from . import control, control_api, faults, graph, mailbox, pages, phone, present, signup, sites
from .box import Box
from .http import BadRequest, Response, answer, read_request, redirect, same_origin

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

log = logging.getLogger("sandbox")
LOCAL = {"127.0.0.1", "localhost", "::1", "[::1]"}


DRIPS = 20
"""In how many pieces a slow answer leaves."""


class Application:
    """ASGI callable; the box opens with the server's lifespan."""

    def __init__(self):
        self.box = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive, send):
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                try:
                    self.open()
                except Exception as exc:
                    log.exception("The sandbox could not start.")
                    await send({"type": "lifespan.startup.failed", "message": str(exc)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                present.leave()
                if self.box:
                    await self.box.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def open(self):
        port = os.environ.get("SANDBOX_PORT", "8010")
        self.box = Box(env.text("SANDBOX_DATA", ".data/sandbox"), f"http://127.0.0.1:{port}")
        self.allowed = LOCAL | set(env.words("SANDBOX_ALLOWED_HOSTS"))
        self.box.start()
        present.follow()
        pages.set_up()

    async def _http(self, scope, receive, send):
        try:
            request = await read_request(scope, receive)
            response = await self._answer(request)
        except BadRequest as exc:
            error = {"message": f"(#100) {exc}", "type": "OAuthException", "code": 100}
            response = answer({"error": error}, 400)
        except faults.Hangup:
            if faults.hang_up(send):
                return
            response = Response(b"", 500, "text/plain")
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            self.box.store.rollback()
            error = {"message": "(#1) An unknown error occurred", "type": "OAuthException", "code": 1}
            response = answer({"error": error}, 500)
        await _send(send, response)

    async def _answer(self, request):
        host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
        if host not in self.allowed and "*" not in self.allowed:
            return Response(
                b"This sandbox answers local hosts only. Name others in SANDBOX_ALLOWED_HOSTS.",
                400,
                "text/plain",
            )
        path = request.path
        if signup.is_dialog(path):
            with translation.override(pages.language_of(request)):
                return await self._commit(signup.handle(self.box, request))
        if graph.is_graph(path):
            return await graph.handle(self.box, request)
        if path == "/healthz":
            return answer({"status": "ok", "webhooks_waiting": self.box.hooks.waiting()})
        if path.startswith("/whatsapp_business/attachments/"):
            return graph.attachment(self.box, request)
        if path.startswith("/static/"):
            return pages.static_file(path)
        if path.startswith("/control/api/"):
            return await self._commit(control_api.handle(self.box, request))
        if path.startswith("/sites/"):
            return sites.handle(request)
        if path in ("/mail", "/control"):
            return redirect(f"{path}/")
        if path in ("/", "/phone"):
            return redirect("/phone/")
        if path.startswith("/mail/"):
            with translation.override(pages.language_of(request)):
                return mailbox.handle(request)
        if path.startswith(("/phone/", "/control/")):
            if request.method == "POST" and not same_origin(request):
                return Response(b"This form was not sent from the sandbox's own pages.", 403, "text/plain")
            pane = phone if path.startswith("/phone/") else control
            with translation.override(pages.language_of(request)):
                return await self._commit(pane.handle(self.box, request))
        return Response(b"Not found", 404, "text/plain")

    async def _commit(self, work):
        self.box.store.commit()
        try:
            response = await work
        except BaseException:
            self.box.store.rollback()
            raise
        self.box.store.commit()
        return response


async def _send(send, response):
    headers = {
        "content-type": response.content_type,
        "content-length": str(len(response.body)),
        **response.headers,
    }
    raw = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": raw})
    if response.drip_seconds:
        await _drip(send, response)
    await send({"type": "http.response.body", "body": b"" if response.drip_seconds else response.body})


async def _drip(send, response):
    size = max(1, len(response.body) // DRIPS)
    pieces = [response.body[at : at + size] for at in range(0, len(response.body), size)]
    for piece in pieces:
        await asyncio.sleep(response.drip_seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})


app = Application()
