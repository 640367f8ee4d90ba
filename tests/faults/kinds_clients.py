"""Who takes up room at the door: open pages that never read, and connections that never say a word."""

import contextlib
import json
import resource
import socket
import time

import requests

from tests.faults.kinds import Broken, kind
from tests.faults.load import PEOPLE

STREAMS, READERS = 1000, 50
"""No one person may hold more than twenty streams."""
IDLE = 5000
PATIENCE_SECONDS, PATIENCE_TIMES = 5.0, 4
"""How long anybody else's delivery may take meanwhile: some seconds, or so many times what it took before."""
KIB_PER_STREAM, KIB_PER_CONNECTION = 200, 40
"""What the web process may grow by for each: what a stream waits to write is bounded, an idle one has a parser."""
SPARE_FILES = 500


@kind("clients.silent_streams", trials=1, quick=0, group=1)
def silent_streams(world, rng):
    """A thousand pages follow a business and read nothing after the first words, while much happens there."""
    place = rng.randrange(len(world.tenants))
    cookies = json.loads(world.inside("let_people_in", world.tenants[place].slug, READERS).splitlines()[-1])
    before = _open_streams(world)
    with _held(world, rng, KIB_PER_STREAM) as held:
        world.load.pause()  # what happens meanwhile would go to each page that is already there
        for start in range(0, STREAMS, READERS):
            for cookie in cookies:
                held.append(_stream(world, world.tenants[place].slug, cookie))
            for page in held[start:]:
                assert page.recv(64).startswith(b"HTTP/1.1 200"), "A stream was refused."
        world.until(lambda: _open_streams(world) >= before + STREAMS, 60, "a thousand streams")
        world.load.resume()
        for _ in range(20):
            people = [world.load.person(place, rng.randrange(PEOPLE), "direct") for _ in range(20)]
            world.load.deliver(place, [(person, world.load.now(), f"Nota {rng.random()}") for person in people])
    world.until(lambda: _open_streams(world) <= before, 60, "the streams to be forgotten")
    return 0


@kind("clients.idle_connections", trials=1, quick=0, group=1)
def idle_connections(world, rng):
    """Thousands connect and never say what they want."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    with _held(world, rng, KIB_PER_CONNECTION) as held:
        for _ in range(min(IDLE, allowed - SPARE_FILES)):
            held.append(socket.create_connection(("127.0.0.1", world.stack.web_port), timeout=20))
    return 0


@contextlib.contextmanager
def _held(world, rng, kib_each):
    """A list of sockets that are closed at the end; with them open, others are served and web's memory is bounded."""
    held, before, took = [], _memory(world), _slowest(world, rng)
    try:
        yield held
        takes = _slowest(world, rng)
        if takes > max(PATIENCE_SECONDS, PATIENCE_TIMES * took):
            raise Broken("others_wait", f"A delivery took {takes:.1f} s, and {took:.1f} s before.")
        grown = _memory(world) - before
        if grown > kib_each * len(held):
            raise Broken("memory_unbounded", f"{grown} KiB more for {len(held)} connections")
    finally:
        world.load.resume()
        for one in held:
            one.close()


def _stream(world, slug, cookie):
    """An open page with a small buffer of which it takes nothing out."""
    page = socket.socket()
    page.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    page.settimeout(60)
    page.connect(("127.0.0.1", world.stack.web_port))
    page.sendall(f"GET /live/{slug}/ HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\n\r\n".encode())
    return page


def _slowest(world, rng):
    """Seconds that the slowest of a few deliveries takes now."""
    place, slowest = rng.randrange(len(world.tenants)), 0.0
    for _ in range(20):
        began = time.monotonic()
        person = world.load.person(place, rng.randrange(PEOPLE), "direct")
        world.load.deliver(place, [(person, world.load.now(), f"Nota {rng.random()}")])
        slowest = max(slowest, time.monotonic() - began)
    return slowest


def _open_streams(world):
    return world.until(lambda: _open_streams_plus_one(world), 60, "/metrics") - 1


def _open_streams_plus_one(world):
    try:
        return world.stack.metric("umbral_streams_open") + 1
    except requests.RequestException:
        return None


def _memory(world):
    """KiB that the web process holds."""
    with open(f"/proc/{world.stack.pid('web')}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
