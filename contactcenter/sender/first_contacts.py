"""The messaging limit at the moment of leaving: how many more people a portfolio may be written to first.

Counting costs something, so the sender counts exactly only where the limit is near (``Facts.limit``), and a lock per
portfolio keeps two senders from giving away the same place. What finds no place waits in the outbox.
"""

from dataclasses import dataclass
from datetime import timedelta

WINDOW = timedelta(hours=24)
EXACT_BELOW = 10_000
"""Up to this limit every mark counts; above it only when four fifths are used, as of the last look."""
SOONEST, LATEST = 60.0, 3600.0
"""How long a message without a place waits at least and at most before it is tried again, in seconds."""

PORTFOLIO = "coalesce(nullif(w.portfolio_id, ''), 'waba:' || w.id)"
"""As ``onboarding.services.written_first.portfolio_of``."""

USED = """
SELECT k.portfolio, (
  SELECT count(*) FROM (
    SELECT FROM onboarding_personwritten p WHERE p.portfolio = k.portfolio AND p.at > %(since)s LIMIT k.people
  ) c
) FROM unnest(%(portfolios)s::text[], %(people)s::int[]) AS k(portfolio, people)
"""
OLDEST = """
SELECT k.portfolio, (SELECT min(p.at) FROM onboarding_personwritten p
                     WHERE p.portfolio = k.portfolio AND p.at > %(since)s)
FROM unnest(%(portfolios)s::text[]) AS k(portfolio)
"""
LOCK = """
SELECT pg_advisory_xact_lock(%(room)s, hashtext(portfolio))
FROM (SELECT unnest(%(portfolios)s::text[]) AS portfolio ORDER BY 1) k
"""
LOCK_ROOM = 0x5E4E


@dataclass(frozen=True, slots=True)
class Limit:
    """How many people a portfolio may write to first in 24 hours; ``is_near``: so few more that marks must count."""

    portfolio: str
    people: int
    is_near: bool


def limits_of(cursor, rows, present):
    """``{portfolio: Limit}`` for ``{portfolio: people}``; portfolios without a limit don't occur."""
    if not rows:
        return {}
    cursor.execute(USED, {"portfolios": list(rows), "people": list(rows.values()), "since": present - WINDOW})
    return {
        portfolio: Limit(portfolio, rows[portfolio], rows[portfolio] <= EXACT_BELOW or used * 5 >= rows[portfolio] * 4)
        for portfolio, used in cursor.fetchall()
    }


def room(cursor, limits, present):
    """``{portfolio: places left}`` for some near limits; until the commit nobody else gives places away."""
    people = {limit.portfolio: limit.people for limit in limits}
    if not people:
        return {}
    cursor.execute(LOCK, {"room": LOCK_ROOM, "portfolios": list(people)})
    cursor.execute(USED, {"portfolios": list(people), "people": list(people.values()), "since": present - WINDOW})
    return {portfolio: people[portfolio] - used for portfolio, used in cursor.fetchall()}


class Wait(float):
    """A message found no place: it is tried again after so many seconds."""


def waits(cursor, pairs, marked, present):
    """``{outbox id: Wait}`` for those of ``(item, portfolio)`` that ``marked`` refuses with ``"limit"``."""
    refused = {item.id: portfolio for item, portfolio in pairs if marked.get(item.id) == "limit"}
    cursor.execute(OLDEST, {"portfolios": sorted(set(refused.values())), "since": present - WINDOW})
    until = {
        portfolio: SOONEST if oldest is None else (oldest + WINDOW - present).total_seconds()
        for portfolio, oldest in cursor.fetchall()
    }
    return {pk: Wait(min(LATEST, max(SOONEST, until[portfolio]))) for pk, portfolio in refused.items()}
