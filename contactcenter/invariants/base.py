"""How an invariant is asked: rules that select the rows that break it, all of them in one snapshot."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection, transaction

from tenants.tenancy import every_business

STATEMENT_MINUTES = 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts as too much, and how far back to look. Seconds unless a name says otherwise."""

    examples: int = 5
    ledger_hours: float = 24.0
    """Deliveries older than this aren't read again."""
    undigested: float = 60.0
    beyond_lease: float = 60.0
    due: float = 300.0
    """How long an agent's reply may be due before the outbox counts as stuck."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``sql`` selects what breaks it: an id first, then columns that help to understand. ``says`` is a sentence."""

    says: str
    sql: str
    parameters: Callable[[Limits], tuple] = lambda limits: ()


@dataclass(frozen=True, slots=True)
class Broken:
    """One rule that is broken ``count`` times; ``rows`` describes the first few."""

    says: str
    count: int
    rows: list[str]


@dataclass(frozen=True, slots=True)
class Invariant:
    """``rules`` are set-wise SQL; ``look`` yields ``Broken`` for what SQL alone can't see."""

    name: str
    promise: str
    rules: tuple[Rule, ...] | Callable[[], tuple[Rule, ...]] = ()
    look: Callable[[Limits, dict], Iterator[Broken]] | None = None


@dataclass(slots=True)
class Verdict:
    """What was found; ``facts`` are counts that help to believe it."""

    name: str
    promise: str
    broken: list[Broken] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def violations(self):
        return sum(one.count for one in self.broken)

    def as_data(self):
        """For ``--json``."""
        return {
            "invariant": self.name,
            "violations": self.violations,
            "broken": [{"rule": one.says, "count": one.count, "rows": one.rows} for one in self.broken],
            "facts": self.facts,
            "seconds": round(self.seconds, 3),
        }


def judge(invariant, limits):
    """Ask one invariant in one read-only snapshot (inside a transaction that is open already: in that one)."""
    began = time.monotonic()
    verdict = Verdict(invariant.name, invariant.promise)
    with _snapshot():
        rules = invariant.rules() if callable(invariant.rules) else invariant.rules
        verdict.facts["rules"] = len(rules)
        for rule in rules:
            count, rows = breaking(rule.sql, rule.parameters(limits), limits.examples)
            if count:
                verdict.broken.append(Broken(rule.says, count, rows))
        if invariant.look:
            verdict.broken += [one for one in invariant.look(limits, verdict.facts) if one.count]
    verdict.seconds = time.monotonic() - began
    return verdict


def breaking(sql, parameters, examples):
    """How many rows a query finds, and the first of them in words."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found AS MATERIALIZED ({sql}) SELECT (SELECT count(*) FROM found), found.* FROM found LIMIT %s",
            [*parameters, examples],
        )
        rows = cursor.fetchall()
        names = [column.name for column in cursor.description or ()][1:]
    if not rows:
        return 0, []
    return rows[0][0], [
        ", ".join(f"{name} {value}" for name, value in zip(names, row[1:], strict=True)) for row in rows
    ]


@contextmanager
def _snapshot():
    """Every rule of an invariant sees the same moment, and none of them can write."""
    joins = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if not joins:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{STATEMENT_MINUTES}min"])
        with every_business():
            yield
