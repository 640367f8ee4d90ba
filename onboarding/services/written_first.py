"""Whom a portfolio wrote to first in the last 24 hours, counted by us, against Meta's messaging limit.

Meta: different people to whom messages outside a customer service window may go in a moving 24 hours, over all numbers
of a portfolio (docs "Messaging limits", 7 October 2025). Which code Meta answers beyond it is not documented, so we
stop before. We count when a message leaves; Meta counts what it delivers, so its figure is never above ours.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from config import bulk
from config.clock import now
from onboarding.models import PersonWritten
from providers.words import MessagingLimit

WINDOW = timedelta(hours=24)
KEPT = timedelta(hours=48)
SWEPT_AT_ONCE = 5000
REMEMBERED_SECONDS = 5.0
"""How long the gate believes a count of many people; the sender counts again before anything leaves."""
MANY = 10_000

_counted = {}


@dataclass(frozen=True, slots=True)
class Usage:
    """``people`` may be written to first in 24 hours (``None``: no limit, or not known), ``used`` were.

    ``next_place_at`` is when the next place becomes free, if none is now.
    """

    limit: MessagingLimit
    people: int | None
    used: int
    next_place_at: datetime | None = None

    @property
    def left(self):
        return None if self.people is None else max(0, self.people - self.used)

    @property
    def share(self):
        """How much is used, in percent of the limit; ``None`` without one."""
        return None if not self.people else min(100, round(100 * self.used / self.people))


def portfolio_of(waba):
    """The key under which a WABA's people are counted; the sender's SQL makes the same one."""
    return waba.portfolio_id or f"waba:{waba.pk}"


def limit_of(number):
    """The messaging limit that holds for a number: its portfolio's, as the provider said last."""
    word = number.messaging_limit or (number.waba.messaging_limit if number.waba_id else "")
    return MessagingLimit(word or "unknown")


def usage(number, at=None):
    """How much of the limit is used now. Must be called inside a scope; reads rows of this business alone."""
    at, limit = at or now(), limit_of(number)
    if not number.waba_id:
        return Usage(limit, limit.people_per_day, 0)
    rows = PersonWritten.objects.filter(portfolio=portfolio_of(number.waba), at__gt=at - WINDOW)
    used = rows.count()
    people = limit.people_per_day
    next_place_at = None
    if people is not None and used >= people:
        next_place_at = rows.aggregate(first=Min("at"))["first"] + WINDOW if used else None
    return Usage(limit, people, used, next_place_at)


def place_for(number, contact, at=None):
    """``(whether this person may be written to first now, when a place becomes free if not)``."""
    at = at or now()
    people = limit_of(number).people_per_day
    if people is None or not number.waba_id:
        return True, None
    portfolio = portfolio_of(number.waba)
    if people >= MANY and _looks_roomy(portfolio, people):
        return True, None
    if PersonWritten.objects.filter(portfolio=portfolio, contact=contact, at__gt=at - WINDOW).exists():
        return True, None
    counted = usage(number, at)
    _counted[portfolio] = (time.monotonic(), counted.used)
    return counted.left > 0, counted.next_place_at


def _looks_roomy(portfolio, people):
    """Whether a count of a moment ago left plenty: campaigns ask for each of many thousands."""
    seen_at, used = _counted.get(portfolio, (float("-inf"), 0))
    return time.monotonic() - seen_at < REMEMBERED_SECONDS and used < people * 9 // 10


_OLD = """
DELETE FROM onboarding_personwritten WHERE id IN (
  SELECT id FROM onboarding_personwritten WHERE at < %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED
)
"""


def forget_old(at=None):
    """Drop rows that count no longer; returns how many. Must be called in ``every_business``."""
    return bulk.run(_OLD, [(at or now()) - KEPT, SWEPT_AT_ONCE])
