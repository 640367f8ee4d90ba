"""A bare HTTP/1.1 client for loads: ``python -m tests.bench.load PORT PATH CONNECTIONS SECONDS BODIES_FILE``.

Keeps so many connections busy for so long, each with one request at a time, and prints what came back as JSON:
answers by status, seconds, latencies in milliseconds. A body is never sent twice; when they run out it ends early.
"""

import asyncio
import json
import struct
import sys
import time
from collections import Counter
from pathlib import Path

import uvloop


def save_bodies(path, requests):
    """Write ``(body, signature)`` pairs to a file that ``main`` reads."""
    with open(path, "wb") as out:
        for body, signature in requests:
            out.write(struct.pack("!II", len(signature), len(body)) + signature.encode() + body)


def read_requests(path, target):
    """The raw requests of a file, ready to be written to a socket."""
    raw, place, found = Path(path).read_bytes(), 0, []
    while place < len(raw):
        signed, length = struct.unpack_from("!II", raw, place)
        place += 8
        signature, body = raw[place : place + signed], raw[place + signed : place + signed + length]
        place += signed + length
        found.append(
            b"POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"X-Hub-Signature-256: %s\r\nContent-Length: %d\r\n\r\n" % (target, signature, length) + body
        )
    return found


class Busy(asyncio.Protocol):
    """One connection that always has one request out."""

    def __init__(self, run):
        self.run = run
        self.buffer = b""

    def connection_made(self, transport):
        self.transport = transport
        self.run.open.add(self)
        self.next()

    def next(self):
        """Send the next request, or end."""
        request = self.run.take()
        if request is None:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data):
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if b"chunked" in head:
            end = rest.find(b"0\r\n\r\n")
            if end < 0:
                return
            self.buffer = rest[end + 5 :]
        else:
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            if len(rest) < length:
                return
            self.buffer = rest[length:]
        self.run.answered(head[9:12].decode(), time.perf_counter() - self.sent)
        self.next()

    def connection_lost(self, exc):
        self.run.open.discard(self)
        if not self.run.open:
            self.run.done.set_result(None)


class Run:
    """What all connections share."""

    def __init__(self, requests, seconds):
        self.requests = iter(requests)
        self.ends = time.perf_counter() + seconds
        self.statuses = Counter()
        self.latencies = []
        self.open = set()
        self.done = asyncio.get_running_loop().create_future()

    def take(self):
        """The next request while there is time."""
        return next(self.requests, None) if time.perf_counter() < self.ends else None

    def answered(self, status, seconds):
        """Count an answer."""
        self.statuses[status] += 1
        self.latencies.append(seconds)


async def main(port, target, connections, seconds, path):
    """Run the load and print what came back."""
    requests = read_requests(path, target.encode())
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    run = Run(requests, seconds)
    for _ in range(connections):
        await loop.create_connection(lambda: Busy(run), "127.0.0.1", port)
    await run.done
    ordered = sorted(run.latencies)
    print(
        json.dumps(
            {
                "statuses": run.statuses,
                "seconds": time.perf_counter() - began,
                "p50_ms": ordered[len(ordered) // 2] * 1000,
                "p99_ms": ordered[int(len(ordered) * 0.99)] * 1000,
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]))
