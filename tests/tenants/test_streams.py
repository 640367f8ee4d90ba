"""The event streams: who may listen, that nothing is missed, and that nobody listens too long or too slowly."""

import asyncio
import json
import threading
import time

import pytest
import redis
from django.conf import settings as live_settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.test import Client

from tenants import live, stream_reader, streams
from tenants.models import LiveEvent, Membership
from tenants.tenancy import business_scope
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cookie():
    """Log somebody in and give their cookie header."""

    def of(person):
        client = Client()
        client.force_login(person)
        return f"{live_settings.SESSION_COOKIE_NAME}={client.cookies[live_settings.SESSION_COOKIE_NAME].value}"

    return of


class Page:
    """An open page: what it was sent so far, and a way to wait for more."""

    def __init__(self, door, path, cookie="", headers=(), query="", reads=True):
        self.status, self.text, self.ended, self.reads = None, "", False, reads
        self.more, self.left = asyncio.Event(), asyncio.Event()
        self.blocked = asyncio.Event()
        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"cookie", cookie.encode()), *headers],
        }
        self.task = asyncio.ensure_future(door(scope, self.receive, self.send))

    async def receive(self):
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.text += message.get("body", b"").decode()
            self.ended = not message.get("more_body", False)
        self.more.set()
        if not self.reads and "hello" in self.text:
            self.blocked.set()
            await asyncio.sleep(3600)

    async def until(self, condition, seconds=5):
        async with asyncio.timeout(seconds):
            while not condition(self):
                self.more.clear()
                await self.more.wait()
        return self

    async def first(self):
        """Wait until the answer has begun."""
        return await self.until(lambda page: page.status and ("hello" in page.text or page.ended))

    async def leave(self):
        self.left.set()
        await asyncio.wait_for(self.task, 5)

    @property
    def events(self):
        found = []
        for block in self.text.split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
            if "event" in fields:
                found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
        return found


def run(story):
    """Run an async story with an open door; database work of the test happens in a thread."""

    async def with_door():
        door = streams.StreamDoor()
        await door.start()
        try:
            async with asyncio.timeout(30):
                return await story(door)
        finally:
            await door.stop()

    return asyncio.run(with_door())


def emit(business, *names, ring=False):
    for name in names:
        with business_scope(business):
            live.emit(name, about=1)
    if ring:
        redis.Redis.from_url(live_settings.REDIS_URL).publish(live.CHANNEL, str(business.pk))


def path(business):
    return f"/live/{business.slug}/"


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(stream_reader, "RIGHTS_SECONDS", 0.2)


def in_thread(function, *args, **kwargs):
    from django.db import connection

    def work():
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return asyncio.to_thread(work)


def test_a_member_hears_what_happens_in_the_business(acme, ana, cookie, quick):
    ours = cookie(ana)

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        await in_thread(emit, acme, "message.new")
        await page.until(lambda page: len(page.events) == 2)
        await page.leave()
        return page.events

    assert run(story) == [("hello", "0", {"number": 0}), ("message.new", "1", {"about": 1})]


def test_the_neighbours_events_are_not_heard(acme, globex, ana, cookie, quick):
    ours, theirs = cookie(ana), cookie(builders.member(globex, "gus"))

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        other = await Page(door, path(globex), theirs).first()
        await in_thread(emit, globex, "secret")
        await other.until(lambda page: len(page.events) == 2)
        await in_thread(emit, acme, "ours")
        await page.until(lambda page: len(page.events) == 2)
        return [name for name, _id, _data in page.events], [name for name, _id, _data in other.events]

    assert run(story) == (["hello", "ours"], ["hello", "secret"])


def status_of(path, cookie="", **more):
    async def story(door):
        return (await Page(door, path, cookie, **more).until(lambda page: page.status)).status

    return run(story)


def test_a_stranger_is_refused(acme):
    assert status_of(path(acme)) == 403
    assert status_of(path(acme), f"{live_settings.SESSION_COOKIE_NAME}=madeup") == 403


def test_the_neighbour_finds_nothing(acme, ana, globex, cookie):
    theirs = cookie(builders.member(globex, "gus"))

    assert status_of(path(acme), theirs) == 404
    assert status_of("/live/nobody/", theirs) == 404
    assert status_of(path(globex), theirs) == 200


def test_a_session_from_before_a_new_password_is_refused(acme, ana, cookie):
    ours = cookie(ana)
    ana.set_password("another-long-password")
    ana.save()

    assert status_of(path(acme), ours) == 403


def test_somebody_who_was_switched_off_is_refused(acme, ana, cookie):
    ours = cookie(ana)
    ana.is_active = False
    ana.save()

    assert status_of(path(acme), ours) == 403


@pytest.mark.parametrize("how", ["header", "query"])
def test_after_a_break_the_missed_events_come(acme, ana, cookie, how):
    ours = cookie(ana)
    emit(acme, "one", "two", "three")
    resume = {"headers": [(b"last-event-id", b"1")]} if how == "header" else {"query": "last=1"}

    async def story(door):
        page = await Page(door, path(acme), ours, **resume).until(lambda page: len(page.events) == 3)
        return page.events

    assert run(story) == [
        ("hello", "1", {"number": 3}),
        ("two", "2", {"about": 1}),
        ("three", "3", {"about": 1}),
    ]


@pytest.mark.parametrize("last", ["1", "999", "-1", "x", ""])
def test_a_gap_that_is_no_longer_kept_asks_for_everything_anew(acme, ana, cookie, last):
    ours = cookie(ana)
    emit(acme, "one", "two", "three")
    with business_scope(acme):
        LiveEvent.objects.filter(number=2).delete()

    async def story(door):
        page = await Page(door, path(acme), ours, query=f"last={last}").first()
        return [name for name, _id, _data in page.events], page.events[-1][1]

    understood = last.isdigit()
    assert run(story) == ((["hello", "resync"] if understood else ["hello"]), "3")


def test_no_event_is_missed_or_repeated_while_pages_come_and_go(acme, ana, cookie, quick):
    """Events keep coming while a page opens, breaks off and resumes: it sees each number once and in order."""
    ours = cookie(ana)
    total = 120

    def busy():
        from django.db import connection

        for _ in range(total):
            emit(acme, "tick", ring=True)
        connection.close()

    async def story(door):
        seen, last = [], "0"
        writer = threading.Thread(target=busy)
        writer.start()
        while len(seen) < total:
            page = Page(door, path(acme), ours, headers=[(b"last-event-id", last.encode())])
            await page.until(lambda page: len(page.events) > 1, 10)
            await asyncio.sleep(0.02)
            await page.leave()
            seen += [int(id) for name, id, _data in page.events if name == "tick"]
            last = str(seen[-1])
        await asyncio.to_thread(writer.join)
        return seen

    assert run(story) == list(range(1, total + 1))


def test_redis_rings_so_that_nobody_waits_for_the_next_look(acme, ana, cookie, monkeypatch):
    monkeypatch.setattr(stream_reader, "POLL_SECONDS", 10)
    ours = cookie(ana)

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await in_thread(emit, acme, "now", ring=True)
        await page.until(lambda page: len(page.events) == 2)
        return time.monotonic() - began

    assert run(story) < 2


def test_without_redis_events_still_come(acme, ana, cookie, settings, quick):
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    ours = cookie(ana)

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        await in_thread(emit, acme, "still")
        await page.until(lambda page: len(page.events) == 2)
        return [name for name, _id, _data in page.events]

    assert run(story) == ["hello", "still"]


def _leave_business(acme, ana):
    Membership.objects.filter(user=ana, business=acme).delete()


def _log_out(acme, ana):
    Session.objects.all().delete()


def _switch_off(acme, ana):
    type(ana).objects.filter(pk=ana.pk).update(is_active=False)


def _new_password(acme, ana):
    ana.set_password("another-long-password")
    ana.save()


@pytest.mark.parametrize("lose", [_leave_business, _log_out, _switch_off, _new_password])
def test_a_stream_ends_when_the_right_to_it_is_lost(acme, ana, olga, cookie, quick, lose):
    ours = cookie(ana)

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        await asyncio.sleep(0.5)
        assert not page.ended
        await in_thread(lose, acme, ana)
        await page.until(lambda page: page.ended)
        return door.closed

    assert run(story) == {"rights": 1}


def test_a_stream_ends_with_its_session(acme, ana, cookie):
    ours = cookie(ana)
    session = SessionStore(ours.partition("=")[2])
    session.set_expiry(1)
    session.save()

    async def story(door):
        page = await Page(door, path(acme), ours).until(lambda page: page.ended)
        return page.status, door.closed

    assert run(story) == (200, {"session": 1})


def test_rights_are_looked_at_often_enough():
    assert stream_reader.RIGHTS_SECONDS + stream_reader.POLL_SECONDS <= 5


def test_a_page_that_falls_behind_is_told_to_start_over(acme, ana, cookie, monkeypatch):
    monkeypatch.setattr(stream_reader, "MAX_WAITING", 3)
    ours = cookie(ana)

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        [listener] = door.reader.everyone()
        for number in range(1, 11):
            listener.tell(number, stream_reader.encode("tick", "{}", number))
        await page.until(lambda page: page.ended)
        return page.events[1:], door.closed

    assert run(story) == ([("resync", "4", {"number": 4})], {"slow": 1})


def test_a_page_that_takes_nothing_is_cut_off(acme, ana, cookie, quick, monkeypatch):
    monkeypatch.setattr(streams, "SEND_SECONDS", 0.2)
    ours = cookie(ana)

    async def story(door):
        page = Page(door, path(acme), ours, reads=False)
        await asyncio.wait_for(page.blocked.wait(), 5)
        await asyncio.wait_for(page.task, 5)
        return door.closed, door.open_streams

    assert run(story) == ({"stuck": 1}, 0)


def test_a_person_may_open_only_so_many_streams(acme, ana, olga, cookie, monkeypatch):
    monkeypatch.setattr(streams, "STREAMS_PER_PERSON", 2)
    anas, olgas = cookie(ana), cookie(olga)

    async def story(door):
        pages = [await Page(door, path(acme), anas).first() for _ in range(2)]
        refused = await Page(door, path(acme), anas).until(lambda page: page.status)
        other = await Page(door, path(acme), olgas).first()
        await pages[0].leave()
        again = await Page(door, path(acme), anas).first()
        return refused.status, other.status, again.status

    assert run(story) == (429, 200, 200)


def test_a_quiet_stream_says_that_it_is_still_there(acme, ana, cookie, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.1)
    ours = cookie(ana)

    async def story(door):
        return (await Page(door, path(acme), ours).until(lambda page: ": still here" in page.text)).status

    assert run(story) == 200


def test_when_the_program_ends_streams_end_first(acme, ana, cookie):
    ours = cookie(ana)

    async def story(door):
        page = await Page(door, path(acme), ours).first()
        door.reader.close_all()
        await page.until(lambda page: page.ended)
        return door.closed

    assert run(story) == {"shutdown": 1}


def test_a_page_asks_for_the_present_number(acme):
    emit(acme, "one", "two")

    with business_scope(acme):
        assert live.current_number() == 2
