"""The raw ledger: every signed delivery exactly as it came, insert-only, partitioned by day.

**Reading never skips a row that commits late.** A reader remembers one number per shard and asks for what is greater.
That is safe only if numbers become visible in their order, and a bare sequence doesn't promise it: of two open
transactions the one with the greater number may commit first. So writers draw their numbers under an advisory lock
that PostgreSQL lets go of after the commit is visible to others (``CommitTransaction`` takes the transaction out of
the list of running ones first and releases locks afterwards). Whoever gets the lock next draws greater numbers, so
whoever sees a number sees every smaller one that will ever exist; the sequence hands out numbers one by one
(``CACHE 1``). A rolled-back insert leaves a gap, and gaps harm nobody.

The lock, the insert and the commit travel to PostgreSQL as one message, so a writer that dies or stalls can't hold
the lock: the server runs all of it or nothing.
"""

import zlib
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from config import bulk
from config.clock import now
from providers import incidents, tallies
from providers.webhooks.parser import routing_key

SHARDS = 8
WRITERS_LOCK = (7301, 0)
READERS_LOCK = 7302
WHATSAPP = 1

READ_ROWS = 1000
READ_BYTES = 16 * 1024 * 1024
PREPARED_DAYS = 7

INSERT = f"""
SELECT set_config('statement_timeout', '5000', true), set_config('lock_timeout', '3000', true);
SELECT pg_advisory_xact_lock({WRITERS_LOCK[0]}, {WRITERS_LOCK[1]});
INSERT INTO providers_delivery (received_at, provider, shard, body)
SELECT came.at, %s, came.shard, came.body
FROM unnest(%s::timestamptz[], %s::smallint[], %s::bytea[]) AS came (at, shard, body)
"""
"""One message, one transaction: on a connection in autocommit it is durable when ``execute`` returns."""

_READ = """
SELECT s.shard, next.id, next.received_at, next.body
FROM unnest(%s::smallint[]) AS s (shard)
LEFT JOIN providers_deliverycursor AS c ON c.shard = s.shard
CROSS JOIN LATERAL (
    SELECT id, received_at, body, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS before
    FROM (
        SELECT id, received_at, body FROM providers_delivery AS d
        WHERE d.shard = s.shard AND d.id > coalesce(c.position, 0) ORDER BY d.id LIMIT %s
    ) AS first
) AS next
WHERE next.before < %s ORDER BY next.id
"""

_WAITING = """
SELECT s.shard, oldest.received_at
FROM generate_series(0, %s) AS s(shard)
LEFT JOIN providers_deliverycursor AS c ON c.shard = s.shard
CROSS JOIN LATERAL (
    SELECT received_at FROM providers_delivery AS d
    WHERE d.shard = s.shard AND d.id > coalesce(c.position, 0) ORDER BY d.id LIMIT 1
) AS oldest
"""

ASTRAY = "ledger:default-partition"
LAG_LIMIT = timedelta(minutes=5)
"""Past this age of the oldest undigested delivery, staff is told and ``/readyz`` says no."""


class Row(NamedTuple):
    """A delivery as it lies in the ledger."""

    id: int
    received_at: Any
    body: bytes


def shard_of(raw):
    """The shard that digests a delivery: all of one number's go to the same one."""
    return zlib.crc32(routing_key(raw).encode()) % SHARDS


def insert_parameters(deliveries):
    """The parameters of ``INSERT`` for ``(received_at, raw)`` pairs."""
    moments, bodies = zip(*deliveries, strict=True)
    shards = [shard_of(raw) for raw in bodies]
    # Array literals, the bodies in hex: several times cheaper to quote and to parse than one constant per value.
    packed = "{" + ",".join([f'"\\\\x{raw.hex()}"' for raw in bodies]) + "}"
    return [WHATSAPP, bulk.array(moments), bulk.array(shards), packed], shards


def append(*bodies, received_at=None):
    """Write deliveries over Django's own connection, for those who have no group commit; return their shards."""
    parameters, shards = insert_parameters([(received_at or now(), raw) for raw in bodies])
    with connection.cursor() as cursor:
        cursor.execute(INSERT, parameters)
    return shards


def read_next(shards, *, limit=READ_ROWS, max_bytes=READ_BYTES):
    """The rows beyond the cursor of each of these shards, as ``{shard: [Row, …]}``, oldest first.

    Of each shard at most ``limit`` rows and ``max_bytes``; at least one where there is any, however large.
    """
    found = {shard: [] for shard in shards}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [bulk.array(list(found)), limit, max_bytes])
        for shard, number, moment, body in cursor.fetchall():
            found[shard].append(Row(number, moment, bytes(body)))
    return found


def position_of(shard):
    """The number up to which a shard was digested."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT position FROM providers_deliverycursor WHERE shard = %s", [shard])
        row = cursor.fetchone()
    return row[0] if row else 0


_ADVANCE = """
INSERT INTO providers_deliverycursor AS c (shard, position)
SELECT * FROM unnest(%s::smallint[], %s::bigint[]) AS t (shard, position) ORDER BY shard
ON CONFLICT (shard) DO UPDATE SET position = greatest(c.position, EXCLUDED.position)
"""
_ADVANCE_AND_COUNT = f"WITH counted AS ({tallies.ADD}) {_ADVANCE}"


def advance(positions, counts=None):
    """Move the cursors of shards (``{shard: position}``) forward, never back, and add ``counts`` with them.

    ``counts`` (``{tally: how many}``) go to a slot that only the holder of the first of these shards writes to.
    """
    parameters = [list(positions), list(positions.values())]
    with connection.cursor() as cursor:
        if counts:
            counted = tallies.parameters(counts, 1 + min(positions))
            cursor.execute(_ADVANCE_AND_COUNT, [*counted, *parameters])
        else:
            cursor.execute(_ADVANCE, parameters)


def has_waiting(shard):
    """Whether a shard has deliveries beyond its cursor."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM providers_delivery WHERE shard = %s AND id > coalesce("
            "(SELECT position FROM providers_deliverycursor WHERE shard = %s), 0))",
            [shard, shard],
        )
        return cursor.fetchone()[0]


def waiting():
    """The shards with undigested deliveries, each with the moment its oldest one arrived."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, [SHARDS - 1])
        return dict(cursor.fetchall())


def heard_so_far():
    """How many deliveries were ever written, from the sequence that numbers them; a failed write counts too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM providers_delivery_id_seq")
        return cursor.fetchone()[0]


def check_writable():
    """Write a row as the door does and take it back; raises ``django.db.Error`` when that fails.

    Its number is 0, so it draws none from the sequence and no reader would ever look for it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '2000', true), set_config('lock_timeout', '1000', true)")
        cursor.execute(
            "INSERT INTO providers_delivery (id, received_at, provider, shard, body) VALUES (0, %s, %s, 0, '')",
            [now(), WHATSAPP],
        )
        transaction.set_rollback(True)


def is_astray():
    """Whether the default partition holds rows, so that their day has no partition of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM providers_delivery_default)")
        return cursor.fetchone()[0]


def prepare_partitions(*, ahead_days=PREPARED_DAYS, keep_days=None):
    """Make the partitions of the coming days, drop old digested ones, and tell staff when the default one was used.

    Rows that the default partition caught move to the partition of their day as soon as it exists. Returns counts.
    """
    keep_days = keep_days or settings.RETENTION_DAYS["webhook_deliveries"]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT made, dropped, held_back, astray FROM providers_prepare_partitions(%s, %s, %s)",
            [now().date(), ahead_days, keep_days],
        )
        made, dropped, held_back, astray = cursor.fetchone()
    if astray:
        incidents.open_incident(
            ASTRAY,
            incidents.to_translate("Deliveries arrived on a day without a partition"),
            f"{astray} rows lay in the default partition; {made} partitions were made just now.",
        )
    else:
        incidents.close_incident(ASTRAY)
    return {"made": made, "dropped": dropped, "held_back": held_back, "astray": astray}


def lag(moments, present=None):
    """How long the oldest of these waits, as a ``timedelta``."""
    return max(((present or now()) - moment for moment in moments), default=timedelta())
