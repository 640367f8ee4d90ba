"""The door of the event streams: ``GET /live/<business-slug>/``, server-sent events as a bare ASGI callable.

A page opens it with the session cookie of its person. The first event is ``hello`` with the present number; then every
event of the business, numbered. After a break the browser says the last number it saw (``Last-Event-ID``, or
``?last=`` for the number a page was made with) and gets what it missed. When that is no longer kept, or a page reads
too slowly, the event ``resync`` asks it to fetch everything anew.
"""

import asyncio
import contextlib
import hashlib
import logging
import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from urllib.parse import parse_qs

import orjson
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, load_backend
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from config.metrics import source
from tenants.models import LiveCounter, LiveEvent, Membership
from tenants.stream_reader import PAGE, Listener, Reader, encode
from tenants.tenancy import business_scope

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 25.0
SEND_SECONDS = 15.0
"""A page that takes nothing for this long is gone or stuck."""
THREADS = 2
STREAMS_PER_PERSON = 20
STREAMS_PER_PROCESS = 5000

_PATH = re.compile(r"/live/([-a-zA-Z0-9_]+)/")
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ],
}
_STILL_HERE = b": still here\n\n"


class Visitor(NamedTuple):
    """Somebody who may follow a business, and what that right hangs on."""

    user_id: int
    business_id: int
    session_key: str
    password_mark: str
    seconds_left: float


class Refused(Exception):
    """Answer with this status."""

    def __init__(self, status, headers=()):
        super().__init__(status)
        self.status, self.headers = status, list(headers)


class StreamDoor:
    """``await start()`` before the first stream and ``await stop()`` at the end."""

    def __init__(self):
        self.reader = Reader()
        self.closed = {}
        self._people = {}
        self._pool = None
        self._signals = {}

    async def start(self):
        # Few threads, because each keeps a database connection; a stream needs one for a moment at its start only.
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="streams")
        self.reader.start()
        self._close_streams_on_signal()

    async def stop(self):
        await self.reader.stop()
        for number, (before, ours) in self._signals.items():
            if signal.getsignal(number) is ours:
                signal.signal(number, before)
        self._signals.clear()
        if self._pool is not None:
            pool, self._pool = self._pool, None
            await asyncio.get_running_loop().run_in_executor(None, _close_threads, pool)

    def _close_streams_on_signal(self):
        """The server waits for open answers before it says that it ends, and a stream never ends by itself."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.getsignal(number)
            if not callable(before):
                continue

            def handler(received, frame, before=before):
                loop.call_soon_threadsafe(self.reader.close_all)
                before(received, frame)

            signal.signal(number, handler)
            self._signals[number] = before, handler

    @property
    def open_streams(self):
        return sum(self._people.values())

    async def __call__(self, scope, receive, send):
        """Stream to members of the business; 403 for strangers, 404 for everybody else."""
        try:
            visitor, last = await self._admit(scope)
        except Refused as refusal:
            await _refuse(send, refusal)
            return
        listener = Listener(visitor)
        self._people[visitor.user_id] = self._people.get(visitor.user_id, 0) + 1
        self.reader.add(listener)
        watch = asyncio.ensure_future(_gone(receive, listener))
        try:
            await self._stream(send, listener, last)
        except TimeoutError:
            listener.close("stuck")
            _abort(send)
            await asyncio.wait([watch], timeout=1)
        except (DatabaseError, InterfaceError) as exc:
            logger.warning("A stream could not begin: %s", str(exc).strip())
            await _refuse(send, Refused(503, [(b"retry-after", b"2")]))
        finally:
            watch.cancel()
            self.reader.remove(listener)
            self.closed[listener.closing or "left"] = self.closed.get(listener.closing or "left", 0) + 1
            self._people[visitor.user_id] -= 1
            if not self._people[visitor.user_id]:
                del self._people[visitor.user_id]

    async def _admit(self, scope):
        found = _PATH.fullmatch(scope["path"])
        if found is None:
            raise Refused(404)
        if scope["method"] != "GET":
            raise Refused(405, [(b"allow", b"GET")])
        if not self.reader.is_running:
            await self.start()
        headers = dict(scope["headers"])
        try:
            visitor = await self._in_thread(identify, headers.get(b"cookie", b"").decode("latin-1"), found[1])
        except (DatabaseError, InterfaceError):
            raise Refused(503, [(b"retry-after", b"2")]) from None
        if self._people.get(visitor.user_id, 0) >= STREAMS_PER_PERSON:
            raise Refused(429, [(b"retry-after", b"10")])
        if self.open_streams >= STREAMS_PER_PROCESS:
            raise Refused(503, [(b"retry-after", b"10")])
        return visitor, _last_seen(headers, scope["query_string"])

    async def _stream(self, send, listener, last):
        number, missed = await self._in_thread(catch_up, listener.business_id, last)
        self.reader.follow(listener, number)
        await send(_START)
        await _write(send, b"retry: 2000\n\n" + _welcome(number, last, missed))
        while not listener.closing:
            try:
                async with asyncio.timeout(min(HEARTBEAT_SECONDS, _seconds_left(listener))):
                    await listener.wake.wait()
            except TimeoutError:
                if _seconds_left(listener) <= 0:
                    listener.close("session")
                else:
                    await _write(send, _STILL_HERE)
                continue
            listener.wake.clear()
            if listener.events:
                chunks = [chunk for number, chunk in listener.events if number > listener.position]
                listener.position = listener.events[-1][0]
                listener.events.clear()
                await _write(send, b"".join(chunks))
        if listener.closing == "left":
            return
        if listener.closing == "slow":
            await _write(send, _resync(listener.position))
        async with asyncio.timeout(SEND_SECONDS):
            await send({"type": "http.response.body", "body": b""})

    def _in_thread(self, function, *args):
        return asyncio.get_running_loop().run_in_executor(self._pool, _with_connection, function, *args)


def identify(cookies, slug):
    """The visitor behind a session cookie. Raises ``Refused``: 403 without a session, 404 without a membership."""
    session = SessionStore(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME))
    user = _user_of(session)
    if user is None:
        raise Refused(403)
    business_id = (
        Membership.objects.filter(user=user, business__slug=slug).values_list("business_id", flat=True).first()
    )
    if business_id is None:
        raise Refused(404)
    mark = hashlib.sha256(user.password.encode()).hexdigest()
    return Visitor(user.pk, business_id, session.session_key, mark, session.get_expiry_age())


def _user_of(session):
    """As ``django.contrib.auth.get_user``, but it never renews a session: a stream can't set the new cookie."""
    if session.session_key is None or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(session[BACKEND_SESSION_KEY]).get_user(session.get(SESSION_KEY))
    if user is None:
        return None
    given = session.get(HASH_SESSION_KEY, "")
    known = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any([constant_time_compare(given, one) for one in known]) else None


def catch_up(business_id, last):
    """The present number of a business, and the events after ``last``, or ``None`` when they are no longer kept."""
    with business_scope(business_id):
        number = LiveCounter.objects.filter(pk=business_id).values_list("last", flat=True).first() or 0
        if last is None:
            return number, []
        if not 0 <= number - last <= PAGE:
            return number, None
        rows = list(
            LiveEvent.objects.filter(business_id=business_id, number__gt=last, number__lte=number)
            .order_by("number")
            .values_list("number", "type", "data")
        )
    return number, rows if len(rows) == number - last else None


def _welcome(number, last, missed):
    """While events are still to follow ``hello`` has no id, so that a break in between loses none of them."""
    hello = orjson.dumps({"number": number}).decode()
    if missed is None:
        return encode("hello", hello) + _resync(number)
    if last is None:
        return encode("hello", hello, number)
    rest = (encode(type, orjson.dumps(data).decode(), seen) for seen, type, data in missed)
    return encode("hello", hello, last) + b"".join(rest)


def _resync(number):
    return encode("resync", orjson.dumps({"number": number}).decode(), number)


def _last_seen(headers, query):
    """The last number that the page saw, or ``None``; the browser's word comes first, it is the newer one."""
    given = headers.get(b"last-event-id") or parse_qs(query).get(b"last", [b""])[0]
    return int(given) if given.isdigit() and len(given) < 19 else None


def _seconds_left(listener):
    return max(0.0, listener.ends_at - time.monotonic())


async def _write(send, chunk):
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _gone(receive, listener):
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.close("left")


def _abort(send):
    """Drop the connection of a page that reads nothing; without this what was written to it would wait for ever."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()


async def _refuse(send, refusal):
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store"), *refusal.headers]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _with_connection(function, *args):
    close_old_connections()
    try:
        return function(*args)
    finally:
        close_old_connections()


def _close_threads(pool):
    """End the threads of a pool, each with its own connection; they meet, so that each closes once."""
    meeting = threading.Barrier(THREADS)

    def close():
        connections.close_all()
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(2)

    for _ in range(THREADS):
        pool.submit(close)
    pool.shutdown(wait=True)


stream_door = StreamDoor()


@source
def stream_metrics():
    """Who listens, and why streams ended."""
    text = "Open event streams of this process."
    yield "umbral_streams_open", text, "gauge", {}, stream_door.open_streams
    text = "Events that this process handed to open streams."
    yield "umbral_stream_events_total", text, "counter", {}, stream_door.reader.events_told
    for why, count in sorted(stream_door.closed.items()):
        yield "umbral_streams_closed_total", "Streams of this process that ended.", "counter", {"why": why}, count
