"""Who may leave now and for whom to claim: rates, pairs, fair shares, agents before campaigns. Pure; time is given."""

import math
from dataclasses import dataclass, field

from contactcenter.models.outbox import Priority
from contactcenter.sender.lanes import Lanes
from contactcenter.sender.limits import NumberRate, PairRate
from contactcenter.sender.store import Facts

MARK_AT_ONCE = 200
AGENTS_ALWAYS = 20
"""How many agents' replies may be claimed for a number whose room is taken by others."""
PAIR_PATIENCE = 10.0
"""A pair that must wait longer than this waits in the database."""
STOPPED_SECONDS = (60.0, 120.0, 300.0, 900.0)
"""How long a number rests after the provider said that nothing from it will work; then one message tries."""


@dataclass(slots=True)
class Number:
    """A number that this process is the one sender of."""

    pk: int
    facts: Facts
    rate: NumberRate
    lanes: Lanes = field(default_factory=Lanes)
    in_flight: int = 0
    stops: int = 0
    stopped_at: float = float("-inf")
    stopped_until: float = float("-inf")
    had_work_at: float = 0.0
    left: int = 0
    """How many messages left since the lane was last noted."""
    pause_code: int | None = None
    """The provider's code of the answer that paused or stopped it last."""
    proven: bool = False
    """Something was accepted since this process took the number over: what an earlier one reported is over."""

    def rests(self, at):
        """Whether nothing may leave now: paused by the provider, or stopped until somebody repairs something."""
        return at < self.stopped_until or self.rate.is_paused(at)

    def stop(self, at):
        """Rest, longer each time. Returns whether that is news: of many refusals at once only the first counts."""
        if at < self.stopped_until:
            return False
        rest = STOPPED_SECONDS[min(self.stops, len(STOPPED_SECONDS) - 1)]
        self.stops += 1
        self.stopped_at, self.stopped_until = at, at + rest
        return True

    def works_again(self, began):
        """A message that began to leave after the stop was accepted. Returns whether that is news."""
        if (self.proven and not self.stops) or began < self.stopped_until:
            return False
        self.proven, self.stops, self.stopped_until = True, 0, float("-inf")
        return True


@dataclass(slots=True)
class Departures:
    """What a look at the board found: ``batch`` may leave, ``uploads`` hand in their file first.

    ``aside`` lists lanes to wake after some seconds, ``back`` items that wait longer than is good for a claim;
    ``wait`` is how long nothing will change by itself.
    """

    batch: list = field(default_factory=list)
    uploads: list = field(default_factory=list)
    aside: list = field(default_factory=list)
    back: list = field(default_factory=list)
    wait: float = 1.0


class Board:
    """The numbers of this process with what waits and what is on its way."""

    def __init__(self, options):
        self.options = options
        self.numbers = {}
        self.pairs = PairRate()
        self.flying_of = {}
        self.flying = 0
        self.flying_campaigns = 0
        self._turn = 0

    @property
    def is_full(self):
        return self.flying >= self.options.in_flight

    def count(self, number, item, step):
        """One more (or one less) on its way."""
        number.in_flight += step
        self.flying += step
        self.flying_of[item.business] = self.flying_of.get(item.business, 0) + step
        if item.priority >= Priority.CAMPAIGN:
            self.flying_campaigns += step

    def wanted(self, with_work, at):
        """How much to claim for whom, as ``(number, at most, of priorities below)``.

        About a second of each number's rate, at most a fair share per business; agents' replies always.
        """
        self._turn += 1
        claimed = {}
        for number in self.numbers.values():
            business = number.facts.business
            claimed[business] = claimed.get(business, 0) + len(number.lanes)
        left = 2 * self.options.in_flight - self.flying - sum(claimed.values())
        wanted = []
        start = self._turn % max(1, len(with_work))
        for pk in with_work[start:] + with_work[:start]:
            number = self.numbers[pk]
            if number.rests(at):
                continue
            business = number.facts.business
            share = self.options.in_flight - claimed.get(business, 0) - self.flying_of.get(business, 0)
            target = 1 if number.stops else math.ceil(number.rate.rate) + 1
            room = min(target - len(number.lanes), left, share)
            if room > 0:
                wanted.append((pk, room, Priority.CAMPAIGN + 1))
                left -= room
                claimed[business] = claimed.get(business, 0) + room
            elif not number.stops and len(number.lanes) < target + AGENTS_ALWAYS:
                wanted.append((pk, AGENTS_ALWAYS, Priority.AGENT + 1))
        return wanted

    def next_to_leave(self, at):
        """Take what may leave now off the lanes, one of each number in turn."""
        found = Departures()
        more = [number for number in self.numbers.values() if len(number.lanes) and not number.rests(at)]
        while more and len(found.batch) < MARK_AT_ONCE:
            more = [number for number in more if self._look_at(number, at, found)]
        return found

    def _look_at(self, number, at, found):
        """Decide about the first item of one number; whether to look at that number again."""
        item = number.lanes.peek()
        if item is None or not self._has_room(item) or len(found.batch) >= MARK_AT_ONCE:
            return False
        pair = (item.number, item.conversation)
        seconds = self.pairs.next_at(pair, at) - at
        if seconds > PAIR_PATIENCE:
            number.lanes.take()
            found.back.append(([item, *number.lanes.hold(item)], seconds))
            number.lanes.done(item.conversation)
        elif seconds > 0:
            found.aside.append((number, number.lanes.skip(), seconds))
        elif item.media and not item.media["media_id"]:
            self.count(number, number.lanes.take(), 1)
            found.uploads.append((number, item))
        elif number.stops and number.in_flight:
            return False
        elif not number.rate.take(at):
            found.wait = min(found.wait, max(0.001, number.rate.next_at(at) - at))
            return False
        else:
            number.lanes.take()
            self.pairs.take(pair, at)
            self.count(number, item, 1)
            number.left += 1
            found.batch.append((number, item))
        return True

    def _has_room(self, item):
        if self.is_full or self.flying_of.get(item.business, 0) >= self.options.per_business:
            return False
        return item.priority < Priority.CAMPAIGN or self.flying_campaigns < self.options.campaigns

    def lanes_to_note(self, at, seconds):
        """What each number did in the last ``seconds``, for ``Store.note_lanes``; counting begins anew."""
        noted = []
        for number in self.numbers.values():
            stopped, pause = number.stopped_until - at, number.rate.paused_until - at
            state = "stopped" if stopped > 0 else "paused" if pause > 0 else "open"
            rests = max(stopped, pause)
            noted.append(
                {
                    "number": number.pk,
                    "business": number.facts.business,
                    "state": state,
                    "rests": rests if rests > 0 else None,
                    "code": number.pause_code if state != "open" else None,
                    "allowed": number.rate.rate,
                    "limit": number.rate.allowance,
                    "left": number.left / seconds,
                    "claimed": len(number.lanes),
                    "in_flight": number.in_flight,
                }
            )
            number.left = 0
        return noted

    def held(self):
        """The outbox ids that hold back their conversations."""
        return {
            pk for number in self.numbers.values() for turns in number.lanes.held.values() for _priority, pk in turns
        }

    def forget_held(self, ids):
        """These items are gone: they hold nothing back any more."""
        for number in self.numbers.values():
            for conversation, turns in list(number.lanes.held.items()):
                turns -= {turn for turn in turns if turn[1] in ids}
                if not turns:
                    del number.lanes.held[conversation]
