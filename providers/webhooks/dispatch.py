"""From the ledger to the apps: batches of deliveries become events, and each subscriber gets its share in one call.

One transaction per batch: handlers write, the cursor moves, unknown pieces are kept; all of it or nothing. A batch
that fails is read again at half its size until the delivery at fault stands alone. Its events are then tried one by
one, so that its healthy ones arrive too, and the delivery becomes a dead letter with the error. Each try is a
transaction of its own and no savepoint, so nothing that a failed try announced survives it.

Handlers must not mind repetition or order: an event may come again (a replay, a repeated delivery, a salvage).
"""

import contextlib
import logging
import random
import time
import traceback
from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded
from django.db import Error as DatabaseTrouble
from django.db import InterfaceError, OperationalError, connection, transaction

from config import plans
from config.clock import now
from config.faults import fault_point
from providers import incidents, tallies
from providers.models import DeadLetter
from providers.webhooks import ledger
from providers.webhooks.events import StatusUpdate, Unknown
from providers.webhooks.parser import routing_key
from providers.webhooks.subscribers import KEPT_CHARACTERS, handle, read_delivery

logger = logging.getLogger(__name__)

TIME_BUDGET_SECONDS = 20.0
FEW_ROWS = 40
STATEMENT_SECONDS, LOCK_SECONDS = 20, 5
TRIES = 5
DEAD_LETTERS = "webhooks:dead-letters"

TRANSIENT = {"40001", "40P01"} | plans.FORGOTTEN
"""Serialization failure, deadlock and a plan that is no more: the same again succeeds."""
ENVIRONMENT = ("08", "53", "57P", "58", "55P03", "25006")
"""Connection, resources, shutdown, disk, a lock held too long, a read-only server: no delivery is at fault."""


@dataclass(frozen=True, slots=True)
class DigestReport:
    """What a call did. ``more``: the time was up or another worker is at it, and rows are left."""

    deliveries: int = 0
    events: int = 0
    dead: int = 0
    more: bool = False
    busy: bool = False


def digest_shard(shard, *, limit=ledger.READ_ROWS, scope=transaction.atomic, seconds=TIME_BUDGET_SECONDS):
    """Digest a shard until it is empty, its turn is over, or another worker holds it.

    ``scope()`` opens one transaction with the caller's rights. Raises ``django.db.Error`` when the database itself is
    in trouble; nothing is lost then and the next sweep tries again.
    """
    run = _Run(shard, limit, scope)
    ends = time.monotonic() + seconds
    try:
        while run.step():
            # The search for a delivery at fault is never broken off: it would begin anew each time.
            if time.monotonic() > ends and not (run.suspects or run.tries):
                return run.report(more=True)
    except _Busy:
        return run.report(more=True, busy=True)
    return run.report()


def digest_together(shards, *, limit=FEW_ROWS, scope=transaction.atomic):
    """Digest the first few rows of several shards in one transaction; what another worker holds is left out.

    While little is said a batch per shard would be a commit and two dozen statements for a row or two. Returns a
    report (``more``: a shard may have further rows), or ``None`` when it failed and nothing was changed:
    ``digest_shard`` then finds the delivery at fault. Raises when the database itself is in trouble.
    """
    found = {}
    try:
        with plans.kept(), scope():
            held = _begin(shards)
            if held:
                found = ledger.read_next(held, limit=limit, max_bytes=ledger.READ_BYTES // len(held))
            rows = sorted(row for some in found.values() for row in some)
            heard = [one for row in rows for one in read_delivery(row)]
            if rows:
                handle(heard)
                ledger.advance({shard: some[-1].id for shard, some in found.items() if some}, _counts(rows, heard))
                fault_point("digest.before_commit")
    except SoftTimeLimitExceeded:
        raise
    except Exception as exc:
        if is_environment(exc):
            raise
        return None
    if rows:
        fault_point("digest.after_commit")
    return DigestReport(
        deliveries=len(rows),
        events=len(heard),
        more=any(len(some) == limit for some in found.values()),
        busy=not held,
    )


def _begin(shards):
    """Take these shards for the length of the transaction; which of them nobody else holds.

    The next statement sees what the holders before us committed: their locks were let go of after that.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN, [ledger.READERS_LOCK, sorted(shards)])
        return [shard for shard, is_ours, *_settings in cursor.fetchall() if is_ours]


_BEGIN = f"""
SELECT s.shard, pg_try_advisory_xact_lock(%s, s.shard),
    set_config('statement_timeout', '{STATEMENT_SECONDS}s', true), set_config('lock_timeout', '{LOCK_SECONDS}s', true),
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('jit', 'off', true)
FROM unnest(%s::int[]) AS s (shard)
"""
"""A batch only looks up keys. Left to itself the planner reads whole tables while they are middling, because it takes
the row-level policy for a filter that leaves half of the rows; and it may change its mind with any ``ANALYZE``.
Before PostgreSQL 18 a forbidden way that can't be avoided looks so dear that it would be compiled, too (``jit``)."""


class _Busy(Exception):
    """Another worker holds the shard."""


class _Run:
    """One worker's turn at a shard."""

    def __init__(self, shard, limit, scope):
        self.shard, self.limit, self.scope = shard, limit, scope
        self.suspects = 0
        """How many rows from the cursor on are known to hold one that fails."""
        self.deliveries = self.events = self.dead = self.tries = 0

    def report(self, more=False, busy=False):
        return DigestReport(self.deliveries, self.events, self.dead, more, busy)

    def step(self):
        """Digest one batch; return whether to go on.

        The look for rows comes before the lock. A worker that finds the shard taken may leave, because the holder
        looks again after its commit and finds the row that this worker was told of.
        """
        if not ledger.has_waiting(self.shard):
            return False
        rows = []
        try:
            with self._transaction():
                rows += ledger.read_next([self.shard], limit=self._size())[self.shard]
                heard = [one for row in rows for one in read_delivery(row)]
                if rows:
                    handle(heard)
                    ledger.advance({self.shard: rows[-1].id}, _counts(rows, heard))
                    fault_point("digest.before_commit")
        except (_Busy, SoftTimeLimitExceeded):
            raise
        except Exception as exc:
            self._after_failure(exc, rows)
            return True
        self._count(rows, heard)
        if rows:
            fault_point("digest.after_commit")
        return bool(rows)

    def _size(self):
        return max(1, self.suspects // 2) if self.suspects else self.limit

    def _count(self, rows, heard):
        self.deliveries += len(rows)
        self.events += len(heard)
        self.suspects = max(0, self.suspects - len(rows))
        self.tries = 0

    def _after_failure(self, exc, rows):
        """Try again, halve, or bury; raises what no delivery can be blamed for."""
        if self._may_try_again(exc):
            return
        if not rows:
            raise exc
        self.tries = 0
        if len(rows) > 1:
            self.suspects = len(rows)
            return
        self._salvage(rows[0])
        self.suspects = max(0, self.suspects - 1)

    def _may_try_again(self, exc):
        """After a deadlock and its like, yes, a few times; raises when the database itself is in trouble."""
        code = _sqlstate(exc)
        if is_environment(exc):
            raise exc
        if code not in TRANSIENT or self.tries >= TRIES:
            return False
        self.tries += 1
        time.sleep(random.uniform(0.005, 0.05) * self.tries)
        return True

    def _salvage(self, row):
        """Bring the healthy events of a failing delivery home, and bury the delivery with what went wrong."""
        heard = read_delivery(row)
        failures = self._try([heard])
        with self._transaction():
            if ledger.position_of(self.shard) < row.id:
                if failures:
                    bury(row, failures)
                ledger.advance({self.shard: row.id}, _counts([row], heard) | {"dead": int(bool(failures))})
        self.deliveries += 1
        self.events += len(heard)
        self.dead += bool(failures)

    def _try(self, groups):
        """Handle groups of events, each in its own transaction, halving those that fail; return the errors."""
        failures = []
        while groups:
            group = groups.pop()
            try:
                with self._transaction():
                    handle(group)
                self.tries = 0
            except (_Busy, SoftTimeLimitExceeded):
                raise
            except Exception as exc:
                if self._may_try_again(exc):
                    groups.append(group)
                elif half := len(group) // 2:
                    groups += [group[half:], group[:half]]
                else:
                    failures.append((group[0].event.position if group else (), describe_error(exc), kind_of(exc)))
        return failures

    @contextlib.contextmanager
    def _transaction(self):
        """The caller's scope in one transaction that holds the shard."""
        with plans.kept(), self.scope():
            if not _begin([self.shard]):
                raise _Busy
            yield


def _counts(rows, heard):
    """What a batch adds to the tallies: deliveries, events, those nobody knows, errors that statuses told of."""
    counts = {"digested": len(rows), "events": len(heard), "unknown": 0}
    for event, _received_at, _delivery_id in heard:
        kind = type(event)
        if kind is Unknown:
            counts["unknown"] += 1
        elif kind is StatusUpdate and event.errors:
            name = tallies.error_name("status", event.errors[0].code)
            counts[name] = counts.get(name, 0) + 1
    return counts


def bury(row, failures):
    """Keep a delivery with its errors (place in it, description, kind), for staff to handle again.

    A letter of it that was closed is open again: something else of the delivery failed since.
    """
    error = "\n\n".join(f"Event {'.'.join(map(str, where))}:\n{what}" for where, what, _kind in failures)
    DeadLetter.objects.bulk_create(
        [
            DeadLetter(
                delivery_id=row.id,
                received_at=row.received_at,
                body=row.body,
                error=error[:KEPT_CHARACTERS],
                kind=failures[0][2],
                number=routing_key(row.body),
                failed_at=now(),
            )
        ],
        update_conflicts=True,
        unique_fields=["delivery_id"],
        update_fields=["error", "kind", "failed_at", "closed_at"],
    )
    incidents.open_incident(
        DEAD_LETTERS,
        incidents.to_translate("Something a provider told us could not be handled"),
        f"Delivery {row.id} and possibly others wait among the dead letters.",
    )
    logger.error("Delivery %s became a dead letter: %s", row.id, failures[0][1].strip().splitlines()[-1])


def describe_error(exc):
    """The way to the error, without values: where it happened, its kind, and PostgreSQL's first line about it.

    A whole traceback text would carry what people wrote, and an error message may carry a row's content.
    """
    way = traceback.extract_tb(exc.__traceback__)
    ours = [frame for frame in way[:-4] if "site-packages" not in frame.filename]
    frames = "".join(traceback.format_list([*ours[-12:], *way[-4:]]))
    first = (str(exc).strip().splitlines() or [""])[0][:300].replace("\x00", "\ufffd")
    return f"{frames}{type(exc).__name__}: {first}"


def is_environment(exc):
    """Whether the database itself is in trouble, so that no delivery is to blame."""
    return isinstance(exc, DatabaseTrouble) and _sqlstate(exc).startswith(ENVIRONMENT)


def is_nobodys_fault(exc):
    """The same, and deadlocks and ended turns too: later the same again succeeds."""
    return is_environment(exc) or isinstance(exc, SoftTimeLimitExceeded) or _sqlstate(exc) in TRANSIENT


def kind_of(exc):
    """The name under which errors of one sort are found: the exception's, with PostgreSQL's code if it has one."""
    code = getattr(exc.__cause__, "pgcode", None) or getattr(exc, "pgcode", None)
    return f"{type(exc).__name__} {code}"[:80] if code else type(exc).__name__[:80]


def _sqlstate(exc):
    """PostgreSQL's code for an error; that of a broken connection when there was nobody left to give one."""
    code = getattr(exc.__cause__, "pgcode", None) or getattr(exc, "pgcode", None)
    return code or ("08000" if isinstance(exc, OperationalError | InterfaceError) else "")
