"""The tasks that wake digestion."""

from datetime import timedelta

import pytest

from config.clock import now
from config.database import plain_connection
from config.models import Beat
from contactcenter import digest_tasks, tasks
from contacts.models import Contact
from providers.models import Incident
from providers.webhooks import dispatch, ledger, subscribers
from providers.webhooks.events import InboundMessage
from tests import builders
from tests.providers.hearing import delivery

SHARD = ledger.shard_of(delivery())


@pytest.fixture(autouse=True)
def _nobody_else_listens(monkeypatch):
    monkeypatch.setattr(subscribers, "_subscriptions", [])
    monkeypatch.setattr(digest_tasks, "_last", {})


@pytest.mark.parametrize("name", ["digest_deliveries", "sweep_deliveries", "prepare_ledger_partitions"])
def test_celery_finds_the_task_under_its_name(name):
    assert getattr(tasks, name).name == f"contactcenter.tasks.{name}"


def test_handlers_may_see_every_business(acme, globex):
    builders.contact(acme)
    builders.contact(globex)
    seen = []
    subscribers.subscribe(InboundMessage, handler=lambda batch: seen.append(Contact.objects.count()))
    ledger.append(delivery())

    assert digest_tasks.digest_deliveries(SHARD) == {"deliveries": 1, "events": 1, "dead": 0}
    assert seen == [2]


def test_a_turn_that_ends_early_asks_for_another(db, hints_sent, monkeypatch):
    monkeypatch.setattr(digest_tasks, "TURN_SECONDS", -1)
    ledger.append(delivery())

    assert digest_tasks.digest_deliveries(SHARD)["deliveries"] == 0
    assert hints_sent == [("task", digest_tasks.DIGEST, (SHARD,))]


def test_a_shard_that_another_worker_holds_is_left_to_it(db, hints_sent, monkeypatch):
    report = dispatch.DigestReport(more=True, busy=True)
    for name in ("digest_together", "digest_shard"):
        monkeypatch.setattr(dispatch, name, lambda *args, **kwargs: report)
    ledger.append(delivery())

    assert digest_tasks.digest_deliveries(SHARD)["deliveries"] == 0
    assert hints_sent == []


def test_the_sweep_wakes_only_shards_with_work(db, hints_sent):
    ledger.append(delivery())

    assert digest_tasks.sweep_deliveries() == {"shards": [SHARD]}
    assert ("task", digest_tasks.DIGEST, (SHARD,)) in hints_sent

    digest_tasks.digest_deliveries(SHARD)
    assert digest_tasks.sweep_deliveries() == {"shards": []}
    assert Beat.objects.filter(name="digest").exists()


def test_a_long_wait_is_an_incident_that_closes_by_itself(db, monkeypatch):
    ledger.append(delivery(), received_at=now() - timedelta(minutes=6))
    digest_tasks.sweep_deliveries()
    assert Incident.objects.get(key=digest_tasks.LAG).closed_at is None

    digest_tasks.digest_deliveries(SHARD)
    digest_tasks.sweep_deliveries()
    assert Incident.objects.get(key=digest_tasks.LAG).closed_at is not None


def test_a_day_without_partition_is_prepared_at_once(db, hints_sent):
    ledger.append(delivery(), received_at=now() + timedelta(days=100))

    digest_tasks.sweep_deliveries()
    digest_tasks.sweep_deliveries()

    assert hints_sent.count(("task", digest_tasks.PREPARE, ())) == 1


def test_one_hint_digests_what_waits_in_all_shards_in_one_batch(db):
    batches = []
    subscribers.subscribe(InboundMessage, handler=lambda batch: batches.append(len(batch)))
    shards = {shard for n in range(12) for shard in ledger.append(delivery(phone_number_id=f"2000000{n:05}"))}

    assert digest_tasks.digest_deliveries(min(shards)) == {"deliveries": 12, "events": 12, "dead": 0}
    assert batches == [12]
    assert len(shards) > 3 and not ledger.waiting()


def test_a_poisonous_delivery_among_several_shards_is_buried_alone(db):
    handled = []

    def handler(batch):
        if any(one.event.text == "poison" for one in batch):
            raise ValueError("no")
        handled.extend(one.event.text for one in batch)

    subscribers.subscribe(InboundMessage, handler=handler)
    for n in range(12):
        ledger.append(delivery("poison" if n == 5 else f"text {n}", phone_number_id=f"2000000{n:05}"))

    assert digest_tasks.digest_deliveries(SHARD)["dead"] == 1
    assert sorted(handled) == sorted(f"text {n}" for n in range(12) if n != 5)
    assert not ledger.waiting()


def test_while_one_worker_goes_round_others_join_only_a_backlog(db, monkeypatch):
    other = plain_connection("other")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [digest_tasks.ROUND_LOCK])
    try:
        ledger.append(delivery())
        assert digest_tasks.digest_deliveries(SHARD)["deliveries"] == 0

        monkeypatch.setattr(digest_tasks, "LATE", timedelta())
        assert digest_tasks.digest_deliveries(SHARD)["deliveries"] == 1
    finally:
        other.close()
