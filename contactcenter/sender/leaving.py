"""Lets messages leave: commits the attempt mark, writes each at its moment, and hears how it ended."""

import asyncio
import heapq
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import psycopg2
from django.conf import settings

from config.faults import Struck, fault_point
from contactcenter.models.outbox import Priority
from contactcenter.sender import aftermath, outcomes
from contactcenter.sender.first_contacts import Wait
from contactcenter.sender.store import LOCAL_REFUSALS, Store
from contactcenter.sender.wire import Wire
from providers.base import Credentials

logger = logging.getLogger(__name__)

DATABASE_PAUSE = 0.5
SOON_SECONDS = 0.001
"""Moments that are this near are now."""
MOST_WAITING = 400
"""How many wait here for uploads that others began; more wait in the outbox, ``WAITING_PAUSE`` seconds each time."""
WAITING_PAUSE = 5.0


class Departure:
    """``loop`` lets out what the board allows until ``stop``; ``drain`` waits for what is on its way."""

    def __init__(self, me, options, parameters, board, results):
        self.options = options
        self.board = board
        self.results = results
        self.store = Store(me, options, parameters)
        self.room = asyncio.Event()
        self.hunger = None
        self.stopping = False
        self.wire = None
        self._thread = ThreadPoolExecutor(1, "mark")
        self._ready = []
        """What is marked, by its moment, then agents first."""
        self._timer = None
        self._uploads = set()
        self._handing_in = {}
        """By number and digest: the upload of a template's file that is going on."""
        self._waiting = 0
        self._landed_all = asyncio.Event()

    def connect(self, graph_url):
        self.wire = Wire(self.options, graph_url)

    def stop(self):
        self.stopping = True
        self.room.set()

    def close(self):
        if self.wire is not None:
            self.wire.close()
        self.store.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def drain(self):
        """Put back what hasn't left and wait for what has; too late an answer is unknown."""
        for number in self.board.numbers.values():
            self.results.release(number.lanes.clear())
        if self.board.flying:
            try:
                await asyncio.wait_for(self._landed_all.wait(), self.options.drain_seconds)
            except TimeoutError:
                pass
        for task in list(self._uploads):
            task.cancel()
        self.wire.close()
        if self._uploads:
            await asyncio.wait(self._uploads, timeout=2)

    # Mark

    async def loop(self):
        while not self.stopping:
            at = time.monotonic()
            found = self.board.next_to_leave(at)
            for number, item in found.uploads:
                task = asyncio.create_task(self._upload(number, item))
                self._uploads.add(task)
                task.add_done_callback(self._uploads.discard)
            for items, seconds in found.back:
                self.results.release(items, after=seconds)
            for number, conversation, seconds in found.aside:
                asyncio.get_running_loop().call_later(seconds, self._lane_done, number, conversation)
            if self.board.is_hungry(at):
                self.hunger.set()
            if found.batch:
                await self._mark(found.batch)
                continue
            self.room.clear()
            try:
                await asyncio.wait_for(self.room.wait(), found.wait)
            except TimeoutError:
                pass

    async def _mark(self, batch):
        items = [item for _number, item, _moment in batch]
        facts = [number.facts for number, _item, _moment in batch]
        try:
            marked = await asyncio.get_running_loop().run_in_executor(self._thread, self.store.mark, items, facts)
        except (psycopg2.Error, Struck) as exc:
            logger.warning("No attempt could be marked: %s", exc)
            self._not_leaving(batch)
            await asyncio.sleep(DATABASE_PAUSE)
            return
        without_place = set()
        for number, item, moment in batch:
            refusal = marked.get(item.id)
            if refusal == "":
                item.attempts += 1
                heapq.heappush(self._ready, (moment, item.priority, item.id, number, item))
                continue
            if isinstance(refusal, Wait):
                without_place.add(number.pk)
                self._put_back(number, item, refusal, outcomes.LIMIT_REACHED)
                continue
            self._forget_flight(number, item)
            if refusal is not None:
                self.results.report(item, outcomes.refused_here(*LOCAL_REFUSALS[refusal]))
            number.lanes.done(item.conversation)
        for pk in without_place:
            self.results.later(aftermath.limit_reached, pk)
        self._let_out()

    def _lane_done(self, number, conversation):
        number.lanes.done(conversation)
        self.room.set()

    def _not_leaving(self, batch):
        """Nothing left, whatever became of the mark: back to the outbox."""
        for number, item, _moment in batch:
            self._put_back(number, item, DATABASE_PAUSE)

    def _put_back(self, number, item, after, why=""):
        self._forget_flight(number, item)
        self.results.release([item, *number.lanes.hold(item)], after=after, why=why)
        number.lanes.done(item.conversation)

    # Leave

    def _let_out(self):
        """Write everything whose moment has come, and come back for the rest."""
        at = time.monotonic()
        while self._ready and self._ready[0][0] <= at + SOON_SECONDS:
            _moment, priority, pk, number, item = heapq.heappop(self._ready)
            urgent = priority <= Priority.AGENT
            room_at = number.rate.room_at(at, urgent)
            if number.rests(at):  # somebody said so after the mark; not a byte of it left
                self._put_back(number, item, max(number.rate.paused_until, number.stopped_until) - at)
            elif room_at > at:
                heapq.heappush(self._ready, (room_at + SOON_SECONDS, priority, pk, number, item))
            else:
                self._send(number, item, urgent)
            at = time.monotonic()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._ready:
            wait = max(SOON_SECONDS, self._ready[0][0] - at)
            self._timer = asyncio.get_running_loop().call_later(wait, self._let_out)

    def _send(self, number, item, urgent):
        done = partial(self._answered, number, item, time.monotonic())
        try:
            if number.facts.phone_number_id:
                leaves = partial(_leaves, number, urgent)
                self.wire.send(item, number.facts.phone_number_id, self._credentials(number), done, leaves)
            else:
                done(outcomes.refused_here(133010, outcomes.NUMBER_NOT_READY))
        except Exception:
            logger.exception("An attempt ended in an error of our own.")
            self._landed(number, item, outcomes.unknown("The sender failed."), time.monotonic())

    def _answered(self, number, item, began, outcome):
        try:
            fault_point("sender.after_send")
        except Struck:
            outcome = outcomes.unknown("The sender failed.")
        self._landed(number, item, outcome, began)

    def _credentials(self, number):
        return Credentials(
            graph_url=settings.WHATSAPP_GRAPH_URL,
            access_token=number.facts.access_token,
            version=settings.WHATSAPP_GRAPH_VERSION,
        )

    async def _upload(self, number, item):
        try:
            outcome = await self._hand_in(number, item)
        except asyncio.CancelledError:
            outcome = outcomes.Outcome("back")
        except Exception as exc:
            logger.warning("A file couldn't be handed in: %s", exc)
            outcome = outcomes.never_left(type(exc).__name__, item.attempts + 1)
        if outcome is not None:
            self._landed(number, item, outcome, time.monotonic())
            return
        self._forget_flight(number, item)
        if self.stopping or not number.lanes.add(item):
            self.results.release([item])
        number.lanes.done(item.conversation)
        self.room.set()

    async def _hand_in(self, number, item):
        """Give WhatsApp what it lacks of the item's files; ``None``, or the outcome of the one that it didn't take."""
        if item.media and not item.media["media_id"]:
            await self._keep_claim(item)
            number_id, credentials = number.facts.phone_number_id, self._credentials(number)
            media_id, judge = await self.wire.upload(item.media, number_id, credentials)
            if judge is not None:
                return judge(item.attempts)
            await self.results.do(self.results.store.uploaded, item.message, media_id)
            item.media = {**item.media, "media_id": media_id}
        for digest in [digest for digest, details in item.own_files.items() if not details["media_id"]]:
            await self._keep_claim(item)
            outcome = await self._hand_in_own(number, item, digest)
            if outcome is not None:
                return outcome
        return None

    async def _hand_in_own(self, number, item, digest):
        """Messages that wait for the same file wait for one upload, and its outcome is that of all of them."""
        key = (number.pk, digest)
        going_on = self._handing_in.get(key)
        if going_on is None:
            going_on = self._handing_in[key] = asyncio.create_task(self._give(number, digest))
            self._uploads.add(going_on)
            going_on.add_done_callback(partial(self._given, key))
            answer = await asyncio.shield(going_on)
        elif self._waiting >= MOST_WAITING:
            return outcomes.Outcome("back", after=WAITING_PAUSE)
        else:
            # Nothing of it is on its way, so it takes nobody's place there.
            self._waiting += 1
            self.board.count(number, item, -1)
            self.room.set()
            try:
                answer = await asyncio.shield(going_on)
            finally:
                self._waiting -= 1
                self.board.count(number, item, 1)
        details, refused = answer
        if refused is not None:
            return refused(item.attempts)
        item.own_files = {**item.own_files, digest: details}
        return None

    async def _give(self, number, digest):
        """``(details, None)`` of a file that WhatsApp has now, or ``(details, judge)`` as ``wire.upload`` has it."""
        try:
            details = await self.results.do(self.results.store.own_file, number.pk, digest)
            if details["media_id"]:
                return details, None
            number_id, credentials = number.facts.phone_number_id, self._credentials(number)
            media_id, judge = await self.wire.upload(details, number_id, credentials)
            if judge is not None:
                return details, judge
            await self.results.do(self.results.store.own_uploaded, number.pk, digest, media_id)
            return {**details, "media_id": media_id}, None
        except Exception as exc:
            logger.warning("A file couldn't be handed in: %s", exc)
            return {}, partial(_never_left, type(exc).__name__)

    def _given(self, key, task):
        self._uploads.discard(task)
        if self._handing_in.get(key) is task:
            del self._handing_in[key]

    async def _keep_claim(self, item):
        await self.results.do(self.results.store.extend, item, self.options.upload_seconds * 2)

    def _forget_flight(self, number, item):
        self.board.count(number, item, -1)
        if self.stopping and not self.board.flying:
            self._landed_all.set()

    def _landed(self, number, item, outcome, began):
        """An attempt has its outcome: pace the number and the pair by it, write it down, let the next one go."""
        at = time.monotonic()
        if outcome.too_fast:
            number.rate.too_fast(at)
        elif outcome.pause_number:
            number.rate.pause(at, outcome.pause_number)
        if outcome.pause_number or outcome.stop_number:
            number.pause_code = outcome.code
        if outcome.kind != "back":
            self.results.count(outcome)
        if outcome.stop_number:
            outcome = self._stop_number(number, outcome, at)
        elif outcome.kind == "accepted" and number.works_again(began):
            self.results.later(aftermath.number_works_again, number.pk)
        self.results.report(item, outcome)
        if outcome.code == outcomes.PERSON_STOPPED_MARKETING and outcome.kind == "failed":
            self.results.later(aftermath.stopped_marketing, item.business, item.contact, item.message_reference)
        if outcome.kind in {"again", "back"}:
            self.results.release(number.lanes.hold(item), after=outcome.after)
        if number.rests(at):
            self.results.release(number.lanes.clear())
        number.lanes.done(item.conversation)
        self._forget_flight(number, item)
        self.room.set()

    def _stop_number(self, number, outcome, at):
        if number.stop(at):
            self.results.later(aftermath.number_stopped, number.pk, outcome.code, outcome.details)
        return replace(outcome, after=max(0.0, number.stopped_until - at))


def _never_left(words, attempts):
    return outcomes.never_left(words, attempts + 1)


def _leaves(number, urgent):
    """The number's limit at the very moment of the first byte, however long it took to connect."""
    at = time.monotonic()
    if number.rate.leave(at, urgent):
        number.left += 1
        return 0.0
    return max(SOON_SECONDS, number.rate.room_at(at, urgent) - at)
