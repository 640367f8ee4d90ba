"""The figures of this moment. Every question is answered from an index and stops counting somewhere."""

from collections import Counter
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
COUNTED_NUMBERS = 1_000
NO_SENDER = "no_sender"
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
_OLDEST = """
SELECT p.priority, min(oldest.created_at) FROM unnest(%s::bigint[]) AS n(number)
CROSS JOIN unnest(%s::smallint[]) AS p(priority)
CROSS JOIN LATERAL (
  SELECT created_at FROM contactcenter_outboxitem
  WHERE state = 'waiting' AND phone_number_id = n.number AND priority = p.priority ORDER BY id LIMIT 1
) AS oldest GROUP BY p.priority
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
class LaneTotals:
    """All lanes of the installation together, as far as the sender noted them lately."""

    states: dict
    """How many numbers are in which ``LaneState``; ``NO_SENDER`` has work that no sender took."""
    resting: dict
    """How many numbers are paused or stopped for which of the provider's codes."""
    left_per_second: float
    allowed_per_second: float
    claimed: int
    in_flight: int
    rests_for_seconds: float
    """Until the last of the paused and stopped ones goes on."""


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


def lane_totals():
    """``LaneTotals`` of at most ``COUNTED_NUMBERS`` numbers."""
    present = real_now()
    noted = list(
        SenderLane.objects.filter(seen_at__gte=present - timedelta(seconds=NOTED_WITHIN_SECONDS))[:COUNTED_NUMBERS]
    )
    states = Counter(lane.state for lane in noted)
    states[NO_SENDER] = len({*numbers_with_work(COUNTED_NUMBERS)} - {lane.phone_number_id for lane in noted})
    ends = [lane.paused_until for lane in noted if lane.paused_until is not None]
    return LaneTotals(
        states={state: states[state] for state in (*LaneState.values, NO_SENDER)},
        resting=dict(Counter(lane.pause_code for lane in noted if lane.pause_code is not None)),
        left_per_second=sum(lane.left_per_second for lane in noted),
        allowed_per_second=sum(lane.allowed_per_second for lane in noted),
        claimed=sum(lane.claimed for lane in noted),
        in_flight=sum(lane.in_flight for lane in noted),
        rests_for_seconds=max(0.0, max(((end - present).total_seconds() for end in ends), default=0.0)),
    )


def oldest_by_priority():
    """How long the oldest message of each lane has waited, as a ``timedelta`` per priority; empty lanes are missing."""
    rows = _rows(_OLDEST, [numbers_with_work(COUNTED_NUMBERS), Priority.values])
    return {Priority(priority): now() - oldest_at for priority, oldest_at in rows}


def waiting_by_priority():
    """How many messages wait in all, per priority; counting stops at ``COUNTED``."""
    return dict(_rows(_WAITING, [COUNTED]))


def oldest_reply_waits():
    """How long the oldest agent's reply that might leave has waited, or ``None``."""
    [(oldest_at,)] = _rows(_OLDEST_REPLY, [numbers_with_work(COUNTED_NUMBERS), Priority.AGENT, now()])
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
