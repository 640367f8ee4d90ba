"""The web program: one port, three doors.

The webhook and the event streams are bare ASGI, because they are hot and hold many connections. Everything else is
plain synchronous Django as WSGI in a fixed pool of threads, so that each thread keeps one database connection.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

THREADS = int(os.environ.get("WEB_THREADS", "8"))

django_application = get_wsgi_application()

from providers.webhooks.door import webhook_door  # noqa: E402
from tenants.streams import stream_door  # noqa: E402

pages = WSGIMiddleware(django_application, workers=THREADS)


async def application(scope, receive, send):
    """Route by path: ``/webhooks/…``, ``/live/…``, and the rest to Django."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
    elif scope["path"].startswith("/webhooks/"):
        await webhook_door(scope, receive, send)
    elif scope["path"].startswith("/live/"):
        await stream_door(scope, receive, send)
    else:
        await pages(scope, receive, send)


async def _lifespan(receive, send):
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await webhook_door.start()
            await stream_door.start()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await stream_door.stop()
            await webhook_door.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
