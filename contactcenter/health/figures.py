"""The figures of this moment. Every question is answered from an index and stops counting somewhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from config.clock import now
from config.heartbeat import real_now
from contactcenter.models import LaneState, OutboxItem, OutboxState, Priority, SenderLane
from onboarding.models import PhoneNumber
from providers.errors_text import explain
from providers.models import DeadLetter

SHOWN_NUMBERS = 20
SHOWN_UNKNOWN = 50
COUNTED_PER_LANE = 10_000
COUNTED = 100_000
COUNTED_LETTERS = 10_000
NOTED_WITHIN_SECONDS = 30
"""The sender notes its lanes every few seconds; an older note says that it has let go of the number."""

_NUMBERS = """
WITH RECURSIVE n AS (
  (SELECT phone_number_id FROM contactcenter_outboxitem WHERE state = 'waiting' ORDER BY phone_number_id LIMIT 1)
  UNION ALL
  SELECT (SELECT phone_number_id FROM contactcenter_outboxitem
          WHERE state = 'waiting' AND phone_number_id > n.phone_number_id ORDER BY phone_number_id LIMIT 1)
  FROM n WHERE n.phone_number_id IS NOT NULL
)
SELECT phone_number_id FROM n WHERE phone_number_id IS NOT NULL LIMIT %s
"""
"""Hops from number to number in the index, so that a waiting campaign costs one step."""
_LANES = """
SELECT n.number, p.priority, few.waiting, oldest.created_at
FROM unnest(%s::bigint[]) AS n(number) CROSS JOIN unnest(%s::smallint[]) AS p(priority)
CROSS JOIN LATERAL (
  SELECT created_at FROM contactcenter_outboxitem
  WHERE state = 'waiting' AND phone_number_id = n.number AND priority = p.priority ORDER BY id LIMIT 1
) AS oldest
CROSS JOIN LATERAL (
  SELECT count(*) AS waiting FROM (
    SELECT 1 FROM contactcenter_outboxitem
    WHERE state = 'waiting' AND phone_number_id = n.number AND priority = p.priority LIMIT %s
  ) AS counted
) AS few
"""
_OLDEST_REPLY = """
SELECT min(oldest.created_at) FROM unnest(%s::bigint[]) AS n(number)
CROSS JOIN LATERAL (
  SELECT created_at FROM contactcenter_outboxitem
  WHERE state = 'waiting' AND phone_number_id = n.number AND priority = %s AND not_before <= %s ORDER BY id LIMIT 1
) AS oldest
"""
_WAITING = """
SELECT priority, count(*) FROM (
  SELECT priority FROM contactcenter_outboxitem WHERE state = 'waiting' LIMIT %s
) AS few GROUP BY priority
"""
_LETTERS = """
SELECT kind, number, count(*), min(failed_at), max(failed_at) FROM (
  SELECT kind, number, failed_at FROM providers_deadletter WHERE closed_at IS NULL ORDER BY delivery_id LIMIT %s
) AS few GROUP BY kind, number ORDER BY count(*) DESC, kind, number LIMIT 50
"""


@dataclass(slots=True)
class Waiting:
    """What waits for a number in one lane; ``is_more``: at least so many."""

    priority: Priority
    count: int
    is_more: bool
    oldest_at: datetime


@dataclass(slots=True)
class NumberLanes:
    """A number with its waiting lanes and what the sender last noted about it, if that is fresh."""

    number: PhoneNumber
    waiting: list[Waiting]
    noted: SenderLane | None

    @property
    def state(self):
        return LaneState(self.noted.state) if self.noted else None

    @property
    def reason(self):
        """Why the number is paused or stopped, in words."""
        return explain(self.noted.pause_code) if self.noted and self.noted.pause_code else None

    @property
    def rests_for_seconds(self):
        if self.noted is None or self.noted.paused_until is None:
            return 0
        return max(0, round((self.noted.paused_until - real_now()).total_seconds()))


@dataclass(slots=True)
class LetterGroup:
    """Open dead letters of one kind and number."""

    kind: str
    number: str
    count: int
    first_at: datetime
    last_at: datetime


def numbers_with_work(limit):
    """The keys of numbers for which something waits."""
    return [number for (number,) in _rows(_NUMBERS, [limit])]


def lanes():
    """``NumberLanes`` of the numbers with work or with a sender on them, the longest waiting first; and if all fit."""
    fresh = real_now() - timedelta(seconds=NOTED_WITHIN_SECONDS)
    noted = {lane.phone_number_id: lane for lane in SenderLane.objects.filter(seen_at__gte=fresh)[:SHOWN_NUMBERS]}
    keys = numbers_with_work(SHOWN_NUMBERS + 1)
    all_fit = len(keys) <= SHOWN_NUMBERS
    waiting = {}
    for number, priority, count, oldest_at in _rows(
        _LANES, [keys[:SHOWN_NUMBERS], Priority.values, COUNTED_PER_LANE + 1]
    ):
        more = count > COUNTED_PER_LANE
        one = Waiting(Priority(priority), min(count, COUNTED_PER_LANE), more, oldest_at)
        waiting.setdefault(number, []).append(one)
    numbers = PhoneNumber.objects.select_related("business").in_bulk([*waiting, *noted])
    found = [
        NumberLanes(number, sorted(waiting.get(pk, []), key=lambda one: one.priority), noted.get(pk))
        for pk, number in numbers.items()
    ]
    found.sort(key=lambda one: (min((lane.oldest_at for lane in one.waiting), default=now()), one.number.pk))
    return found, all_fit


def waiting_by_priority():
    """How many messages wait in all, per priority; counting stops at ``COUNTED``."""
    return dict(_rows(_WAITING, [COUNTED]))


def oldest_reply_waits():
    """How long the oldest agent's reply that might leave has waited, or ``None``."""
    [(oldest_at,)] = _rows(_OLDEST_REPLY, [numbers_with_work(1000), Priority.AGENT, now()])
    return now() - oldest_at if oldest_at else None


def unknown_sends():
    """The oldest messages of which nobody knows whether they were sent; how many there are, at most 1,000."""
    unknown = OutboxItem.objects.filter(state=OutboxState.UNKNOWN).order_by("attempted_at")
    rows = unknown.select_related("business", "phone_number", "message__conversation")[:SHOWN_UNKNOWN]
    return list(rows), unknown.values("pk")[:1000].count()


def letter_groups():
    """Open dead letters by kind and number."""
    return [LetterGroup(*row) for row in _rows(_LETTERS, [COUNTED_LETTERS])]


def open_letters():
    """How many dead letters are open, at most ``COUNTED_LETTERS``."""
    return DeadLetter.objects.filter(closed_at=None).values("pk")[:COUNTED_LETTERS].count()


def _rows(sql, params):
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()
