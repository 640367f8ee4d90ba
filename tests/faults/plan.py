"""Rounds of faults: which kinds, how many trials, in what order; everything follows from the seed."""

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.faults import kinds_processes, kinds_provider, kinds_servers  # noqa: F401  each registers its kinds
from tests.faults.kinds import KINDS


@dataclass(slots=True)
class Outcome:
    """What came of all trials of one kind."""

    name: str
    trials: int = 0
    violations: Counter = field(default_factory=Counter)
    longest_backlog: float = 0.0
    seconds: float = 0.0
    unknown: int = 0

    def as_data(self, seed):
        return {
            "name": self.name,
            "value": sum(self.violations.values()),
            "unit": "violations",
            "n": self.trials,
            "ratio": None,
            "floor": None,
            "seed": seed,
            "broken": dict(self.violations),
            "backlog_seconds": round(self.longest_backlog, 1),
            "unknown_allowed": self.unknown,
            "seconds": round(self.seconds, 1),
        }


def rounds(seed, trials=None, only=(), quick=False):
    """``[(kind, indexes of its trials)]`` in the seed's order.

    ``trials`` scales the whole (each kind is tried at least once); ``only`` are prefixes of kinds.
    """
    chosen = [one for one in KINDS.values() if not only or any(one.name.startswith(prefix) for prefix in only)]
    counts = {one.name: one.quick if quick else one.trials for one in chosen}
    if trials and not quick:
        whole = sum(counts.values())
        counts = {name: max(1, round(count * trials / whole)) for name, count in counts.items()}
    planned = []
    for one in chosen:
        indexes = list(range(counts[one.name]))
        planned += [(one, indexes[start : start + one.group]) for start in range(0, len(indexes), one.group)]
    random.Random(f"{seed}:order").shuffle(planned)
    return planned


def run(world, seed, planned, tell=print):
    """Strike, heal, wait, check, round by round. Returns ``{kind: Outcome}``; ``tell`` gets a line per round."""
    outcomes = {}
    for one, indexes in planned:
        outcome = outcomes.setdefault(one.name, Outcome(one.name))
        began, allowed = time.monotonic(), 0
        for index in indexes:
            rng = random.Random(f"{seed}:{one.name}:{index}")
            try:
                allowed += one.once(world, rng, index)
            except AssertionError as exc:
                outcome.violations["did_not_strike"] += 1
                world.checker.examples.append(f"{one.name} {index}: {exc}")
            outcome.trials += 1
        found, took = world.settle(allowed, one.settle)
        outcome.violations += found
        outcome.longest_backlog = max(outcome.longest_backlog, took)
        outcome.unknown += allowed
        outcome.seconds += time.monotonic() - began
        tell(
            f"{one.name} x{len(indexes)}: {sum(found.values())} violations, quiet after {took:.1f} s, "
            f"{time.monotonic() - began:.0f} s in all" + (f"  {dict(found)}" if found else "")
        )
    return outcomes


def report(outcomes, seed):
    """JSON lines, one per kind, and one for the whole."""
    lines = [outcome.as_data(seed) for _name, outcome in sorted(outcomes.items())]
    whole = Outcome("faults")
    for outcome in outcomes.values():
        whole.trials += outcome.trials
        whole.violations += outcome.violations
        whole.longest_backlog = max(whole.longest_backlog, outcome.longest_backlog)
        whole.seconds += outcome.seconds
        whole.unknown += outcome.unknown
    return [json.dumps(line) for line in [*lines, whole.as_data(seed) | {"kinds": len(outcomes)}]]
