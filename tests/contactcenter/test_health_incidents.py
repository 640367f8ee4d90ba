"""Incidents of the installation as a whole open when something is stuck and close when it moves again."""

import asyncio
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import Mock
from uuid import uuid4

import pytest
import redis
from django.db import OperationalError, connection

from config import heartbeat, readiness
from config.clock import now
from config.models import Beat
from contactcenter.health import watch
from contactcenter.models import OutboxItem
from contactcenter.sender import process, settling
from contactcenter.sender.options import from_environment
from contactcenter.sender.store import connection_parameters
from providers.models import Incident
from tenants.tenancy import business_scope, every_business
from tests.contactcenter.ailing import letter, unknown_send
from tests.contactcenter.sending import queue, thread


@pytest.fixture
def conversation(acme):
    return thread(acme)


def open_keys():
    return set(Incident.objects.filter(closed_at=None).values_list("key", flat=True))


def look():
    with every_business():
        watch.look()
    return open_keys()


def test_incidents_open_when_something_is_stuck_and_close_when_it_moves(all_at_work, conversation):
    assert look() == set()

    Beat.objects.filter(name="sender").update(seen_at=datetime.now(UTC) - timedelta(minutes=2))
    unknown_send(conversation, minutes_ago=20)
    queue(conversation, "Hello", created_at=now() - timedelta(minutes=9))
    assert look() == {watch.SENDER, watch.UNKNOWN, watch.REPLIES}

    heartbeat.seen("sender")
    with business_scope(conversation.business):
        OutboxItem.objects.all().delete()
    assert look() == set()


def test_a_reply_that_may_not_leave_yet_alarms_nobody(all_at_work, conversation):
    queue(conversation, "Hello", created_at=now() - timedelta(hours=1), not_before=now() + timedelta(minutes=5))

    assert look() == set()


@pytest.fixture
def installation(all_at_work, monkeypatch):
    """Redis is there and its queues are empty; a test says otherwise with ``monkeypatch``."""
    monkeypatch.setattr(readiness, "_redis", lambda: "")
    monkeypatch.setattr(watch, "_tasks_waiting", lambda: 0)


def gone(*names):
    Beat.objects.filter(name__in=names).update(seen_at=datetime.now(UTC) - timedelta(minutes=2))


def test_the_sender_says_that_workers_are_gone_and_that_they_came_back(installation, monkeypatch):
    watch.look_at_workers()
    assert open_keys() == set()

    gone("worker", "beat")  # beat is seen through a worker
    monkeypatch.setattr(watch, "_tasks_waiting", lambda: 300)
    watch.look_at_workers()
    watch.look_at_workers()
    assert open_keys() == {watch.WORKER}
    [incident] = Incident.objects.all()
    assert "300 tasks wait" in incident.details
    assert "worker was last seen 1" in incident.details
    assert incident.count == 2

    heartbeat.seen("worker"), heartbeat.seen("beat")
    watch.look_at_workers()
    assert open_keys() == set()


def test_with_workers_that_find_nothing_to_do_it_is_beat_that_is_gone(installation):
    gone("worker", "beat")

    watch.look_at_workers()

    assert open_keys() == {watch.BEAT}


def test_while_redis_is_away_it_alone_is_named(installation, monkeypatch):
    gone("worker", "beat")
    watch.look_at_workers()
    monkeypatch.setattr(readiness, "_redis", lambda: "Redis doesn't answer: ConnectionError.")

    watch.look_at_workers()

    assert open_keys() == {watch.REDIS}


def test_a_worker_that_looks_closes_what_the_sender_opened_before_it_died(installation, monkeypatch):
    gone("worker", "beat")
    watch.look_at_workers()
    monkeypatch.setattr(readiness, "_redis", lambda: "away")
    watch.look_at_workers()
    gone("sender")

    assert look() == {watch.SENDER}


def test_without_a_database_the_sender_goes_on(installation, monkeypatch):
    def refuse():
        raise OperationalError("the database is away")

    monkeypatch.setattr(readiness, "processes", refuse)

    assert watch.look_at_workers() == {}


def test_tasks_wait_in_every_queue(settings):
    settings.CELERY_TASK_DEFAULT_QUEUE = f"test-{uuid4()}"
    settings.CELERY_TASK_ROUTES = {"a": {"queue": f"test-{uuid4()}"}}
    queues = (settings.CELERY_TASK_DEFAULT_QUEUE, settings.CELERY_TASK_ROUTES["a"]["queue"])
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for name in queues:
            client.rpush(name, "1", "2")
        try:
            assert watch._tasks_waiting() == 4
        finally:
            client.delete(*queues)


def test_the_sender_looks_every_ten_seconds_and_never_twice_at_once(monkeypatch):
    looks = []

    class Results:
        def later(self, function):
            looks.append((function, Future()))
            return looks[-1][1]

        async def beat(self, _lanes):
            if len(looks) == 1 and beats.pop() == 0:
                looks[0][1].set_result(None)

    class Board:
        def lanes_to_note(self, _at, _seconds):
            return ()

        forget_paid = Mock()

    beats = [*range(20)]
    for name, seconds in (("BEAT_SECONDS", 0.001), ("FIRST_LOOK_SECONDS", 0.05), ("LOOK_SECONDS", 0.002)):
        monkeypatch.setattr(process, name, seconds)

    async def run():
        beating = asyncio.create_task(process.Sender._beat(SimpleNamespace(results=Results(), board=Board())))
        await asyncio.sleep(0.03)
        early = len(looks)
        while len(looks) < 2:
            await asyncio.sleep(0.001)
        beating.cancel()
        return early

    assert asyncio.run(asyncio.wait_for(run(), 10)) == 0
    assert [function for function, _done in looks] == [watch.look_at_workers] * 2
    assert beats == []


@pytest.mark.django_db(transaction=True)
def test_the_thread_of_the_sender_writes_the_incident(installation):
    gone("worker", "beat")
    results = settling.Results("me", from_environment(), connection_parameters())
    try:
        results.later(watch.look_at_workers).result(timeout=20)
    finally:
        results.later(connection.close).result(timeout=20)
        results.close()

    assert open_keys() == {watch.BEAT}


def test_an_incident_about_dead_letters_that_are_gone_closes(all_at_work):
    from providers.incidents import open_incident
    from providers.webhooks.dispatch import DEAD_LETTERS

    one = letter()
    open_incident(DEAD_LETTERS, "Something a provider told us could not be handled")
    assert look() == {DEAD_LETTERS}
    one.delete()
    assert look() == set()
