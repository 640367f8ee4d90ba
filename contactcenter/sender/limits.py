"""How fast a number may speak, and how fast to one person. Pure; time is a monotonic number of seconds.

Meta: "Throughput" (2026-05-21) and the pair rate limit as restated by providers (messaging reference §4).
"""

PAIR_SECONDS = 6.0
PAIR_BURST = 45
BURST_SECONDS = 0.1
"""How much of a second's allowance may leave at once."""
RECOVERY_PER_SECOND = 0.05
"""After "too fast" the rate climbs back by this share of the number's allowance each second."""
LEAST_RATE = 0.5


class NumberRate:
    """A token bucket for one number. It starts empty, halves when the provider says "too fast", climbs back slowly."""

    def __init__(self, per_second, at):
        self.allowance = float(per_second)
        self.rate = self.allowance
        self.tokens = 0.0
        self.paused_until = float("-inf")
        self._at = at

    def set_allowance(self, per_second):
        """The number's own limit changed; a rate that was never cut follows at once."""
        if self.rate >= self.allowance:
            self.rate = float(per_second)
        self.allowance = float(per_second)
        self.rate = min(self.rate, self.allowance)

    def _refill(self, at):
        passed = max(0.0, at - self._at)
        self._at = at
        if self.rate < self.allowance:
            self.rate = min(self.allowance, self.rate + self.allowance * RECOVERY_PER_SECOND * passed)
        self.tokens = min(self.tokens + self.rate * passed, max(1.0, self.rate * BURST_SECONDS))

    def take(self, at):
        """Use one token if there is one and the number isn't paused."""
        self._refill(at)
        if at < self.paused_until or self.tokens < 1.0:
            return False
        self.tokens -= 1.0
        return True

    def give_back(self):
        """What was taken didn't leave after all."""
        self.tokens += 1.0

    def next_at(self, at):
        """When the next token will be there."""
        self._refill(at)
        return max(self.paused_until, at + max(0.0, 1.0 - self.tokens) / self.rate)

    def pause(self, at, seconds):
        """Nothing may leave for a while."""
        self.paused_until = max(self.paused_until, at + seconds)
        self.tokens = 0.0

    def is_paused(self, at):
        return at < self.paused_until

    def too_fast(self, at):
        """The provider said 130429: half the rate, and a second of silence. Answers to one burst count once."""
        if not self.is_paused(at):
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
