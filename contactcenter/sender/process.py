"""The sender at work: claim, mark, send, settle, each in its own loop, all of them in one asyncio process."""

import asyncio
import functools
import gc
import logging
import os
import signal
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg2
import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from config.faults import Struck, fault_point
from contactcenter.sender import CHANNEL, aftermath, outcomes
from contactcenter.sender.board import Board, Number
from contactcenter.sender.limits import NumberRate
from contactcenter.sender.store import LOCAL_REFUSALS, Store, connection_parameters
from contactcenter.sender.wire import Wire
from providers import tallies
from providers.base import Credentials

logger = logging.getLogger(__name__)

FACTS_SECONDS = 5.0
BEAT_SECONDS = 5.0
DATABASE_PAUSE = 0.5
BUSY_PAUSE = 0.05


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
        self.board = Board(options)
        self.flying = {}
        self.results = []
        self.counts = tallies.Unwritten()
        self.suspects = set()
        self.generation = 0
        self.work = asyncio.Event()
        self.room = asyncio.Event()
        self.news = asyncio.Event()
        self.stopping = False
        self.backlog = False

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
            await self._last_words()
            await self.wire.close()
            self.leaving.close()
            self.settling.close()
            for thread in (self._leave_thread, self._settle_thread, self._orm_thread):
                thread.shutdown(wait=False, cancel_futures=True)
        logger.info("The sender %s has stopped.", self.me)

    async def _drain(self):
        for number in self.board.numbers.values():
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
        noted_at = time.monotonic()
        while True:
            at, counts = time.monotonic(), self.counts.take()
            lanes = self.board.lanes_to_note(at, max(1.0, at - noted_at))
            try:
                await self._in(self._settle_thread, self.settling.beat, lanes, counts)
            except psycopg2.Error as exc:
                self.counts.put_back(counts)
                logger.warning("The sender can't reach the database: %s", exc)
            noted_at = at
            self.board.pairs.forget_paid(time.monotonic())
            await asyncio.sleep(BEAT_SECONDS)

    async def _last_words(self):
        try:
            await self._in(self._settle_thread, self.settling.beat, (), self.counts.take())
        except psycopg2.Error as exc:
            logger.warning("The last counts were not written: %s", exc)

    # Claim

    async def _claim_loop(self):
        facts_at = 0.0
        while not self.stopping:
            try:
                if time.monotonic() - facts_at > FACTS_SECONDS:
                    await self._refresh()
                    facts_at = time.monotonic()
                await self._claim()
                pause = BUSY_PAUSE if self.backlog else self.options.sweep_seconds
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
        if self.board.is_full:
            self.backlog = True
            return
        with_work = await self._in(self._leave_thread, self.leaving.numbers_with_work)
        self._forget_lost_locks()
        await self._take_over([number for number in with_work if number not in self.board.numbers])
        wanted = self.board.wanted([pk for pk in with_work if pk in self.board.numbers], at)
        self.backlog = False
        if not wanted:
            return
        items = await self._in(self._leave_thread, self.leaving.claim, wanted)
        self._forget_lost_locks()
        self.backlog = bool(items)
        sent_back = []
        for item in items:
            number = self.board.numbers.get(item.number)
            if number is None or not number.lanes.add(item):
                sent_back.append(item)
            else:
                number.had_work_at = at
        if sent_back:
            self._release(sent_back, after=1.0)
        self.room.set()

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
                self.board.numbers[pk] = number

    def _forget_lost_locks(self):
        """A new connection has no locks: another sender may own our numbers now."""
        if self.leaving.generation != self.generation:
            self.generation = self.leaving.generation
            for number in self.board.numbers.values():
                self._release(number.lanes.clear())
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
            await self._in(self._leave_thread, self.leaving.let_go, idle)
        if not self.board.numbers:
            return
        facts = await self._in(self._leave_thread, self.leaving.facts, list(self.board.numbers))
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
            self.suspects = set()
            return
        gone = held - await self._in(self._leave_thread, self.leaving.still_waiting, list(held))
        self.board.forget_held(gone & self.suspects)
        self.suspects = gone

    # Leave

    async def _depart_loop(self):
        while not self.stopping:
            found = self.board.next_to_leave(time.monotonic())
            for number, item in found.uploads:
                self.flying[item.id] = (asyncio.create_task(self._upload(number, item)), item)
            for items, seconds in found.back:
                self._release(items, after=seconds)
            for number, conversation, seconds in found.aside:
                asyncio.get_running_loop().call_later(seconds, self._lane_done, number, conversation)
            if found.batch:
                await self._mark_and_leave(found.batch)
                continue
            self.room.clear()
            try:
                await asyncio.wait_for(self.room.wait(), found.wait)
            except TimeoutError:
                pass

    async def _mark_and_leave(self, batch):
        try:
            marked = await self._in(self._leave_thread, self.leaving.mark, [item for _number, item in batch])
        except (psycopg2.Error, Struck) as exc:
            logger.warning("No attempt could be marked: %s", exc)
            self._not_leaving(batch)
            await asyncio.sleep(DATABASE_PAUSE)
        else:
            self._leave(batch, marked)

    def _lane_done(self, number, conversation):
        number.lanes.done(conversation)
        self.room.set()

    def _not_leaving(self, batch):
        """Nothing left, whatever became of the mark: back to the outbox."""
        for number, item in batch:
            self.board.count(number, item, -1)
            self._release([item, *number.lanes.hold(item)], after=DATABASE_PAUSE)
            number.lanes.done(item.conversation)

    def _leave(self, batch, marked):
        for number, item in batch:
            refusal = marked.get(item.id)
            if refusal == "":
                item.attempts += 1
                self.flying[item.id] = (asyncio.create_task(self._send(number, item)), item)
                continue
            self.board.count(number, item, -1)
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
        began = time.monotonic()
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
        self._landed(number, item, outcome, began)

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
            self._landed(number, item, outcome, time.monotonic())
            return
        self._forget_flight(number, item)
        item.media = {**item.media, "media_id": media_id}
        if self.stopping or not number.lanes.add(item):
            self._release([item])
        number.lanes.done(item.conversation)
        self.room.set()

    def _forget_flight(self, number, item):
        self.flying.pop(item.id, None)
        self.board.count(number, item, -1)

    def _landed(self, number, item, outcome, began):
        """An attempt has its outcome: pace the number and the pair by it, write it down, let the next one go."""
        at = time.monotonic()
        self._forget_flight(number, item)
        if outcome.too_fast:
            number.rate.too_fast(at)
        elif outcome.pause_number:
            number.rate.pause(at, outcome.pause_number)
        if outcome.pause_number or outcome.stop_number:
            number.pause_code = outcome.code
        self._count(outcome)
        if outcome.stop_number:
            outcome = self._stop_number(number, outcome, at)
        elif outcome.kind == "accepted" and number.works_again(began):
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

    def _count(self, outcome):
        if outcome.kind != "back":
            self.counts.count(f"sent.{outcome.kind}")
            if outcome.code is not None:
                self.counts.count(tallies.error_name("send", outcome.code))

    def _stop_number(self, number, outcome, at):
        if number.stop(at):
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
    gc.freeze()  # what was imported stays anyway; looking through it again and again costs a tenth of the rate
    gc.set_threshold(50_000, 20, 20)
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
