"""Many dead letters handled again: each once, whoever is killed in between."""

import pytest
from django.db import connection

from config import faults
from providers import replays
from providers.models import DeadLetter, Incident, ReplayJob
from providers.webhooks import dispatch, ledger, subscribers
from providers.webhooks.events import InboundMessage
from tests.providers.hearing import delivery

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nobody_else_listens(monkeypatch):
    monkeypatch.setattr(subscribers, "_subscriptions", [])


@pytest.fixture
def heard():
    """What a healthy handler was given, text by text."""
    return []


@pytest.fixture
def letters(db, heard):
    """Five dead letters of two numbers and two kinds of error, and now a handler that takes all but "never"."""

    def broken(batch):
        raise ValueError("no") if batch[0].event.phone_number_id == "1" else KeyError("no")

    def healthy(batch):
        if any(one.event.text == "never" for one in batch):
            raise RuntimeError("still no")
        heard.extend(one.event.text for one in batch)

    subscribers.subscribe(InboundMessage, handler=broken)
    bodies = [
        delivery(text, number) for text, number in [("a", "1"), ("b", "1"), ("never", "1"), ("c", "2"), ("d", "2")]
    ]
    for shard in set(ledger.append(*bodies)):
        dispatch.digest_shard(shard)
    subscribers.unsubscribe(broken)
    subscribers.subscribe(InboundMessage, handler=healthy)
    return DeadLetter.objects.order_by("delivery_id")


def test_a_dead_letter_says_of_which_number_and_kind_it_is(letters):
    assert {(one.number, one.kind) for one in letters} == {("1", "ValueError"), ("2", "KeyError")}


def test_a_replay_of_all_leaves_only_what_fails_again(letters, heard):
    job = replays.ask("sam")

    assert not replays.run(job.pk)

    job.refresh_from_db()
    assert sorted(heard) == ["a", "b", "c", "d"]
    assert (job.total, job.went_through, job.failed_again) == (5, 4, 1)
    assert job.finished_at is not None
    [left] = DeadLetter.objects.filter(closed_at=None)
    assert (left.kind, left.attempts) == ("RuntimeError", 2)


@pytest.mark.parametrize(
    ("filters", "expected"), [({"number": "2"}, ["c", "d"]), ({"kind": "ValueError"}, ["a", "b"]), ({"kind": "x"}, [])]
)
def test_a_replay_by_filter_takes_only_what_the_filter_names(letters, heard, filters, expected):
    job = replays.ask("sam", **filters)
    if job is not None:
        replays.run(job.pk)

    assert sorted(heard) == expected
    assert (job is None) == (expected == [])


def test_a_replay_of_some_takes_only_those(letters, heard):
    job = replays.ask("sam", letters=letters.filter(number="2"))
    replays.run(job.pk)

    assert heard == ["c", "d"]


def test_letters_that_come_later_are_not_the_jobs_business(letters, heard):
    job = replays.ask("sam", number="2")
    last = letters.last()
    later = DeadLetter.objects.create(
        delivery_id=last.delivery_id + 10,
        received_at=last.received_at,
        body=delivery("later", "2"),
        error="",
        number="2",
    )
    replays.run(job.pk)

    later.refresh_from_db()
    assert later.closed_at is None
    assert "later" not in heard


def test_a_killed_worker_goes_on_where_it_was(letters, heard, monkeypatch):
    """The kill strikes after a letter was handled and before its commit: its work is undone, and done once."""
    job = replays.ask("sam", kind="KeyError")
    strikes = []

    def strike(name):
        strikes.append(name)
        if len(strikes) == 2:
            raise KeyboardInterrupt  # ends the process' turn wherever it is, as a kill does

    monkeypatch.setattr(replays, "fault_point", strike)
    with pytest.raises(KeyboardInterrupt):
        replays.run(job.pk)

    job.refresh_from_db()
    assert (job.went_through, job.finished_at) == (1, None)
    assert DeadLetter.objects.filter(closed_at=None, number="2").count() == 1
    monkeypatch.setattr(replays, "fault_point", faults.fault_point)

    assert replays.unfinished() == [job.pk]
    assert not replays.run(job.pk)
    job.refresh_from_db()
    assert (job.went_through, job.total) == (2, 2)
    assert heard == ["c", "d", "d"]  # the second "d" is the one that counts: the first was rolled back


def test_a_stopped_replay_handles_no_further_letter(letters, heard):
    job = replays.ask("sam")
    replays.run(job.pk, seconds=0)
    replays.stop(job)

    assert not replays.run(job.pk)

    job.refresh_from_db()
    assert job.was_stopped
    assert job.done == 1
    assert len(heard) == 1


def test_a_turn_that_is_over_says_that_more_is_left(letters):
    job = replays.ask("sam")

    assert replays.run(job.pk, seconds=0)
    assert ReplayJob.objects.get(pk=job.pk).done == 1


def test_of_two_workers_only_one_holds_a_job(letters, heard):
    from config.database import plain_connection

    job = replays.ask("sam")
    other = plain_connection("other-worker")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [replays.LOCK_ROOM, job.pk])
        assert not replays.run(job.pk)
        assert heard == []
    finally:
        other.close()


def test_a_database_in_trouble_is_not_blamed_on_the_letter(letters, monkeypatch):
    job = replays.ask("sam", number="2")

    def shut_down(batch):
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'down' USING ERRCODE = '57P01'; END $$")

    subscribers.subscribe(InboundMessage, handler=shut_down)
    with pytest.raises(Exception, match="down"):
        replays.run(job.pk)

    job.refresh_from_db()
    assert (job.done, job.finished_at) == (0, None)


def test_the_incident_ends_with_the_last_letter(letters):
    DeadLetter.objects.filter(number="1").delete()
    replays.run(replays.ask("sam").pk)

    assert Incident.objects.get(key=dispatch.DEAD_LETTERS).closed_at is not None


def test_asking_sends_a_hint(letters, hints_sent):
    job = replays.ask("sam")

    assert ("task", replays.TASK, (job.pk,)) in hints_sent
