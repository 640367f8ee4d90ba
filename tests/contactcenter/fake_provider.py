"""A provider on loopback that counts what reaches it and misbehaves on demand; it runs in a thread of the test."""

import asyncio
import itertools
import json
import threading
import time
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Heard:
    """One message that reached the provider."""

    at: float
    number: str
    to: str
    text: str
    reference: str
    token: str
    body: dict = field(repr=False)


class FakeProvider:
    """``script[text]`` lists how to behave, message by message: see ``_behave``. Without a script it accepts."""

    def __init__(self, delay=0.0):
        self.heard = []
        self.uploads = []
        self.files = {}
        """What can be fetched: media ID to bytes, or to the status of the refusal."""
        self.read = []
        self.script = {}
        self.delay = delay
        self._ids = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(5)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._start())
        self._ready.set()
        self._loop.run_forever()

    async def _start(self):
        app = web.Application(client_max_size=200 * 2**20)
        app.router.add_post("/{version}/{number}/messages", self._message)
        app.router.add_post("/{version}/{number}/media", self._media)
        app.router.add_get("/{version}/{media}", self._file_info)
        app.router.add_get("/files/of/{media}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _media(self, request):
        form = await request.post()
        self.uploads.append(form["file"].file.read())
        return web.json_response({"id": f"media-{len(self.uploads)}"})

    async def _file_info(self, request):
        media = request.match_info["media"]
        content = self.files.get(media, 404)
        if isinstance(content, int):
            error = {"message": "No", "code": 2 if content >= 500 else 100}
            return web.json_response({"error": error}, status=content)
        url = f"{self.url}/files/of/{media}"
        return web.json_response(
            {"id": media, "url": url, "mime_type": "image/jpeg", "file_size": len(content), "sha256": ""}
        )

    async def _file(self, request):
        return web.Response(body=self.files[request.match_info["media"]], content_type="image/jpeg")

    async def _message(self, request):
        body = json.loads(await request.read())
        if body.get("status") == "read":
            self.read.append(body["message_id"])
            return web.json_response({"success": True})
        kind = body["type"]
        text = body.get("text", {}).get("body") or body.get("template", {}).get("name") or kind
        heard = Heard(
            time.monotonic(),
            request.match_info["number"],
            body.get("to", ""),
            text,
            body.get("biz_opaque_callback_data", ""),
            request.headers.get("Authorization", ""),
            body,
        )
        self.heard.append(heard)
        if self.delay:
            await asyncio.sleep(self.delay)
        orders = self.script.get(text, [])
        return await self._behave(request, heard, orders.pop(0) if orders else "accept")

    async def _behave(self, request, heard, order):
        if isinstance(order, int):
            status = 503 if order == 2 else 500 if order == 131057 else 400
            return web.json_response(
                {"error": {"message": f"(#{order}) No", "code": order, "error_data": {"details": "Told so"}}},
                status=status,
            )
        if order == "hang":
            await asyncio.sleep(30)
        if order == "reset":
            request.transport.abort()
            return web.Response()
        if order == "html":
            return web.Response(status=500, text="<h1>Oops</h1>", content_type="text/html")
        if order == "no id":
            return web.json_response({"messaging_product": "whatsapp"})
        if order == "half":
            return web.Response(body=b'{"messaging_product": "wha', content_type="application/json")
        if order == "redirect":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:9/"})
        wamid = "wamid.same" if order == "same id" else f"wamid.fake{next(self._ids)}"
        return web.json_response(
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": heard.to, "wa_id": heard.to.lstrip("+")}],
                "messages": [{"id": wamid}],
            }
        )

    # What the tests ask

    def times(self, reference):
        """How often a message (by its reference) reached the provider."""
        return sum(heard.reference == str(reference) for heard in self.heard)

    @property
    def texts(self):
        return [heard.text for heard in self.heard]
