"""Rounds of faults: which kinds, how many trials, in what order; everything follows from the seed."""

import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import psycopg2
import redis

from tests.faults import kinds_clients, kinds_processes, kinds_provider, kinds_servers  # noqa: F401  each registers its kinds
from tests.faults.kinds import KINDS, Broken


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


def run(world, seed, planned, tell=print, together=1):
    """Strike, heal, wait, check, round by round. Returns ``{kind: Outcome}``; ``tell`` gets a line per check.

    With ``together`` so many rounds share one healing and one check; what is broken then counts for each of their
    kinds, and running one of them alone tells whose it is.
    """
    outcomes = {}
    for start in range(0, len(planned), together):
        began, allowed, struck, broken_at_once = time.monotonic(), 0, [], 0
        for one, indexes in planned[start : start + together]:
            outcome = outcomes.setdefault(one.name, Outcome(one.name))
            before = sum(outcome.violations.values())
            may_be_unknown = _strike_all(world, seed, one, indexes, outcome)
            broken_at_once += sum(outcome.violations.values()) - before
            outcome.unknown += may_be_unknown
            allowed += may_be_unknown
            struck.append(f"{one.name} x{len(indexes)}")
        kinds = {one.name: one for one, _indexes in planned[start : start + together]}
        found, took = world.settle(allowed, max(one.settle for one in kinds.values()))
        seconds = time.monotonic() - began
        for name in kinds:
            outcomes[name].violations += found
            outcomes[name].longest_backlog = max(outcomes[name].longest_backlog, took)
            outcomes[name].seconds += seconds / len(kinds)
        broken = sum(found.values()) + broken_at_once
        tell(
            f"{', '.join(struck)}: {broken} violations, quiet after {took:.1f} s, {seconds:.0f} s in all"
            + (f"  {dict(found)}" if found else "")
            + (f"  {broken_at_once} while it was struck" if broken_at_once else "")
        )
    return outcomes


def _strike_all(world, seed, one, indexes, outcome):
    """The trials of one round; how many sends they may have left unknown."""
    allowed = 0
    for index in indexes:
        try:
            allowed += one.once(world, random.Random(f"{seed}:{one.name}:{index}"), index)
        except (AssertionError, OSError, psycopg2.Error, redis.RedisError) as exc:  # requests' errors are OSErrors
            outcome.violations[exc.promise if isinstance(exc, Broken) else "did_not_strike"] += 1
            words = str(exc)
            shown = words if len(words) < 700 else f"{words[:300]} … {words[-300:]}"
            world.checker.examples.append(f"{one.name} {index}: {shown}")
        outcome.trials += 1
    return allowed


def report(outcomes, seed, **facts):
    """JSON lines, one per kind, and one for the whole, which carries ``facts``."""
    lines = [outcome.as_data(seed) for _name, outcome in sorted(outcomes.items())]
    whole = Outcome("faults")
    for outcome in outcomes.values():
        whole.trials += outcome.trials
        whole.violations += outcome.violations
        whole.longest_backlog = max(whole.longest_backlog, outcome.longest_backlog)
        whole.seconds += outcome.seconds
        whole.unknown += outcome.unknown
    return [json.dumps(line) for line in [*lines, whole.as_data(seed) | {"kinds": len(outcomes)}]]
