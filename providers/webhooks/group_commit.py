"""Many deliveries, one commit: requests park their body here and are answered when it is durable.

One thread with a connection of its own takes whatever waits, writes it with one INSERT and wakes the requests. While
it writes the next ones gather, so a batch grows with the load and nobody waits for company. Nothing here needs Redis:
the hint to the workers leaves after the commit, from a thread that may lose it.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import deque
from datetime import timedelta

import psycopg2

from config import hints
from config.clock import now
from config.database import plain_connection
from config.faults import fault_point
from providers import tallies
from providers.webhooks import ledger

logger = logging.getLogger(__name__)

DIGEST = "contactcenter.tasks.digest_deliveries"

MAX_ROWS = 500
MAX_BYTES = 16 * 1024 * 1024
MAX_WAITING = 5000
MAX_WAITING_BYTES = 64 * 1024 * 1024
PATIENCE_SECONDS = 8.0
"""Past this a parked request is answered with 503: the provider tries again, and a duplicate is harmless."""
REST_SECONDS = 0.5
"""After a failed write new requests are refused at once for this long, then one tries again."""
HINT_SECONDS = 0.05
"""While deliveries keep coming the workers are told this often, of all shards at once: a hint costs a web process
0.6 ms and a worker one more, which was over half of what a delivery cost when each shard had its own."""

TALLY_SECONDS = 5.0
"""Counts of this process join those of the installation this often."""

_STOP, _TALLY = object(), object()


class Overloaded(Exception):
    """No room, or no database: answer 503 and the provider tries again."""


class GroupCommit:
    """``start`` and ``park`` belong to the event loop; writing happens in a thread. ``tally`` is for ``/metrics``."""

    def __init__(self):
        self.counts = {"rows": 0, "batches": 0}
        self.tally = tallies.Unwritten()
        self.waiting = 0
        self.waiting_bytes = 0
        self._thread = None

    @property
    def is_running(self):
        return self._thread is not None and self._thread.is_alive()

    def start(self):
        """Begin to write; must be called inside the event loop that will park."""
        self._loop = asyncio.get_running_loop()
        self._queue = queue.SimpleQueue()
        self._parked = deque()
        self._connection = None
        self._resting_until = self._complained_at = float("-inf")
        self._to_announce, self._announced_at = set(), float("-inf")
        self._to_tally = False
        self._thread = threading.Thread(target=self._write_batches, name="ledger", daemon=True)
        self._thread.start()
        self._watch = self._loop.create_task(self._free_the_stuck())

    async def stop(self):
        """Write what is parked, then end."""
        if self._thread is None:
            return
        self._watch.cancel()
        self._queue.put(_STOP)
        await self._loop.run_in_executor(None, self._thread.join, PATIENCE_SECONDS)
        self._thread = None

    async def park(self, raw):
        """Wait until ``raw`` is durable. Raises ``Overloaded`` when it isn't, or when nobody can say."""
        if (
            self.waiting >= MAX_WAITING
            or self.waiting_bytes + len(raw) > MAX_WAITING_BYTES
            or self._resting_until > time.monotonic()
        ):
            raise Overloaded
        future = self._loop.create_future()
        item = (raw, time.monotonic(), future)
        self.waiting += 1
        self.waiting_bytes += len(raw)
        self._parked.append(item)
        self._queue.put(item)
        try:
            durable = await future
        finally:
            self.waiting -= 1
            self.waiting_bytes -= len(raw)
        if not durable:
            raise Overloaded

    # In the event loop

    def _answer(self, batch, durable):
        for _raw, _at, future in batch:
            if not future.done():
                future.set_result(durable)
        while self._parked and self._parked[0][2].done():
            self._parked.popleft()

    async def _free_the_stuck(self):
        """A database that neither answers nor breaks must not keep requests for ever. Wakes the counting, too."""
        tallied_at = time.monotonic()
        while True:
            await asyncio.sleep(0.5)
            if self.tally and time.monotonic() - tallied_at > TALLY_SECONDS:
                tallied_at = time.monotonic()
                self._queue.put(_TALLY)
            limit = time.monotonic() - PATIENCE_SECONDS
            late = [item for item in self._parked if item[1] < limit]
            if late:
                self._answer(late, False)

    # In the thread

    def _write_batches(self):
        stopping = False
        while not stopping:
            batch, stopping = self._gather()
            if batch:
                durable = self._write(batch)
                if not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(self._answer, batch, durable)
            self._announce(at_once=stopping)
            if self._to_tally or stopping:
                self._write_tally()
        if self._connection is not None:
            self._connection.close()

    def _gather(self):
        """What waits now, at most a batch; blocks until something does or a postponed hint is due."""
        batch, size = [], 0
        timeout = HINT_SECONDS if self._to_announce else None
        try:
            item = self._queue.get(timeout=timeout)
            while item is not _STOP:
                if item is _TALLY:
                    self._to_tally = True
                    item = self._queue.get_nowait()
                    continue
                batch.append(item)
                size += len(item[0])
                if len(batch) >= MAX_ROWS or size >= MAX_BYTES:
                    return batch, False
                item = self._queue.get_nowait()
            return batch, True
        except queue.Empty:
            return batch, False

    def _write(self, batch):
        # In this order: when the machine stalls in between, a delivery came late. The other way round it would seem to
        # have come before it was written, and whoever reads it would move the provider's time back.
        clock, present = time.monotonic(), now()
        rows = [(present - timedelta(seconds=clock - at), raw) for raw, at, _future in batch]
        try:
            parameters, shards = ledger.insert_parameters(rows)
            fault_point("door.before_commit")
            self._insert(parameters)
            fault_point("door.after_commit")
        except Exception as exc:
            self._fail(exc, len(batch))
            return False
        self.counts["rows"] += len(batch)
        self.counts["batches"] += 1
        self.tally.count("written", len(batch))
        self.tally.count("commits")
        self._to_announce.update(shards)
        return True

    def _insert(self, parameters):
        self._execute(ledger.INSERT, parameters)

    def _execute(self, statement, parameters):
        """A connection that broke while it was idle is replaced once: the server may long be back."""
        fresh = self._connection is None
        if fresh:
            self._connection = plain_connection("ledger")
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement, parameters)
        except psycopg2.Error:
            broken = bool(self._connection.closed)
            self._connection.close()
            self._connection = None
            if fresh or not broken:
                raise
            self._execute(statement, parameters)

    def _write_tally(self):
        self._to_tally = False
        counts = self.tally.take()
        try:
            if counts:
                self._execute(tallies.ADD, tallies.parameters(counts))
        except Exception as exc:
            self.tally.put_back(counts)
            logger.warning("Counts wait for the database: %s", str(exc).strip())

    def _fail(self, exc, rows):
        self.tally.count("failed_commits")
        self._resting_until = time.monotonic() + REST_SECONDS
        if time.monotonic() - self._complained_at > 10:
            self._complained_at = time.monotonic()
            logger.error("%s deliveries were not written and answered with 503: %s", rows, str(exc).strip())

    def _announce(self, at_once=False):
        present = time.monotonic()
        if self._to_announce and (at_once or present - self._announced_at >= HINT_SECONDS):
            self._announced_at = present
            hints.send(DIGEST, *sorted(self._to_announce))
            self._to_announce.clear()
