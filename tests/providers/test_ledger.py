"""The ledger: insert-only, in order for its readers, a partition per day."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from config.clock import now
from config.database import as_owner, plain_connection
from providers.models import Incident
from providers.webhooks import ledger
from tests.providers.hearing import delivery

RAW = delivery()
SHARD = ledger.shard_of(RAW)


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = 'providers_delivery'::regclass ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def partition_of_only_row():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM providers_delivery")
        [[name]] = cursor.fetchall()
        return name


def read_of(shard, **limits):
    return ledger.read_next([shard], **limits)[shard]


def read(**limits):
    return read_of(SHARD, **limits)


def test_deliveries_of_one_number_share_a_shard_and_numbers_spread():
    shards = {ledger.shard_of(delivery(phone_number_id=f"20000000{n:04}")) for n in range(200)}

    assert ledger.shard_of(delivery("one")) == ledger.shard_of(delivery("another"))
    assert shards == set(range(ledger.SHARDS))


def test_a_reader_gets_what_lies_beyond_its_position_in_order(db):
    ledger.append(RAW, RAW, RAW)

    first, second, third = read()
    ledger.advance({SHARD: first.id})

    assert first.id < second.id < third.id
    assert read() == [second, third]
    assert read(limit=1) == [second]
    assert second.body == RAW


def test_a_batch_is_bounded_in_bytes_but_a_huge_delivery_still_comes(db):
    ledger.append(RAW, RAW, RAW)

    assert len(read(max_bytes=1)) == 1
    assert len(read(max_bytes=len(RAW) + 1)) == 2


def test_several_shards_are_read_at_once_each_beyond_its_own_cursor_and_to_its_own_limit(db):
    one, other = delivery(phone_number_id="200000000001"), delivery(phone_number_id="200000000002")
    here, there = ledger.shard_of(one), ledger.shard_of(other)
    assert here != there
    ledger.append(one, other, one, other, one)
    ledger.advance({here: read_of(here)[0].id, there: 0})

    found = ledger.read_next([here, there, 7], limit=1)

    assert [[row.body for row in found[shard]] for shard in (here, there)] == [[one], [other]]
    assert found[here][0].id > read_of(there)[0].id
    assert found[7] == []


def test_the_cursor_never_moves_back(db):
    ledger.advance({3: 50, 5: 7})
    ledger.advance({3: 20, 5: 8})

    assert (ledger.position_of(3), ledger.position_of(5)) == (50, 8)


@pytest.mark.parametrize("statement", ["UPDATE providers_delivery SET shard = 0", "DELETE FROM providers_delivery"])
def test_the_ledger_is_insert_only(db, statement):
    ledger.append(RAW)

    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_days_own_partition_is_insert_only_too(db):
    ledger.prepare_partitions()
    ledger.append(RAW)

    with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {partition_of_only_row()}")


@pytest.mark.django_db(transaction=True)
def test_a_reader_skips_nothing_that_commits_late():
    """A writer that stalls between drawing its number and its commit holds the next one back, so no number that is
    smaller than a visible one can still appear."""
    slow, fast = plain_connection("slow"), plain_connection("fast")
    slow.autocommit = False
    slow.cursor().execute(ledger.INSERT, ledger.insert_parameters([(now(), RAW)])[0])
    other = threading.Thread(
        target=lambda: fast.cursor().execute(ledger.INSERT, ledger.insert_parameters([(now(), RAW)])[0])
    )
    other.start()
    other.join(0.3)
    seen_while_open = read()
    ledger.advance({SHARD: max([row.id for row in seen_while_open], default=0)})

    slow.commit()
    other.join(5)

    assert len(seen_while_open) + len(read()) == 2
    slow.close(), fast.close()


@pytest.mark.django_db(transaction=True)
def test_with_many_writers_a_reader_in_between_sees_every_row_once():
    writers, per_writer = 4, 60
    seen, running = [], True

    def write():
        own = plain_connection("writer")
        for _ in range(per_writer):
            own.cursor().execute(ledger.INSERT, ledger.insert_parameters([(now(), RAW)])[0])
        own.close()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    while running or len(seen) < writers * per_writer:
        running_before = any(thread.is_alive() for thread in threads)
        rows = read()
        seen += [row.id for row in rows]
        ledger.advance({SHARD: max(seen, default=0)})
        running = running_before
        if not running_before and not rows:
            break

    assert len(seen) == writers * per_writer
    assert seen == sorted(seen)


def test_partitions_are_made_a_week_ahead_and_again_changes_nothing(db):
    ledger.prepare_partitions()

    assert ledger.prepare_partitions()["made"] == 0
    for ahead in range(8):
        assert f"providers_delivery_{now() + timedelta(days=ahead):%Y%m%d}" in partitions()


def test_a_delivery_lies_in_the_partition_of_its_day(db):
    ledger.prepare_partitions()
    moment = now()

    ledger.append(RAW, received_at=moment)

    assert partition_of_only_row() == f"providers_delivery_{moment.astimezone(UTC):%Y%m%d}"


def test_a_day_without_a_partition_opens_an_incident_and_heals(db, monkeypatch):
    later = now() + timedelta(days=40)
    ledger.append(RAW, received_at=later)
    assert ledger.is_astray()

    assert ledger.prepare_partitions()["astray"] == 1
    assert Incident.objects.get(key=ledger.ASTRAY).closed_at is None

    monkeypatch.setattr(ledger, "now", lambda: later)
    ledger.prepare_partitions()
    assert partition_of_only_row() == f"providers_delivery_{later:%Y%m%d}"
    assert [row.body for row in read()] == [RAW]

    ledger.prepare_partitions()
    assert Incident.objects.get(key=ledger.ASTRAY).closed_at is not None


def test_an_old_day_is_dropped_only_when_it_was_digested(db, monkeypatch):
    then = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(ledger, "now", lambda: then)
    ledger.prepare_partitions()
    ledger.append(RAW, received_at=then)
    [row] = read()

    monkeypatch.setattr(ledger, "now", lambda: then + timedelta(days=60))
    assert ledger.prepare_partitions()["held_back"] == 1
    assert "providers_delivery_20260301" in partitions()

    ledger.advance({SHARD: row.id})
    ledger.prepare_partitions()
    assert "providers_delivery_20260301" not in partitions()
    assert "providers_delivery_20260302" not in partitions()


def test_the_application_can_not_drop_what_may_still_be_repeated(db):
    with pytest.raises(DatabaseError, match="seven days"), transaction.atomic():
        ledger.prepare_partitions(keep_days=1)


def test_only_the_function_can_change_the_shape_of_the_ledger(db):
    for statement in (
        "CREATE TABLE planted (id int)",
        "DROP TABLE providers_delivery_default",
        "ALTER TABLE providers_delivery DISABLE TRIGGER insert_only",
        "TRUNCATE providers_delivery",
        "ALTER FUNCTION providers_prepare_partitions(date, int, int) SECURITY INVOKER",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_function_is_the_owners_and_not_everybodys(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prosecdef, proconfig::text LIKE '%%search_path=pg_catalog, pg_temp%%', "
            "has_function_privilege('public', oid, 'execute'), has_function_privilege(oid, 'execute'), "
            "proowner = (SELECT relowner FROM pg_class WHERE relname = 'providers_delivery') "
            "FROM pg_proc WHERE proname = 'providers_prepare_partitions'"
        )
        assert cursor.fetchone() == (True, True, False, True, True)


def test_reading_uses_the_index_of_the_shard(db):
    ledger.append(*[delivery(phone_number_id=f"20000000{n:04}") for n in range(50)])
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + ledger._READ, [[SHARD], 10, 1000])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Scan" in plan
    assert "Merge Append" in plan


@pytest.mark.django_db(transaction=True)
def test_as_the_owner_a_row_may_move(settings):
    ledger.append(RAW)
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("DELETE FROM providers_delivery")

    assert read() == []
