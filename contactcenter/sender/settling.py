"""What became of each attempt: collected, written in batches, and what it leaves to do handed on."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from config.faults import Struck
from contactcenter.sender import aftermath, outcomes
from contactcenter.sender.store import Store
from providers import tallies

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.01
"""How long the first result of a batch waits for others."""
DATABASE_PAUSE = 0.5


class Results:
    """``report`` and ``release`` say what became of items; ``loop`` writes it down until ``finish``."""

    def __init__(self, me, options, parameters):
        self.store = Store(me, options, parameters)
        self._thread = ThreadPoolExecutor(1, "settle")
        self._orm_thread = ThreadPoolExecutor(1, "aftermath")
        self.counts = tallies.Unwritten()
        self._waiting = []
        self._news = asyncio.Event()
        self._finishing = False

    def report(self, item, outcome):
        """An attempt has its outcome."""
        self._waiting.append((item, outcome))
        self._news.set()

    def release(self, items, after=0.0, why=""):
        """Back to the outbox, as if never claimed."""
        for item in items:
            self.report(item, outcomes.Outcome("back", after=after, details=why))

    def later(self, function, *args):
        """Something rare for ``aftermath``; the future says when it is done."""
        return self._orm_thread.submit(aftermath.safely, function, *args)

    async def do(self, function, *args):
        """Call one of the store's methods in its thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)

    def count(self, outcome):
        """For the counters of the whole installation."""
        self.counts.count(f"sent.{outcome.kind}")
        if outcome.code is not None:
            self.counts.count(tallies.error_name("send", outcome.code))

    async def beat(self, lanes=()):
        """Say that the sender is at work, what its numbers do and what was counted."""
        counts = self.counts.take()
        try:
            await self.do(self.store.beat, lanes, counts)
        except psycopg2.Error as exc:
            self.counts.put_back(counts)
            logger.warning("The sender can't reach the database: %s", exc)

    def finish(self):
        """Nothing more will be reported: ``loop`` ends once all is written."""
        self._finishing = True
        self._news.set()

    def close(self):
        self.store.close()
        for thread in (self._thread, self._orm_thread):
            thread.shutdown(wait=False, cancel_futures=True)

    async def loop(self):
        while True:
            if not self._waiting:
                if self._finishing:
                    return
                self._news.clear()
                await self._news.wait()
                continue
            await asyncio.sleep(GATHER_SECONDS)
            batch, self._waiting = self._waiting, []
            batch.sort(key=lambda result: result[0].message)
            await self._settle(batch)

    async def _settle(self, batch):
        """What the provider said is a fact: it is kept until the database takes it."""
        while True:
            try:
                settled = await self.do(self.store.settle, batch)
                break
            except (psycopg2.OperationalError, psycopg2.InterfaceError, Struck) as exc:
                logger.warning("Results wait for the database: %s", exc)
                await asyncio.sleep(DATABASE_PAUSE)
            except psycopg2.Error:
                logger.exception("A result can't be written.")
                if len(batch) == 1:
                    return
                for result in batch:
                    await self._settle([result])
                return
        if settled.pending:
            self.later(aftermath.apply_pending, settled.pending)
        if settled.first_answers:
            self.later(aftermath.answered, settled.first_answers)
