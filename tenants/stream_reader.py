"""One reading thread per process for all open streams: woken by Redis, or once a second without it.

The thread reads the events of every business that somebody follows in one query and hands them to the event loop. It
also asks in one query whether everybody may still listen. What is true stands in PostgreSQL; Redis only rings.
"""

import asyncio
import logging
import threading
import time
from collections import deque

import psycopg2
import redis
from django.conf import settings

from config.database import plain_connection
from tenants.live import CHANNEL
from tenants.tenancy import EVERY

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
PAUSE_SECONDS = 0.003
"""Rings that come within this time are one reading."""
RIGHTS_SECONDS = 4.0
PAGE = 200
MAX_WAITING = 200
"""Events that may wait for one page; a page that is further behind is cut off."""

_READ = f"""
SELECT set_config('app.business', '{EVERY}', true), set_config('statement_timeout', '5000', true);
SELECT w.business_id, e.number, e.type, e.data::text
FROM unnest(%s::bigint[], %s::bigint[]) AS w(business_id, last)
CROSS JOIN LATERAL (
    SELECT number, type, data FROM tenants_liveevent
    WHERE business_id = w.business_id AND number > w.last ORDER BY number LIMIT {PAGE}
) AS e ORDER BY w.business_id, e.number
"""

_LOST = """
SELECT w.n FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])
    AS w(n, user_id, business_id, session_key, password_mark)
WHERE NOT EXISTS (
    SELECT 1 FROM tenants_membership AS m
    JOIN tenants_user AS u ON u.id = m.user_id
    JOIN django_session AS s ON s.session_key = w.session_key
    WHERE m.user_id = w.user_id AND m.business_id = w.business_id AND u.is_active
    AND encode(sha256(convert_to(u.password, 'UTF8')), 'hex') = w.password_mark
)
"""


class Listener:
    """One open stream, as the loop and the reader know it."""

    __slots__ = (
        "user_id", "business_id", "session_key", "password_mark", "ends_at", "position", "events", "wake", "closing",
    )  # fmt: skip

    def __init__(self, visitor):
        self.user_id = visitor.user_id
        self.business_id = visitor.business_id
        self.session_key = visitor.session_key
        self.password_mark = visitor.password_mark
        self.ends_at = time.monotonic() + visitor.seconds_left
        self.position = 0
        self.events = deque()
        self.wake = asyncio.Event()
        self.closing = ""

    def tell(self, number, chunk):
        """Hand over one event; too many make the page start over."""
        if self.closing:
            return
        if len(self.events) >= MAX_WAITING:
            self.position = number
            self.close("slow")
        else:
            self.events.append((number, chunk))
            self.wake.set()

    def close(self, why):
        """End the stream: ``slow``, ``rights``, ``session`` or ``shutdown``."""
        if not self.closing:
            self.closing = why
            self.events.clear()
            self.wake.set()


class Reader:
    """Who listens, and the thread that reads for them. ``add``, ``follow`` and ``remove`` belong to the loop."""

    def __init__(self):
        self.listeners = {}
        self.events_told = 0
        self._lock = threading.Lock()
        self._last = {}
        self._thread = None

    @property
    def is_running(self):
        return self._thread is not None and self._thread.is_alive()

    def start(self):
        self._loop = asyncio.get_running_loop()
        self._stopping = threading.Event()
        self._connection = self._bell = None
        self._rights_checked_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()

    async def stop(self):
        """Close every stream and end the thread."""
        if self._thread is None:
            return
        self.close_all()
        self._stopping.set()
        await self._loop.run_in_executor(None, self._thread.join, 5)
        self._thread = None

    # In the event loop

    def close_all(self, why="shutdown"):
        for listener in self.everyone():
            listener.close(why)

    def everyone(self):
        with self._lock:
            return [listener for group in self.listeners.values() for listener in group]

    def add(self, listener):
        """From now on the listener gets what the thread reads about its business."""
        with self._lock:
            self.listeners.setdefault(listener.business_id, set()).add(listener)

    def follow(self, listener, number):
        """The listener knows everything up to ``number``; read on from there unless others already read on."""
        listener.position = number
        with self._lock:
            self._last.setdefault(listener.business_id, number)

    def remove(self, listener):
        with self._lock:
            group = self.listeners.get(listener.business_id, set())
            group.discard(listener)
            if not group:
                self.listeners.pop(listener.business_id, None)
                self._last.pop(listener.business_id, None)

    def _tell(self, rows):
        for business_id, number, type, data in rows:
            chunk = encode(type, data, number)
            for listener in self.listeners.get(business_id, ()):
                listener.tell(number, chunk)
                self.events_told += 1

    def _close_lost(self, listeners):
        for listener in listeners:
            listener.close("rights")

    # In the thread

    def _run(self):
        while not self._stopping.is_set():
            self._wait_for_ring()
            try:
                while self._read():
                    pass
                self._check_rights()
            except psycopg2.Error as exc:
                logger.warning("Open pages wait for the database: %s", str(exc).strip())
                self._drop_connection()
                self._stopping.wait(0.5)
            except Exception:
                logger.exception("Open pages were not told")
                self._drop_connection()
                self._stopping.wait(0.5)
        self._drop_connection()
        self._drop_bell()

    def _wait_for_ring(self):
        """Until somebody rings for a business that is followed, or a second has passed."""
        ends = time.monotonic() + POLL_SECONDS
        while (left := ends - time.monotonic()) > 0 and not self._stopping.is_set():
            try:
                message = self._subscribed().get_message(timeout=min(left, 0.25))
            except (redis.RedisError, OSError) as exc:
                logger.warning("Without Redis open pages are told once a second: %s", exc)
                self._drop_bell()
                self._stopping.wait(left)
                return
            if message is not None and message["type"] == "message" and self._concerns_us(message["data"]):
                self._stopping.wait(PAUSE_SECONDS)
                return

    def _concerns_us(self, data):
        return any(word.isdigit() and int(word) in self._last for word in data.split())

    def _subscribed(self):
        if self._bell is None:
            client = redis.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
                socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
            )
            bell = client.pubsub(ignore_subscribe_messages=True)
            bell.subscribe(CHANNEL)
            self._bell = bell
        return self._bell

    def _drop_bell(self):
        if self._bell is not None:
            try:
                self._bell.close()
            except (redis.RedisError, OSError):
                pass
            self._bell = None

    def _read(self):
        """Read what is new; return whether there may be more at once."""
        with self._lock:
            followed = dict(self._last)
        if not followed:
            return False
        rows = self._ask(_READ, [list(followed), list(followed.values())])
        if not rows:
            return False
        counts = {}
        with self._lock:
            for business_id, number, _type, _data in rows:
                counts[business_id] = counts.get(business_id, 0) + 1
                if self._last.get(business_id, number) < number:
                    self._last[business_id] = number
        self._loop.call_soon_threadsafe(self._tell, rows)
        return max(counts.values()) >= PAGE

    def _check_rights(self):
        if time.monotonic() - self._rights_checked_at < RIGHTS_SECONDS:
            return
        everyone = self.everyone()
        if everyone:
            columns = zip(
                *((n, one.user_id, one.business_id, one.session_key, one.password_mark)
                  for n, one in enumerate(everyone)), strict=True,
            )  # fmt: skip
            lost = [everyone[n] for (n,) in self._ask(_LOST, [list(column) for column in columns])]
            if lost:
                self._loop.call_soon_threadsafe(self._close_lost, lost)
        self._rights_checked_at = time.monotonic()

    def _ask(self, statement, parameters):
        if self._connection is None:
            self._connection = plain_connection("streams")
        with self._connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchall()

    def _drop_connection(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def encode(type, data, number=None):
    """One server-sent event; ``data`` is JSON text, which has no line breaks."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {type}\ndata: {data}\n\n".encode()
