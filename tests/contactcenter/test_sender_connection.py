"""The sender's own HTTP client: whole answers, bounds, and whether a byte of a request can have left."""

import asyncio
import socket
import threading
import time

import pytest

from contactcenter.sender import connection
from contactcenter.sender.connection import Exchange, Pool

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Asked(Exchange):
    __slots__ = ("ended", "leaves_in")

    def __init__(self, *leaves_in):
        super().__init__()
        self.ended = asyncio.get_running_loop().create_future()
        self.leaves_in = list(leaves_in)

    def leaves(self):
        return self.leaves_in.pop(0) if self.leaves_in else 0.0

    def answered(self, status, headers, body):
        self.ended.set_result((status, headers, body))

    def lost(self, words):
        self.ended.set_result((words, self.connection is not None, self.status))


class Server:
    """Answers each request with the next of ``answers``: bytes, pieces of them, or what to do instead."""

    def __init__(self, *answers):
        self.answers, self.heard, self.connections = list(answers), [], 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        while await reader.readuntil(b"\n\n"):
            self.heard.append(self.connections)
            answer = self.answers.pop(0)
            for piece in answer if isinstance(answer, list) else [answer]:
                if piece == "end":
                    writer.close()
                    return
                if piece == "reset":
                    writer.transport.abort()
                    return
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    writer.write(piece)
                    await writer.drain()


async def ask(pool, seconds=5.0, exchange=None):
    exchange = exchange or Asked()
    pool.request(b"a request\n\n", exchange, seconds)
    return await exchange.ended


def run(main):
    return asyncio.run(asyncio.wait_for(main(), 20))


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        [GOOD[:9], 0.02, GOOD[9:30], 0.02, GOOD[30:]],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD,
        [b"HTTP/1.1 200 OK\r\n\r\n{}", "end"],
    ],
)
def test_a_whole_answer_is_heard_however_it_is_cut(answer):
    async def main():
        async with Server(answer) as server:
            pool = Pool(server.url, 2.0)
            assert await ask(pool) == (200, {}, b"{}")
            pool.close()

    run(main)


def test_headers_that_say_when_to_come_back_are_kept():
    async def main():
        answer = b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\nX-Other: 1\r\nContent-Length: 0\r\n\r\n"
        async with Server(answer) as server:
            pool = Pool(server.url, 2.0)
            assert await ask(pool) == (429, {"Retry-After": "7"}, b"")
            pool.close()

    run(main)


@pytest.mark.parametrize(
    ("answer", "words", "status"),
    [
        (["reset"], None, None),
        (["end"], "Disconnected", None),
        ([GOOD[:20], "end"], "Disconnected", None),
        ([b"HTTP/1.1 400 No\r\nContent-Length: 9\r\n\r\n{", "end"], "Disconnected", 400),
        (b"this is no HTTP at all\r\n\r\n", "BadAnswer", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "BadAnswer", None),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_100_000, "TooLong", None),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n"] + [b"x" * 400_000] * 3, "TooLong", 200),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"] + [b"x", 0.1] * 100, "TimeoutError", 200),
    ],
)
def test_no_whole_answer_after_the_first_byte_is_told_as_such(answer, words, status):
    async def main():
        async with Server(answer) as server:
            pool = Pool(server.url, 2.0)
            told, may_have_left, heard = await ask(pool, seconds=1.0)
            assert may_have_left
            assert words in (None, told)
            assert heard == status
            assert not pool._open and not pool._idle
            pool.close()

    run(main)


def test_without_a_connection_nothing_can_have_left():
    async def main():
        pool = Pool("http://127.0.0.1:9", 2.0)
        assert await ask(pool) == ("ConnectionRefusedError", False, None)

    run(main)


def serve_by_thread(listener, ended, heard):
    """Two answers on a first connection, whose end then comes unseen; one on a second."""
    for place, answers in enumerate((2, 1)):
        peer, _address = listener.accept()
        for _ in range(answers):
            peer.recv(1000)
            heard.append(place)
            peer.sendall(GOOD)
        if place == 0:
            time.sleep(0.2)
        peer.close()
        ended.set()


def test_a_connection_is_used_again_and_one_that_ended_meanwhile_is_not():
    async def main():
        ended, heard = threading.Event(), []
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=serve_by_thread, args=(listener, ended, heard), daemon=True).start()
            pool = Pool(f"http://127.0.0.1:{listener.getsockname()[1]}", 2.0)
            await ask(pool)
            await ask(pool)
            assert ended.wait(10)  # the loop can't see it meanwhile
            assert (await ask(pool))[0] == 200
            pool.close()
        assert heard == [0, 0, 1]

    run(main)


def test_what_nobody_asked_for_is_never_taken_for_the_next_answer():
    async def main():
        stray = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id": 1}'
        async with Server(GOOD + stray, [GOOD, 0.05, stray], GOOD) as server:
            pool = Pool(server.url, 2.0)
            for _ in range(3):
                assert await ask(pool) == (200, {}, b"{}")
                await asyncio.sleep(0.1)
            assert server.connections == 3
            pool.close()

    run(main)


def test_the_first_byte_waits_until_its_moment_and_may_be_given_up_before():
    async def main():
        async with Server(GOOD, GOOD) as server:
            pool = Pool(server.url, 2.0)
            began = asyncio.get_running_loop().time()
            assert (await ask(pool, exchange=Asked(0.1, 0.1)))[0] == 200
            assert asyncio.get_running_loop().time() - began >= 0.2
            assert await ask(pool, seconds=0.2, exchange=Asked(5.0)) == ("TimeoutError", False, None)
            assert len(server.heard) == 1
            pool.close()

    run(main)


def test_closing_tells_everybody():
    async def main():
        async with Server([5.0]) as server:
            pool = Pool(server.url, 2.0)
            asked = asyncio.ensure_future(ask(pool))
            await asyncio.sleep(0.1)
            waits = asyncio.ensure_future(ask(pool, exchange=Asked(5.0)))
            await asyncio.sleep(0.1)
            pool.close()
            assert await asked == ("Stopped", True, None)
            assert await waits == ("Stopped", False, None)

    run(main)


def test_only_http_and_https_are_spoken():
    with pytest.raises(ValueError, match="must begin with"):
        Pool("file:///etc/passwd", 1.0)


def test_certificates_are_verified():
    pool = Pool("https://graph.example", 1.0)

    assert pool._tls.check_hostname
    assert pool._tls.verify_mode == connection.ssl.CERT_REQUIRED
