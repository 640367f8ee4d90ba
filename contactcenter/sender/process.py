"""The sender at work: claim, mark, send, settle, each in its own loop, all of them in one asyncio process."""

import asyncio
import functools
import logging
import math
import os
import signal
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import psycopg2
import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from config.faults import Struck, fault_point
from contactcenter.models.outbox import Priority
from contactcenter.sender import CHANNEL, aftermath, outcomes
from contactcenter.sender.lanes import Lanes
from contactcenter.sender.limits import NumberRate, PairRate
from contactcenter.sender.store import LOCAL_REFUSALS, Facts, Store, connection_parameters
from contactcenter.sender.wire import Wire
from providers.base import Credentials

logger = logging.getLogger(__name__)

MARK_AT_ONCE = 200
AGENTS_ALWAYS = 20
"""How many agents' replies may be claimed for a number whose room is taken by others."""
PAIR_PATIENCE = 10.0
"""A pair that must wait longer than this waits in the database."""
FACTS_SECONDS = 5.0
BEAT_SECONDS = 5.0
STOPPED_SECONDS = (60.0, 120.0, 300.0, 900.0)
"""How long a number rests after the provider said that nothing from it will work; then one message tries."""
DATABASE_PAUSE = 0.5


@dataclass(slots=True)
class Number:
    """A number that this process is the one sender of."""

    pk: int
    facts: Facts
    rate: NumberRate
    lanes: Lanes = field(default_factory=Lanes)
    in_flight: int = 0
    stops: int = 0
    stopped_until: float = float("-inf")
    had_work_at: float = 0.0

    def rests(self, at):
        return at < self.stopped_until or self.rate.is_paused(at)


class Sender:
    """Everything of one sender process. ``run`` returns after ``stop`` and a drain."""

    def __init__(self, options):
        self.options = options
        self.me = f"{socket.gethostname()[:20]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        parameters = connection_parameters()
        self.leaving = Store(self.me, options, parameters)
        self.settling = Store(self.me, options, parameters)
        self._leave_thread = ThreadPoolExecutor(1, "leave")
        self._settle_thread = ThreadPoolExecutor(1, "settle")
        self._orm_thread = ThreadPoolExecutor(1, "aftermath")
        self.numbers = {}
        self.pairs = PairRate()
        self.flying = {}
        self.flying_of = {}
        self.flying_in_all = 0
        self.flying_campaigns = 0
        self.results = []
        self.suspects = set()
        self.generation = 0
        self.work = asyncio.Event()
        self.room = asyncio.Event()
        self.news = asyncio.Event()
        self.stopping = False
        self.backlog = False
        self.turn = 0

    # The life of the process

    def stop(self):
        """Claim nothing more; ``run`` ends once what is on its way has come back."""
        self.stopping = True
        self.work.set()
        self.room.set()

    async def run(self):
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGINT"):
            loop.add_signal_handler(getattr(signal, name), self.stop)
        self.wire = Wire(self.options, settings.WHATSAPP_GRAPH_URL)
        side = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]
        settle = asyncio.create_task(self._settle_loop())
        depart = asyncio.create_task(self._depart_loop())
        logger.info("The sender %s is at work.", self.me)
        try:
            await self._claim_loop()
            await depart
            await self._drain()
            self.news.set()
            await settle
        finally:
            for task in (*side, depart, settle):
                task.cancel()
            await asyncio.gather(*side, depart, settle, return_exceptions=True)
            await self.wire.close()
            self.leaving.close()
            self.settling.close()
            for thread in (self._leave_thread, self._settle_thread, self._orm_thread):
                thread.shutdown(wait=False, cancel_futures=True)
        logger.info("The sender %s has stopped.", self.me)

    async def _drain(self):
        for number in self.numbers.values():
            self._release(number.lanes.clear())
        if self.flying:
            _done, late = await asyncio.wait(
                [task for task, _item in self.flying.values()], timeout=self.options.drain_seconds
            )
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=2)

    async def _in(self, thread, function, *args):
        return await asyncio.get_running_loop().run_in_executor(thread, functools.partial(function, *args))

    async def _listen(self):
        """Redis rings when something was written to the outbox; without it the sweep finds it a little later."""
        while True:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
            try:
                async with client.pubsub() as bells:
                    await bells.subscribe(CHANNEL)
                    async for _message in bells.listen():
                        self.work.set()
            except (RedisError, OSError, TimeoutError) as exc:
                logger.debug("No bells from Redis: %s", exc)
            finally:
                await client.aclose()
            await asyncio.sleep(1)

    async def _beat(self):
        while True:
            try:
                await self._in(self._settle_thread, self.settling.beat)
            except psycopg2.Error as exc:
                logger.warning("The sender can't reach the database: %s", exc)
            self.pairs.forget_paid(time.monotonic())
            await asyncio.sleep(BEAT_SECONDS)

    # Claim

    async def _claim_loop(self):
        facts_at = 0.0
        while not self.stopping:
            try:
                if time.monotonic() - facts_at > FACTS_SECONDS:
                    await self._refresh()
                    facts_at = time.monotonic()
                await self._claim()
                pause = 0.05 if self.backlog else self.options.sweep_seconds
            except (psycopg2.Error, Struck) as exc:
                logger.warning("Nothing could be claimed: %s", exc)
                pause = DATABASE_PAUSE
                await asyncio.sleep(DATABASE_PAUSE)
            try:
                await asyncio.wait_for(self.work.wait(), pause)
            except TimeoutError:
                pass
            self.work.clear()
        self.room.set()

    async def _claim(self):
        at = time.monotonic()
        if self.flying_in_all >= self.options.in_flight:
            self.backlog = True
            return
        with_work = await self._in(self._leave_thread, self.leaving.numbers_with_work)
        self._forget_lost_locks()
        await self._take_over([number for number in with_work if number not in self.numbers])
        wanted = self._wanted([pk for pk in with_work if pk in self.numbers], at)
        self.backlog = False
        if not wanted:
            return
        items = await self._in(self._leave_thread, self.leaving.claim, wanted)
        self._forget_lost_locks()
        self.backlog = bool(items)
        sent_back = []
        for item in items:
            number = self.numbers.get(item.number)
            if number is None or not number.lanes.add(item):
                sent_back.append(item)
            else:
                number.had_work_at = at
        if sent_back:
            self._release(sent_back, after=1.0)
        self.room.set()

    def _wanted(self, with_work, at):
        """How much to claim for whom: about a second of each number's rate, fairly shared, agents always."""
        self.turn += 1
        waiting = {}
        for number in self.numbers.values():
            business = number.facts.business
            waiting[business] = waiting.get(business, 0) + len(number.lanes)
        left = 2 * self.options.in_flight - self.flying_in_all - sum(waiting.values())
        wanted = []
        start = self.turn % max(1, len(with_work))
        for pk in with_work[start:] + with_work[:start]:
            number = self.numbers[pk]
            if number.rests(at):
                continue
            business = number.facts.business
            share = self.options.per_business + self.options.in_flight // 2 - waiting.get(business, 0)
            share -= self.flying_of.get(business, 0)
            target = 1 if number.stops else math.ceil(number.rate.rate) + 1
            room = min(target - len(number.lanes), left, share)
            if room > 0:
                wanted.append((pk, room, Priority.CAMPAIGN + 1))
                left -= room
                waiting[business] = waiting.get(business, 0) + room
            elif not number.stops and len(number.lanes) < target + AGENTS_ALWAYS:
                wanted.append((pk, AGENTS_ALWAYS, Priority.AGENT + 1))
        return wanted

    async def _take_over(self, numbers):
        if not numbers:
            return
        won, held = await self._in(self._leave_thread, self.leaving.take_over, numbers)
        if not won:
            return
        self._forget_lost_locks()
        facts = await self._in(self._leave_thread, self.leaving.facts, won)
        if self.leaving.generation != self.generation:
            return
        at = time.monotonic()
        for pk in won:
            if pk in facts:
                number = Number(pk, facts[pk], NumberRate(facts[pk].per_second, at), had_work_at=at)
                number.lanes.held = held.get(pk, {})
                self.numbers[pk] = number

    def _forget_lost_locks(self):
        """A new connection has no locks: another sender may own our numbers now."""
        if self.leaving.generation != self.generation:
            self.generation = self.leaving.generation
            for number in self.numbers.values():
                self._release(number.lanes.clear())
            self.numbers = {}

    async def _refresh(self):
        at = time.monotonic()
        idle = [
            pk
            for pk, number in self.numbers.items()
            if not number.lanes.size
            and not number.in_flight
            and not number.rests(at)
            and at - number.had_work_at > self.options.idle_number_seconds
        ]
        if idle:
            for pk in idle:
                del self.numbers[pk]
            await self._in(self._leave_thread, self.leaving.let_go, idle)
        if not self.numbers:
            return
        facts = await self._in(self._leave_thread, self.leaving.facts, list(self.numbers))
        for pk, now_true in facts.items():
            number = self.numbers.get(pk)
            if number is None:
                continue
            if number.facts.access_token != now_true.access_token:
                number.stopped_until = float("-inf")
            number.facts = now_true
            number.rate.set_allowance(now_true.per_second)
        await self._forget_held()

    async def _forget_held(self):
        """An item that was held and is gone (settled or withdrawn) must not hold its conversation for ever."""
        held = {turn[1] for number in self.numbers.values() for turns in number.lanes.held.values() for turn in turns}
        if not held:
            self.suspects = set()
            return
        gone = held - await self._in(self._leave_thread, self.leaving.still_waiting, list(held))
        certain, self.suspects = gone & self.suspects, gone
        for number in self.numbers.values():
            for conversation, turns in list(number.lanes.held.items()):
                turns -= {turn for turn in turns if turn[1] in certain}
                if not turns:
                    del number.lanes.held[conversation]

    # Leave

    async def _depart_loop(self):
        while not self.stopping:
            batch, wait = self._next_to_leave(time.monotonic())
            if batch:
                try:
                    marked = await self._in(self._leave_thread, self.leaving.mark, [item for _number, item in batch])
                except (psycopg2.Error, Struck) as exc:
                    logger.warning("No attempt could be marked: %s", exc)
                    self._not_leaving(batch)
                    await asyncio.sleep(DATABASE_PAUSE)
                    continue
                self._leave(batch, marked)
                continue
            self.room.clear()
            try:
                await asyncio.wait_for(self.room.wait(), wait)
            except TimeoutError:
                pass

    def _next_to_leave(self, at):
        """The few that may leave now, one of each number in turn; and how long until that may change."""
        batch, wait = [], 1.0
        more = [number for number in self.numbers.values() if len(number.lanes) and not number.rests(at)]
        while more and len(batch) < MARK_AT_ONCE:
            again = []
            for number in more:
                item = number.lanes.peek()
                if item is None:
                    continue
                if not self._has_room(item):
                    continue
                due = self.pairs.next_at((item.number, item.conversation), at)
                if due > at:
                    self._wait_for_pair(number, item, due - at)
                    again.append(number)
                    continue
                if item.media and not item.media["media_id"]:
                    self._fly(number, number.lanes.take(), self._upload(number, item))
                    again.append(number)
                    continue
                if number.stops and number.in_flight:
                    continue
                if not number.rate.take(at):
                    wait = min(wait, max(0.001, number.rate.next_at(at) - at))
                    continue
                number.lanes.take()
                self.pairs.take((item.number, item.conversation), at)
                self._count(number, item, 1)
                batch.append((number, item))
                again.append(number)
                if len(batch) >= MARK_AT_ONCE:
                    break
            more = again
        return batch, wait

    def _has_room(self, item):
        if self.flying_in_all >= self.options.in_flight:
            return False
        if item.priority >= Priority.CAMPAIGN and self.flying_campaigns >= self.options.campaigns:
            return False
        return self.flying_of.get(item.business, 0) < self.options.per_business

    def _wait_for_pair(self, number, item, seconds):
        if seconds <= PAIR_PATIENCE:
            conversation = number.lanes.skip()
            asyncio.get_running_loop().call_later(seconds, self._lane_done, number, conversation)
            return
        number.lanes.take()
        self._release([item, *number.lanes.hold(item)], after=seconds)
        number.lanes.done(item.conversation)

    def _lane_done(self, number, conversation):
        number.lanes.done(conversation)
        self.room.set()

    def _count(self, number, item, step):
        number.in_flight += step
        self.flying_in_all += step
        self.flying_of[item.business] = self.flying_of.get(item.business, 0) + step
        if item.priority >= Priority.CAMPAIGN:
            self.flying_campaigns += step

    def _fly(self, number, item, coroutine):
        self._count(number, item, 1)
        self.flying[item.id] = (asyncio.create_task(coroutine), item)

    def _not_leaving(self, batch):
        """Nothing left, whatever became of the mark: back to the outbox."""
        for number, item in batch:
            self._count(number, item, -1)
            self._release([item, *number.lanes.hold(item)], after=DATABASE_PAUSE)
            number.lanes.done(item.conversation)

    def _leave(self, batch, marked):
        for number, item in batch:
            refusal = marked.get(item.id)
            if refusal == "":
                item.attempts += 1
                self.flying[item.id] = (asyncio.create_task(self._send(number, item)), item)
                continue
            self._count(number, item, -1)
            if refusal is not None:
                self._report(item, outcomes.refused_here(*LOCAL_REFUSALS[refusal]))
            number.lanes.done(item.conversation)

    def _credentials(self, number):
        return Credentials(
            graph_url=settings.WHATSAPP_GRAPH_URL,
            access_token=number.facts.access_token,
            version=settings.WHATSAPP_GRAPH_VERSION,
        )

    async def _send(self, number, item):
        try:
            if number.facts.phone_number_id:
                outcome = await self.wire.send(item, number.facts.phone_number_id, self._credentials(number))
            else:
                outcome = outcomes.refused_here(133010, outcomes.NUMBER_NOT_READY)
            fault_point("sender.after_send")
        except asyncio.CancelledError:
            outcome = outcomes.unknown("The sender was stopped.")
        except Exception:
            logger.exception("An attempt ended in an error of our own.")
            outcome = outcomes.unknown("The sender failed.")
        self._landed(number, item, outcome)

    async def _upload(self, number, item):
        try:
            await self._in(self._settle_thread, self.settling.extend, item, self.options.upload_seconds * 2)
            media_id, outcome = await self.wire.upload(item, number.facts.phone_number_id, self._credentials(number))
            if media_id:
                await self._in(self._settle_thread, self.settling.uploaded, item.message, media_id)
        except asyncio.CancelledError:
            media_id, outcome = "", outcomes.Outcome("back")
        except Exception as exc:
            logger.warning("A file couldn't be handed in: %s", exc)
            media_id, outcome = "", outcomes.never_left(type(exc).__name__, item.attempts + 1)
        if outcome is not None:
            self._landed(number, item, outcome)
            return
        self._forget_flight(number, item)
        item.media = {**item.media, "media_id": media_id}
        if self.stopping or not number.lanes.add(item):
            self._release([item])
        number.lanes.done(item.conversation)
        self.room.set()

    def _forget_flight(self, number, item):
        self.flying.pop(item.id, None)
        self._count(number, item, -1)

    def _landed(self, number, item, outcome):
        """An attempt has its outcome: pace the number and the pair by it, write it down, let the next one go."""
        at = time.monotonic()
        self._forget_flight(number, item)
        if outcome.too_fast:
            number.rate.too_fast(at)
        elif outcome.pause_number:
            number.rate.pause(at, outcome.pause_number)
        if outcome.stop_number:
            outcome = self._stop_number(number, outcome, at)
        elif outcome.kind == "accepted" and number.stops:
            number.stops, number.stopped_until = 0, float("-inf")
            self._later(aftermath.number_works_again, number.pk)
        self._report(item, outcome)
        if outcome.code == outcomes.PERSON_STOPPED_MARKETING and outcome.kind == "failed":
            self._later(aftermath.stopped_marketing, item.business, item.contact, item.message_reference)
        if outcome.kind == "again":
            self._release(number.lanes.hold(item), after=outcome.after)
        if number.rests(at):
            self._release(number.lanes.clear())
        number.lanes.done(item.conversation)
        self.room.set()

    def _stop_number(self, number, outcome, at):
        rest = STOPPED_SECONDS[min(number.stops, len(STOPPED_SECONDS) - 1)]
        if at >= number.stopped_until:
            number.stops += 1
            number.stopped_until = at + rest
            self._later(aftermath.number_stopped, number.pk, outcome.code, outcome.details)
        return replace(outcome, after=max(0.0, number.stopped_until - at))

    # What became of it

    def _report(self, item, outcome):
        self.results.append((item, outcome))
        self.news.set()

    def _release(self, items, after=0.0):
        """Back to the outbox, as if never claimed."""
        for item in items:
            self._report(item, outcomes.Outcome("back", after=after))

    def _later(self, function, *args):
        self._orm_thread.submit(aftermath.safely, function, *args)

    async def _settle_loop(self):
        while True:
            if not self.results:
                if self.stopping and not self.flying:
                    return
                self.news.clear()
                try:
                    await asyncio.wait_for(self.news.wait(), 1.0)
                except TimeoutError:
                    pass
                continue
            await asyncio.sleep(0.005)  # a few more may land meanwhile
            batch, self.results = self.results, []
            batch.sort(key=lambda result: result[0].message)
            await self._settle(batch)

    async def _settle(self, batch):
        """What the provider said is a fact: it is kept until the database takes it."""
        while True:
            try:
                settled = await self._in(self._settle_thread, self.settling.settle, batch)
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
            self._later(aftermath.apply_pending, settled.pending)
        if settled.first_answers:
            self._later(aftermath.answered, settled.first_answers)


def run(options):
    """Work until told to stop."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(options))


async def _run(options):
    await Sender(options).run()


def _loop_factory():
    try:
        import uvloop  # comes with uvicorn where there is a wheel of it
    except ImportError:
        return None
    return uvloop.new_event_loop
