"""How fast a number may speak, and how fast to one person. Pure; time is a monotonic number of seconds.

Meta: "Throughput" (2026-05-21) and the pair rate limit as restated by providers (messaging reference §4).
"""

import math
from collections import deque

PAIR_SECONDS = 6.0
PAIR_BURST = 45
AHEAD_SECONDS = 0.05
"""How far ahead departures get their moment: many attempt marks in one commit, and no gap while it lasts."""
LATE_SECONDS = 0.2
"""How much of what a late process missed it may make up for."""
URGENT_SECONDS = 0.15
"""How far an agent's reply may run ahead of the even pace that others keep."""
WINDOW_SECONDS = 1.003
"""The second in which the limit is never passed, and what two clocks may differ."""
ASIDE = 0.02
"""The share of the limit that only agents' replies may use."""
RECOVERY_PER_SECOND = 0.05
"""After "too fast" the rate climbs back by this share of the number's allowance each second."""
LEAST_RATE = 0.5


class NumberRate:
    """When the messages of one number leave: evenly, and never more than the limit in any second.

    ``reserve`` gives a message its moment before it is marked; ``leave`` is asked at its first byte and keeps the
    limit whatever happened in between. "Too fast" halves the rate, which climbs back slowly.
    """

    def __init__(self, per_second, at):
        self.allowance = float(per_second)
        self.rate = self.allowance
        self.paused_until = float("-inf")
        self._at = at
        self._next = at + URGENT_SECONDS
        """The next moment of the even pace. It begins with nothing saved up: what left before isn't known."""
        self._left = deque()
        """The departures of the last second."""

    def set_allowance(self, per_second):
        """The number's own limit changed; a rate that was never cut follows at once."""
        if self.rate >= self.allowance:
            self.rate = float(per_second)
        self.allowance = float(per_second)
        self.rate = min(self.rate, self.allowance)

    def _climb(self, at):
        passed = max(0.0, at - self._at)
        self._at = at
        if self.rate < self.allowance:
            self.rate = min(self.allowance, self.rate + self.allowance * RECOVERY_PER_SECOND * passed)

    def _limit(self, urgent):
        """The most that may leave in any second; what isn't urgent leaves agents' replies their share of it."""
        most = max(1, math.floor(self.rate))
        return most if urgent or most < 5 else most - math.ceil(most * ASIDE)

    @property
    def _pace(self):
        """Seconds between departures."""
        return 1.0 / (self._limit(urgent=False) if self.rate >= 1.0 else self.rate)

    def _moment(self, at, urgent):
        following = max(self._next, at - LATE_SECONDS)
        return max(at, following - URGENT_SECONDS if urgent else following, self.paused_until)

    def reserve(self, at, urgent=False):
        """The moment at which one more message may leave, if that is near; ``None`` otherwise."""
        self._climb(at)
        moment = self._moment(at, urgent)
        if moment > at + AHEAD_SECONDS:
            return None
        self._next = max(self._next, at - LATE_SECONDS) + self._pace
        return moment

    def next_at(self, at, urgent=False):
        """When to ``reserve`` again."""
        return max(at, self._moment(at, urgent) - AHEAD_SECONDS / 2)

    def leave(self, at, urgent=False):
        """The first byte leaves now; ``False`` when that would be one too many in this second."""
        self._forget(at)
        if at < self.paused_until or len(self._left) >= self._limit(urgent):
            return False
        self._left.append(at)
        return True

    def _forget(self, at):
        while self._left and self._left[0] <= at - WINDOW_SECONDS:
            self._left.popleft()

    def room_at(self, at, urgent=False):
        """When ``leave`` may say yes again; ``at`` if it may now."""
        self._forget(at)
        too_many = len(self._left) - self._limit(urgent)
        return max(at, self.paused_until, self._left[too_many] + WINDOW_SECONDS if too_many >= 0 else at)

    def left_in_last_second(self, at):
        """How much really left."""
        return sum(1 for moment in self._left if moment > at - 1.0)

    def pause(self, at, seconds):
        """Nothing may leave for a while."""
        self.paused_until = max(self.paused_until, at + seconds)
        self._next = max(self._next, self.paused_until)

    def is_paused(self, at):
        return at < self.paused_until

    def too_fast(self, at):
        """The provider said 130429: half the rate, and a second of silence. Answers to one burst count once."""
        if not self.is_paused(at):
            self._climb(at)
            self.rate = max(LEAST_RATE, self.rate / 2)
            self.pause(at, 1.0)


class PairRate:
    """One message in six seconds to one person, with bursts of 45 that are paid back later (131056)."""

    def __init__(self, seconds=PAIR_SECONDS, burst=PAIR_BURST):
        self.seconds = seconds
        self.burst = burst
        self._due = {}
        """When each pair's debt will be paid."""

    def next_at(self, pair, at):
        """When the pair may have its next message; not later than ``at`` means now."""
        debt_ends = max(self._due.get(pair, at), at)
        return debt_ends - (self.burst - 1) * self.seconds

    def take(self, pair, at):
        """Note that a message to this pair leaves."""
        self._due[pair] = max(self._due.get(pair, at), at) + self.seconds

    def forget_paid(self, at):
        """Drop the pairs that owe nothing."""
        self._due = {pair: due for pair, due in self._due.items() if due > at}

    def __len__(self):
        return len(self._due)
