"""The other end of the sending figures: accepts every message after a fixed time and remembers it.

``python -m tests.bench.say_provider SECONDS`` prints its port. It speaks just enough HTTP/1.1 to never be what the
figure measures: one protocol object per connection, no framework. ``GET /told`` answers with everything heard since the
last ``/told`` as JSON: ``[[monotonic seconds of the first byte, reference], …]``.
"""

import asyncio
import itertools
import json
import re
import sys
import time

REFERENCE = re.compile(rb'"biz_opaque_callback_data": ?"([^"]*)"')
LENGTH = re.compile(rb"\r\ncontent-length: ?(\d+)", re.IGNORECASE)

heard = []
ids = itertools.count(1)


class Conversation(asyncio.Protocol):
    """One connection; requests on it come one after the other."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.buffer = b""
        self.began = 0.0

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        if not self.buffer:
            self.began = time.monotonic()
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = LENGTH.search(self.buffer, 0, end)
        whole = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) < whole:
            return
        request, self.buffer = self.buffer[:whole], self.buffer[whole:]
        if request.startswith(b"GET /told"):
            told = json.dumps(heard).encode()
            heard.clear()
            self.answer(told)
            return
        reference = REFERENCE.search(request, end)
        heard.append((self.began, reference[1].decode() if reference else ""))
        asyncio.get_running_loop().call_later(self.seconds, self.accept)

    def accept(self):
        self.answer(
            b'{"messaging_product":"whatsapp","contacts":[{"input":"+573001112233","wa_id":"573001112233"}],'
            b'"messages":[{"id":"wamid.bench%012dHBgLNTczMDAwMDAwMDAVAgASGBQz"}]}' % next(ids)
        )

    def answer(self, body):
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
            )


async def main(seconds):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Conversation(seconds), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(float(sys.argv[1])))
