"""Many open pages in one bare process: ``-m tests.bench.stream_client PORT``; JSON commands in, JSON answers out.

It imports nothing of the program, so that what it costs is the client's share and no more.
"""

import asyncio
import json
import random
import re
import resource
import sys
import time

EVENT = re.compile(rb"(?:id: (\d+)\n)?event: (\w+)\ndata: (.*?)\n\n")
AT_ONCE = 40


class Page(asyncio.Protocol):
    """One stream: what it heard, and a new connection from the last number when the old one breaks."""

    def __init__(self, pages, slug, cookie):
        self.on_message = None
        self.pages, self.slug, self.cookie = pages, slug, cookie
        self.last, self.rest, self.transport, self.wanted = None, b"", None, True
        self.heard, self.resyncs, self.breaks = [], 0, 0
        self.is_open = asyncio.Event()

    def connection_made(self, transport):
        self.transport, self.rest = transport, b""
        again = "" if self.last is None else f"Last-Event-ID: {self.last}\r\n"
        transport.write(
            f"GET /live/{self.slug}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n{again}\r\n".encode()
        )

    def data_received(self, data):
        at = time.monotonic_ns()
        data = self.rest + data
        end = 0
        for found in EVENT.finditer(data):
            end = found.end()
            if found[1]:
                self.last = int(found[1])
            if found[2] == b"hello":
                self.is_open.set()
            elif found[2] == b"resync":
                self.resyncs += 1
            elif found[2] == b"message":
                if self.on_message is not None:
                    self.on_message(json.loads(found[3])["conversation"])
            elif found[2] == b"bench":
                self.heard.append((json.loads(found[3])["n"], at))
        self.rest = data[end:]

    def connection_lost(self, error):
        self.is_open.clear()
        if self.wanted:
            self.breaks += 1
            self.pages.again(self)


class Pages:
    """All streams of this process."""

    def __init__(self, port):
        self.port, self.open, self.churning, self.tasks = port, [], None, set()
        self.turn = asyncio.Semaphore(AT_ONCE)

    def again(self, page):
        task = asyncio.ensure_future(self._connect(page))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _connect(self, page):
        async with self.turn:
            if page.wanted:
                await asyncio.get_running_loop().create_connection(lambda: page, "127.0.0.1", self.port)
                async with asyncio.timeout(20):
                    await page.is_open.wait()

    async def do_open(self, places):
        """Open a stream per ``[slug, cookie]`` and wait until each was greeted."""
        pages = [Page(self, slug, cookie) for slug, cookie in places]
        await asyncio.gather(*map(self._connect, pages))
        self.open += pages
        return {"open": len(self.open)}

    async def do_close(self):
        closing, self.open = self.open, []
        for page in closing:
            page.wanted = False
            page.transport.abort()
        await asyncio.sleep(0.3)
        return {"open": 0}

    async def do_heard(self):
        """What was heard since the last question: ``[n, nanoseconds of the machine's monotonic clock]``."""
        heard = [one for page in self.open for one in page.heard]
        for page in self.open:
            page.heard = []
        return {"heard": heard}

    async def do_churn(self, per_second):
        """From now on break so many connections each second, by chance."""

        async def churn():
            dice = random.Random(7)
            while True:
                await asyncio.sleep(1 / per_second)
                page = dice.choice(self.open)
                if page.is_open.is_set():
                    page.transport.abort()

        self.churning = asyncio.ensure_future(churn())
        return {}

    async def do_check(self, expected, seconds):
        """Stop breaking; wait until every page heard all of its business, and say what is missing or came twice."""
        self.churning.cancel()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            missing = sum(len(set(expected[page.slug]) - {n for n, _ in page.heard}) for page in self.open)
            if not missing:
                break
            await asyncio.sleep(0.2)
        return {
            "deliveries": sum(len(set(expected[page.slug])) for page in self.open),
            "missing": missing,
            "twice": sum(len(page.heard) - len({n for n, _ in page.heard}) for page in self.open),
            "breaks": sum(page.breaks for page in self.open),
            "resyncs": sum(page.resyncs for page in self.open),
        }


async def main(pages):
    """Obey one JSON command a line until there are no more."""
    lines = asyncio.StreamReader(limit=2**26)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        try:
            answer = await getattr(pages, f"do_{command.pop('do')}")(**command)
        except Exception as exc:
            answer = {"error": f"{type(exc).__name__}: {exc}"}
        print(json.dumps(answer), flush=True)


def run(kind):
    """Be a process of this kind of pages."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    async def begin():
        await main(kind(int(sys.argv[1])))

    asyncio.run(begin())


if __name__ == "__main__":
    run(Pages)
