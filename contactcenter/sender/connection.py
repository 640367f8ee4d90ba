"""HTTP/1.1 to one Graph API over kept connections, without a task or a future per request.

A sender must know one thing that common clients don't tell: whether a byte of a request can have left. So a request is
one ``write`` on a connection that shows no sign of its end, and each exchange ends in exactly one call: ``answered``,
or ``lost`` with whether anything was written. Certificates are verified, redirects aren't followed, and an answer is
bounded in bytes and in time.
"""

import asyncio
import select
import socket
import ssl
import time
from collections import deque
from urllib.parse import urlsplit

import httptools

ANSWER_BYTES = 1024 * 1024
"""The longest answer, headers included."""
IDLE_SECONDS = 15.0
LOOK_SECONDS = 0.1
"""How often time-outs are looked for."""
ADDRESS_SECONDS = 60.0
KEPT_HEADERS = {b"retry-after": "Retry-After", b"x-business-use-case-usage": "X-Business-Use-Case-Usage"}
"""What of an answer's headers anybody reads."""

_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR | getattr(select, "POLLRDHUP", 0)


class Exchange:
    """One request and what becomes of it; somebody who asks makes a subclass of this."""

    __slots__ = ("deadline", "connection", "status")

    def __init__(self):
        self.deadline = 0.0
        self.connection = None
        """Where it was written; ``None`` as long as no byte can have left."""
        self.status = None
        """The status of the answer, once that came."""

    def leaves(self):
        """Asked right before the first byte: seconds that it has to wait still, 0 to let it go."""
        return 0.0

    def answered(self, status, headers, body):
        """A whole answer came."""
        raise NotImplementedError

    def lost(self, words):
        """No answer will come, for a reason in a word; ``connection`` tells whether the request may have left."""
        raise NotImplementedError


class Connection(asyncio.Protocol):
    """One connection, one exchange at a time."""

    __slots__ = (
        "pool", "transport", "exchange", "idle_since", "used",
        "_parser", "_poll", "_size", "_headers", "_parts", "_framed",
    )  # fmt: skip

    def __init__(self, pool):
        self.pool = pool
        self.transport = None
        self.exchange = None
        self.idle_since = 0.0
        self.used = False
        self._poll = select.poll()
        self._parser = httptools.HttpResponseParser(self)
        self._forget_answer()

    def _forget_answer(self):
        self._size, self._headers, self._parts, self._framed = 0, {}, [], False

    # The transport speaks

    def connection_made(self, transport):
        self.transport = transport
        self._poll.register(transport.get_extra_info("socket").fileno(), _READABLE)

    def data_received(self, data):
        if self.exchange is None:  # nobody asked
            self.drop()
            return
        self._size += len(data)
        if self._size > ANSWER_BYTES:
            self.fail("TooLong")
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.fail("BadAnswer")

    def eof_received(self):
        if self.exchange is not None and self.exchange.status and not self._framed:
            self._complete(keep=False)  # an answer without a length ends with its connection
        return False

    def connection_lost(self, exc):
        self.transport = None
        self.fail(type(exc).__name__ if exc else "Disconnected")

    # The parser speaks

    def on_message_begin(self):
        if self.exchange is None:
            self.drop()

    def on_header(self, name, value):
        name = name.lower()
        if name in KEPT_HEADERS:
            self._headers[KEPT_HEADERS[name]] = value.decode("latin-1")
        elif name == b"content-length" or name == b"transfer-encoding":
            self._framed = True

    def on_headers_complete(self):
        if self.exchange is not None and self._parser.get_status_code() >= 200:
            self.exchange.status = self._parser.get_status_code()

    def on_body(self, body):
        self._parts.append(body)

    def on_message_complete(self):
        if self._parser.get_status_code() < 200:  # "continue" and the like come before the answer
            self._headers, self._parts, self._framed = {}, [], False
            return
        self._complete(keep=self._parser.should_keep_alive())

    # We speak

    def is_alive(self):
        """Whether a request may be written: the other side neither ended it nor said something unasked."""
        if self.transport is None or self.transport.is_closing():
            return False
        if self.used and self._poll.poll(0):
            self.drop()
            return False
        return True

    def ask(self, data, exchange):
        """Write one request; from here on it may have left."""
        self.used = True
        self._forget_answer()
        self.exchange, exchange.connection = exchange, self
        self.transport.write(data)

    def _complete(self, keep):
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if keep:
            self.pool.back(self)
        else:
            self.drop()
        self.pool.ended(exchange)
        exchange.answered(exchange.status, self._headers, body)

    def fail(self, words):
        """End the connection and the exchange on it."""
        exchange, self.exchange = self.exchange, None
        self.drop()
        if exchange is not None:
            self.pool.ended(exchange)
            exchange.lost(words)

    def drop(self):
        """Never use this connection again."""
        self.pool.gone(self)
        if self.transport is not None:
            self.transport.abort()


class Pool:
    """The connections to one address. ``request`` returns at once; the exchange hears how it ended."""

    def __init__(self, url, connect_seconds):
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("The address of the Graph API must begin with http:// or https:// and name a host.")
        self.connect_seconds = connect_seconds
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = None
        if parts.scheme == "https":
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        self._idle = deque()
        self._all = set()
        self._open = {}
        """What is on its way; values are what still connects or waits for it, and can be cancelled."""
        self._addresses, self._addresses_until = [], 0.0
        self._watch = None

    def request(self, data, exchange, seconds):
        """Carry ``data``, a whole request, over a connection that is free, or over a new one."""
        exchange.deadline = time.monotonic() + seconds
        self._open[exchange] = None
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)
        self._carry(data, exchange)

    def _carry(self, data, exchange):
        while self._idle:
            if self._begin(self._idle.pop(), data, exchange):
                return
        self._open[exchange] = asyncio.create_task(self._connect(data, exchange))

    def _begin(self, connection, data, exchange):
        """Write, or wait a little more for the right moment; ``False`` when the connection has ended."""
        if not connection.is_alive():
            return False
        wait = exchange.leaves()
        if wait > 0.0:
            self.back(connection)
            self._open[exchange] = asyncio.get_running_loop().call_later(wait, self._carry, data, exchange)
        else:
            self._open[exchange] = None
            connection.ask(data, exchange)
        return True

    async def _connect(self, data, exchange):
        words = "Disconnected"
        try:
            async with asyncio.timeout(self.connect_seconds):
                connection = await self._new_connection()
        except (OSError, TimeoutError, ssl.SSLError) as exc:
            words = type(exc).__name__
        else:
            if exchange not in self._open:
                self.back(connection)
                return
            if self._begin(connection, data, exchange):
                return
        if self.ended(exchange):
            exchange.lost(words)

    async def _new_connection(self):
        loop = asyncio.get_running_loop()
        if time.monotonic() > self._addresses_until:
            found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._addresses = list(dict.fromkeys(place[0] for *_, place in found))
            self._addresses_until = time.monotonic() + ADDRESS_SECONDS
        failure = OSError("no address")
        for address in list(self._addresses):
            try:
                _transport, connection = await loop.create_connection(
                    lambda: Connection(self),
                    address,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._host if self._tls else None,
                )
            except OSError as exc:
                failure = exc
                continue
            self._all.add(connection)
            return connection
        self._addresses_until = 0.0
        raise failure

    def back(self, connection):
        """A connection is free for the next request."""
        connection.idle_since = time.monotonic()
        self._idle.append(connection)

    def gone(self, connection):
        """A connection has ended."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)

    def ended(self, exchange):
        """An exchange has its end; whether this is news."""
        known = exchange in self._open
        self._open.pop(exchange, None)
        return known

    def _look(self):
        """Time-outs of exchanges, and connections that nobody needed for long."""
        at = time.monotonic()
        for exchange in [exchange for exchange in self._open if exchange.deadline <= at]:
            self._give_up(exchange, "TimeoutError")
        while self._idle and self._idle[0].idle_since < at - IDLE_SECONDS:
            self._idle[0].drop()
        self._watch = None
        if self._open or self._all:
            self._watch = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def _give_up(self, exchange, words):
        if exchange.connection is not None:
            exchange.connection.fail(words)
            return
        waiting = self._open[exchange]
        if self.ended(exchange):
            if waiting is not None:
                waiting.cancel()
            exchange.lost(words)

    def close(self, words="Stopped"):
        """End everything; what is on its way is lost."""
        for exchange in list(self._open):
            self._give_up(exchange, words)
        for connection in list(self._all):
            connection.drop()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
