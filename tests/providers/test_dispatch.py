"""From the ledger to the apps, and what happens to a delivery that can't be handled."""

import contextlib
import threading

import pytest
from django.db import DatabaseError, connection, connections

from config.database import plain_connection
from providers import dead_letters
from providers.models import DeadLetter, Incident, UnknownEvent
from providers.webhooks import dispatch, ledger, subscribers
from providers.webhooks.events import InboundMessage, Message, StatusUpdate, Unknown
from tests.providers.hearing import delivery, envelope

SHARD = ledger.shard_of(delivery())


@pytest.fixture(autouse=True)
def _nobody_else_listens(monkeypatch):
    monkeypatch.setattr(subscribers, "_subscriptions", [])


@pytest.fixture
def heard():
    """The batches that a handler of messages got."""
    batches = []
    subscribers.subscribe(InboundMessage, handler=batches.append)
    return batches


def texts(batches):
    return [one.event.text for batch in batches for one in batch]


NO = ValueError("no")


def fails_on(*poison, error=NO):
    """A handler that writes a row per message, which its transaction keeps or not, and fails on some texts."""

    def handler(batch):
        for one in batch:
            if one.event.text in poison:
                raise error
            Incident.objects.create(key=one.event.text, title="handled")

    subscribers.subscribe(InboundMessage, handler=handler)
    return lambda: set(Incident.objects.filter(title="handled").values_list("key", flat=True))


def test_a_handler_gets_a_whole_batch_in_one_call(db, heard):
    ledger.append(delivery("one"), delivery("two"), delivery("three"))

    report = dispatch.digest_shard(SHARD)

    assert texts(heard) == ["one", "two", "three"]
    assert len(heard) == 1
    assert (report.deliveries, report.events, report.dead, report.more) == (3, 3, 0, False)


def test_what_was_digested_does_not_come_again(db, heard):
    ledger.append(delivery("one"))
    dispatch.digest_shard(SHARD)
    ledger.append(delivery("two"))
    dispatch.digest_shard(SHARD)

    assert texts(heard) == ["one", "two"]


def test_more_than_a_batch_is_read_until_the_shard_is_empty(db, heard):
    ledger.append(*[delivery(str(n)) for n in range(7)])

    dispatch.digest_shard(SHARD, limit=3)

    assert [len(batch) for batch in heard] == [3, 3, 1]


def test_handlers_are_called_in_their_order_with_their_classes(db):
    calls = []
    subscribers.subscribe(Message, handler=lambda batch: calls.append("any message"), order=60)
    subscribers.subscribe(InboundMessage, handler=lambda batch: calls.append("inbound"), order=40)
    subscribers.subscribe(StatusUpdate, handler=lambda batch: calls.append("status"), order=10)
    ledger.append(delivery())

    dispatch.digest_shard(SHARD)

    assert calls == ["inbound", "any message"]


def test_the_moment_of_arrival_comes_along(db, heard):
    ledger.append(delivery())
    [row] = ledger.read_next([SHARD])[SHARD]

    dispatch.digest_shard(SHARD)

    [[one]] = heard
    assert (one.received_at, one.delivery_id) == (row.received_at, row.id)


def test_everything_runs_inside_the_scope_of_the_caller(db, heard):
    open_scopes = []

    @contextlib.contextmanager
    def scope():
        open_scopes.append("open")
        yield
        assert ledger.position_of(SHARD) > 0, "the cursor must move inside the scope"
        open_scopes.append("closed")

    subscribers.subscribe(InboundMessage, handler=lambda batch: open_scopes.append("handled"))
    ledger.append(delivery())
    dispatch.digest_shard(SHARD, scope=scope)

    assert open_scopes[:3] == ["open", "handled", "closed"]


def test_unknown_pieces_are_kept_and_their_siblings_handled(db, heard):
    unheard_of = {"field": "something_new", "value": {"a": "\u0000 \ud800 ü"}}
    known = {"field": "messages", "value": {}}
    ledger.append(b"not json", envelope(unheard_of, known), delivery("healthy"))

    for shard in range(ledger.SHARDS):
        dispatch.digest_shard(shard)

    assert texts(heard) == ["healthy"]
    kinds = set(UnknownEvent.objects.values_list("kind", "field"))
    assert {("unreadable", ""), ("unknown_field", "something_new")} <= kinds


def test_events_without_a_subscriber_are_kept_for_staff(db):
    ledger.append(delivery("Hello"))

    dispatch.digest_shard(SHARD)

    kept = UnknownEvent.objects.get()
    assert (kept.kind, kept.field) == ("recognised_but_unused", "InboundMessage")
    assert "Hello" in kept.raw


@pytest.mark.parametrize("count", [1, 2, 7, 16])
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_poisonous_delivery_is_buried_alone_and_the_rest_goes_through(db, count, where):
    poison = {"first": 0, "middle": count // 2, "last": count - 1}[where]
    handled = fails_on(str(poison))
    ledger.append(*[delivery(str(n)) for n in range(count)])

    report = dispatch.digest_shard(SHARD)

    assert handled() == {str(n) for n in range(count)} - {str(poison)}
    assert (report.deliveries, report.dead) == (count, 1)
    [letter] = DeadLetter.objects.all()
    assert f'"body": "{poison}"'.encode() in bytes(letter.body)
    assert "ValueError: no" in letter.error
    assert not ledger.has_waiting(SHARD)


def test_the_search_for_a_poisonous_delivery_takes_few_tries(db):
    tries = []

    def handler(batch):
        tries.append(len(batch))
        if any(one.event.text == "63" for one in batch):
            raise NO

    subscribers.subscribe(InboundMessage, handler=handler)
    ledger.append(*[delivery(str(n)) for n in range(64)])

    dispatch.digest_shard(SHARD)

    assert len(tries) <= 16


def test_several_poisonous_deliveries_are_each_buried(db):
    handled = fails_on("2", "3", "11")
    ledger.append(*[delivery(str(n)) for n in range(12)])

    report = dispatch.digest_shard(SHARD)

    assert handled() == {str(n) for n in range(12)} - {"2", "3", "11"}
    assert report.dead == DeadLetter.objects.count() == 3


def test_the_siblings_inside_a_poisonous_delivery_arrive(db):
    handled = fails_on("bad")
    messages = [
        {"from": "57300", "id": f"wamid.{n}", "timestamp": "1790000000", "type": "text", "text": {"body": body}}
        for n, body in enumerate(["a", "b", "bad", "c"])
    ]
    ledger.append(delivery(messages=messages))

    dispatch.digest_shard(SHARD)

    assert handled() == {"a", "b", "c"}
    assert "Event 0.0.2" in DeadLetter.objects.get().error


def test_an_error_that_postgresql_reports_is_buried_too(db):
    def handler(batch):
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    subscribers.subscribe(InboundMessage, handler=handler)
    ledger.append(delivery())

    assert dispatch.digest_shard(SHARD).dead == 1
    assert "division by zero" in DeadLetter.objects.get().error


def test_a_dead_letter_opens_an_incident(db):
    fails_on("0")
    ledger.append(delivery("0"))

    dispatch.digest_shard(SHARD)

    assert Incident.objects.get(key=dispatch.DEAD_LETTERS).closed_at is None


class DatabaseSays(DatabaseError):
    pgcode = None

    def __init__(self, pgcode):
        super().__init__("from PostgreSQL")
        self.pgcode = pgcode


@pytest.mark.parametrize("code", ["40P01", "40001"])
def test_a_deadlock_is_tried_again(db, code):
    tries = []

    def handler(batch):
        tries.append(len(batch))
        if len(tries) < 3:
            raise DatabaseSays(code)

    subscribers.subscribe(InboundMessage, handler=handler)
    ledger.append(delivery(), delivery())

    assert dispatch.digest_shard(SHARD).dead == 0
    assert tries == [2, 2, 2]


@pytest.mark.parametrize("code", ["53100", "57P01", "08006", "55P03"])
def test_trouble_of_the_database_buries_nothing(db, code):
    def handler(batch):
        raise DatabaseSays(code)

    subscribers.subscribe(InboundMessage, handler=handler)
    ledger.append(delivery())

    with pytest.raises(DatabaseSays):
        dispatch.digest_shard(SHARD)
    assert ledger.has_waiting(SHARD)
    assert DeadLetter.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time_holds_a_shard(heard):
    holder = plain_connection("holder")
    holder.cursor().execute("SELECT pg_advisory_lock(%s, %s)", [ledger.READERS_LOCK, SHARD])
    ledger.append(delivery())

    busy = dispatch.digest_shard(SHARD)
    holder.cursor().execute("SELECT pg_advisory_unlock(%s, %s)", [ledger.READERS_LOCK, SHARD])
    holder.close()

    assert (busy.busy, busy.more, heard) == (True, True, [])
    assert dispatch.digest_shard(SHARD).deliveries == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_handle_each_delivery_once(heard):
    ledger.append(*[delivery(str(n)) for n in range(60)])

    def work():
        for _ in range(100):
            if not dispatch.digest_shard(SHARD, limit=5).more:
                break
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(texts(heard), key=int) == [str(n) for n in range(60)]


@pytest.mark.django_db(transaction=True)
def test_a_failed_batch_leaves_nothing_behind_and_comes_again():
    """What a worker wrote before it died is gone, and the cursor stands where it stood."""
    handled = fails_on("1", error=KeyboardInterrupt())
    ledger.append(delivery("0"), delivery("1"))

    with pytest.raises(KeyboardInterrupt):
        dispatch.digest_shard(SHARD)

    assert handled() == set()
    assert ledger.position_of(SHARD) == 0


def test_a_dead_letter_that_is_replayed_goes_through_and_closes(db):
    fails_on("0")
    ledger.append(delivery("0"))
    dispatch.digest_shard(SHARD)
    letter = DeadLetter.objects.get()
    subscribers._subscriptions.clear()
    handled = fails_on()

    assert dead_letters.replay(letter)

    letter.refresh_from_db()
    assert handled() == {"0"}
    assert letter.closed_at is not None
    assert Incident.objects.get(key=dispatch.DEAD_LETTERS).closed_at is not None


def test_a_dead_letter_that_fails_again_stays_open(db):
    fails_on("0")
    ledger.append(delivery("0"), delivery("1"))
    dispatch.digest_shard(SHARD)

    assert dead_letters.replay_many(DeadLetter.objects.all()) == (0, 1)

    letter = DeadLetter.objects.get()
    assert (letter.attempts, letter.closed_at) == (2, None)


def test_an_unknown_event_is_kept_once_however_often_it_is_handled(db):
    ledger.append(b"not json")
    shard = ledger.shard_of(b"not json")
    [row] = ledger.read_next([shard])[shard]

    subscribers.handle(subscribers.read_delivery(row))
    subscribers.handle(subscribers.read_delivery(row))

    assert UnknownEvent.objects.count() == 1


def test_a_subscriber_of_unknown_events_takes_them_from_staff(db):
    taken = []
    subscribers.subscribe(Unknown, handler=taken.extend)
    ledger.append(b"not json")

    dispatch.digest_shard(ledger.shard_of(b"not json"))

    assert len(taken) == 1
    assert UnknownEvent.objects.count() == 0


def test_plans_that_the_server_forgot_bury_no_delivery(transactional_db, heard):
    ledger.append(delivery("before"))
    dispatch.digest_shard(SHARD)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    ledger.append(delivery("after"))

    report = dispatch.digest_shard(SHARD)

    assert (report.deliveries, report.dead) == (1, 0)
    assert texts(heard) == ["before", "after"]
