"""Customers and agents in one bare process: ``-m tests.bench.whole_client PORT``; commands as ``stream_client``.

A customer's message is a signed delivery. An agent's browser hears the event on its stream, waits a moment as the
inbox's script does, and fetches the row of the list; the message is seen when that has come.
"""

import asyncio
import time

from tests.bench.load import read_requests
from tests.bench.stream_client import Pages, run

SCRIPT_PAUSE_SECONDS = 0.001
"""``contactcenter/inbox.js`` gathers what comes within this time."""
DELIVERIES = "/webhooks/whatsapp/"


class Line:
    """One HTTP connection that is kept, with one request at a time."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, request):
        """Send raw bytes; return the status once the whole answer has come."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)
        self.writer.write(request)
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        if b"transfer-encoding: chunked" in head:
            while size := int((await self.reader.readline()).strip(), 16):
                await self.reader.readexactly(size + 2)
            await self.reader.readline()
        else:
            await self.reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0))
        return int(head[9:12])

    def close(self):
        """End the connection."""
        if self.writer is not None:
            self.writer.close()


class Town(Pages):
    """The open pages of agents, and customers who write."""

    def __init__(self, port):
        super().__init__(port)
        self.loading = None

    async def do_load(self, path, per_second, connections):
        """From now on post the deliveries of a file at this pace, whatever comes back how late."""
        requests = iter(read_requests(path, DELIVERIES.encode()))
        free = asyncio.Queue()
        for _ in range(connections):
            free.put_nowait(Line(self.port))
        self.posted, self.refused, self.posting = 0, 0, set()

        async def post(request):
            line = await free.get()
            try:
                self.refused += await line.ask(request) != 200
                self.posted += 1
            finally:
                free.put_nowait(line)

        async def keep_on():
            began, n = time.monotonic(), 0
            for request in requests:
                wait = began + n / per_second - time.monotonic()
                n += 1
                if wait > 0:
                    await asyncio.sleep(wait)
                task = asyncio.ensure_future(post(request))
                self.posting.add(task)
                task.add_done_callback(self.posting.discard)

        self.loading = asyncio.ensure_future(keep_on())
        return {}

    async def do_unload(self):
        """End the load; how many were answered 200, and whether the file was long enough."""
        was_short = self.loading.done()
        self.loading.cancel()
        await asyncio.gather(*self.posting)
        return {"posted": self.posted - self.refused, "refused": self.refused, "was_short": was_short}

    async def do_probe(self, path, every, inboxes):
        """Post the deliveries of a file at this pace, each to the next open page's business, and follow each to its
        page. A page follows one after the other.

        ``inboxes``: the address of each page's inbox. Returns milliseconds from the first byte of the delivery
        until the event came, and until the row was there, and how many of them waited for their page.
        """
        lines = [(Line(self.port), Line(self.port), asyncio.Lock()) for _ in self.open]
        self.waited = 0
        began, running = time.monotonic(), []
        for n, request in enumerate(read_requests(path, DELIVERIES.encode())):
            await asyncio.sleep(max(0.0, began + n * every - time.monotonic()))
            place = n % len(self.open)
            running.append(
                asyncio.ensure_future(self._follow(self.open[place], inboxes[place], request, *lines[place]))
            )
        found = await asyncio.gather(*running)
        for line in (line for asking, browsing, _turn in lines for line in (asking, browsing)):
            line.close()
        return {"found": found, "waited": self.waited}

    async def _follow(self, page, inbox, request, asking, browsing, turn):
        self.waited += turn.locked()
        async with turn:
            come = asyncio.get_running_loop().create_future()
            page.on_message = lambda reference: come.done() or come.set_result(reference)
            began = time.perf_counter()
            answered = asyncio.ensure_future(asking.ask(request))
            async with asyncio.timeout(30):
                reference = await come
            heard = time.perf_counter()
            await asyncio.sleep(SCRIPT_PAUSE_SECONDS)
            status = await browsing.ask(
                f"GET {inbox}rows/?ref={reference} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Part: 1\r\n"
                f"Cookie: {page.cookie}\r\n\r\n".encode()
            )
            seen = time.perf_counter()
            if status != 200 or await answered != 200:
                raise RuntimeError(f"The row was answered with {status}, the delivery with {await answered}")
            return [round((at - began) * 1000, 3) for at in (heard, seen)]


if __name__ == "__main__":
    run(Town)
