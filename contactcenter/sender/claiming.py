"""Claims what waits: becomes the one sender of numbers with work and fills their lanes from the outbox."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from config.faults import Struck
from contactcenter.sender.store import Store

logger = logging.getLogger(__name__)

FACTS_SECONDS = 5.0
DATABASE_PAUSE = 0.5


class Claims:
    """``loop`` claims until ``stop``; ``ring`` says that something was written, ``room`` hears of what was claimed."""

    def __init__(self, me, options, parameters, board, results):
        self.options = options
        self.board = board
        self.results = results
        self.store = Store(me, options, parameters)
        self.generation = 0
        self.work = asyncio.Event()
        self.room = None
        self.stopping = False
        self._thread = ThreadPoolExecutor(1, "claim")
        self._rung = set()
        self._looked_at = float("-inf")
        self._suspects = set()

    def stop(self):
        self.stopping = True
        self.work.set()

    def ring(self, data):
        """Somebody wrote to the outbox, for the number whose key ``data`` is."""
        try:
            self._rung.add(int(data))
        except (TypeError, ValueError):
            self._looked_at = float("-inf")
        self.work.set()

    def close(self):
        self.store.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _in_thread(self, function, *args):
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *args)

    async def loop(self):
        facts_at = 0.0
        while not self.stopping:
            try:
                if time.monotonic() - facts_at > FACTS_SECONDS:
                    await self._refresh()
                    facts_at = time.monotonic()
                await self._claim()
            except (psycopg2.Error, Struck) as exc:
                logger.warning("Nothing could be claimed: %s", exc)
                await asyncio.sleep(DATABASE_PAUSE)
            try:
                await asyncio.wait_for(self.work.wait(), self.options.sweep_seconds)
            except TimeoutError:
                pass
            self.work.clear()
        self.room.set()

    async def _claim(self):
        if self.board.is_full:
            return
        at = time.monotonic()
        rung, self._rung = self._rung, set()
        if at - self._looked_at >= self.options.sweep_seconds or not rung <= self.board.numbers.keys():
            self._looked_at = at
            numbers = await self._in_thread(self.store.numbers_with_work)
            self._forget_lost_locks()
            await self._take_over([number for number in numbers if number not in self.board.numbers])
        else:
            numbers = [*rung, *(pk for pk, number in self.board.numbers.items() if number.more and pk not in rung)]
        wanted = self.board.wanted([pk for pk in numbers if pk in self.board.numbers], at)
        if wanted:
            items = await self._in_thread(self.store.claim, wanted)
            self._forget_lost_locks()
            self._take_in(items, wanted, at)

    def _take_in(self, items, wanted, at):
        sent_back, taken = [], {}
        for item in items:
            taken[item.number] = taken.get(item.number, 0) + 1
            number = self.board.numbers.get(item.number)
            if self.stopping or number is None or not number.lanes.add(item):
                sent_back.append(item)
            else:
                number.had_work_at = at
        for pk, room, _below in wanted:
            if pk in self.board.numbers:
                self.board.numbers[pk].more = taken.get(pk, 0) >= room
        if sent_back:
            self.results.release(sent_back, after=0.0 if self.stopping else 1.0)
        self.room.set()

    async def _take_over(self, numbers):
        if not numbers:
            return
        won, held = await self._in_thread(self.store.take_over, numbers)
        if not won:
            return
        self._forget_lost_locks()
        facts = await self._in_thread(self.store.facts, won)
        if self.store.generation != self.generation:
            return
        for pk in won:
            if pk in facts:
                self.board.take_over(pk, facts[pk], held.get(pk, {}), time.monotonic())

    def _forget_lost_locks(self):
        """A new connection has no locks: another sender may own our numbers now."""
        if self.store.generation != self.generation:
            self.generation = self.store.generation
            for number in self.board.numbers.values():
                self.results.release(number.lanes.clear())
            self.board.numbers = {}

    async def _refresh(self):
        at = time.monotonic()
        idle = [
            pk
            for pk, number in self.board.numbers.items()
            if not number.lanes.size
            and not number.in_flight
            and not number.rests(at)
            and at - number.had_work_at > self.options.idle_number_seconds
        ]
        if idle:
            for pk in idle:
                del self.board.numbers[pk]
            await self._in_thread(self.store.let_go, idle)
        if not self.board.numbers:
            return
        facts = await self._in_thread(self.store.facts, list(self.board.numbers))
        for pk, now_true in facts.items():
            number = self.board.numbers.get(pk)
            if number is None:
                continue
            if number.facts.access_token != now_true.access_token:
                number.stopped_until = float("-inf")
            number.facts = now_true
            number.rate.set_allowance(now_true.per_second)
        await self._forget_held()

    async def _forget_held(self):
        """An item that was held and is gone (settled or withdrawn) must not hold its conversation for ever."""
        held = self.board.held()
        if not held:
            self._suspects = set()
            return
        gone = held - await self._in_thread(self.store.still_waiting, list(held))
        self.board.forget_held(gone & self._suspects)
        self._suspects = gone
