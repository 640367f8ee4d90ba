"""Who may leave now and for whom to claim: rates, pairs, fair shares, agents before campaigns. Pure; time is given."""

import math
from dataclasses import dataclass, field

from contactcenter.models.outbox import Priority
from contactcenter.sender.lanes import Lanes
from contactcenter.sender.limits import NumberRate, PairRate
from contactcenter.sender.store import Facts

MARK_AT_ONCE = 200
CLAIM_AT_ONCE = 400
"""A claim that takes longer than this would keep agents' replies waiting."""
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
    more: bool = False
    """The last claim took as much as it asked for: probably more waits."""
    proven: bool = False
    """Something was accepted since this process took the number over: what an earlier one reported is over."""

    @property
    def target(self):
        """How much to have at hand: about a second of the number's rate, one message while it is stopped."""
        return 1 if self.stops else math.ceil(self.rate.rate) + 1

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
    """What a look at the board found: ``batch`` may leave at a moment each, ``uploads`` hand in their file first.

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
        self._rates = {}
        self._turn = 0

    def take_over(self, pk, facts, held, at):
        """This process is the one sender of a number now. What left a moment ago still counts."""
        rate = self._rates.setdefault(pk, NumberRate(facts.per_second, at))
        rate.set_allowance(facts.per_second)
        number = self.numbers[pk] = Number(pk, facts, rate, had_work_at=at)
        number.lanes.held = held
        return number

    def forget_paid(self, at):
        """Drop what no longer limits anything."""
        self.pairs.forget_paid(at)
        for pk in self._rates.keys() - self.numbers.keys():
            rate = self._rates[pk]
            if not rate.is_paused(at) and rate.rate >= rate.allowance and not rate.left_in_last_second(at):
                del self._rates[pk]

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

    def is_hungry(self, at):
        """Whether what is at hand goes down while more waits: time to claim."""
        at_hand = sum(len(number.lanes) for number in self.numbers.values())
        if at_hand > self.options.in_flight * 3 // 2:
            return False
        return any(number.more and self._runs_low(number) and not number.rests(at) for number in self.numbers.values())

    def _runs_low(self, number):
        return len(number.lanes) * 4 < min(number.target, self.options.in_flight) * 3

    def wanted(self, with_work, at):
        """How much to claim for whom, as ``(number, at most, of priorities below)``.

        About a second of each number's rate, at most a fair share per business; agents' replies always.
        """
        self._turn += 1
        claimed = {}
        for number in self.numbers.values():
            business = number.facts.business
            claimed[business] = claimed.get(business, 0) + len(number.lanes)
        left = min(CLAIM_AT_ONCE, 2 * self.options.in_flight - sum(claimed.values()))
        wanted = []
        start = self._turn % max(1, len(with_work))
        asking = [pk for pk in with_work[start:] + with_work[:start] if not self.numbers[pk].rests(at)]
        for place, pk in enumerate(asking):
            number = self.numbers[pk]
            business = number.facts.business
            share = self.options.in_flight - claimed.get(business, 0)
            room = min(number.target - len(number.lanes), math.ceil(left / (len(asking) - place)), share)
            if room > 0 and (self._runs_low(number) or not number.more):
                wanted.append((pk, room, Priority.CAMPAIGN + 1))
                left -= room
                claimed[business] = claimed.get(business, 0) + room
            elif not number.stops and len(number.lanes) < number.target + AGENTS_ALWAYS:
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
        elif item.lacks_files:
            self.count(number, number.lanes.take(), 1)
            found.uploads.append((number, item))
        elif number.stops and number.in_flight:
            return False
        else:
            urgent = item.priority <= Priority.AGENT
            moment = number.rate.reserve(at, urgent)
            if moment is None:
                found.wait = min(found.wait, max(0.001, number.rate.next_at(at, urgent) - at))
                return False
            number.lanes.take()
            self.pairs.take(pair, at)
            self.count(number, item, 1)
            found.batch.append((number, item, moment))
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
