"""Counters of the whole installation: rows that any process adds to, so that ``/metrics`` says one thing everywhere.

Names: ``digested``, ``events``, ``unknown``, ``dead`` (digestion), ``written``, ``commits``, ``failed_commits``,
``refused.<why>`` (the door), ``sent.<outcome>`` (the sender), ``error.<where>.<code>``.

A slot keeps writers that hold their transaction open for a while apart; the sum over the slots is the figure. Those who
count in memory and write now and then lose a few seconds of counts when they are killed: nothing depends on a tally.
"""

import threading

from django.db import connection

SHARED_SLOT = 0
"""For short transactions of their own. Digestion uses 1 + the least shard that it holds (``ledger.advance``)."""

ADD = """
INSERT INTO providers_tally AS t (name, slot, value)
SELECT * FROM unnest(%s::text[], %s::smallint[], %s::bigint[])
ON CONFLICT (name, slot) DO UPDATE SET value = t.value + EXCLUDED.value
"""


def parameters(counts, slot=SHARED_SLOT):
    """The parameters of ``ADD`` for ``{name: how many}``; sorted, so that two writers can't wait in a circle."""
    names = sorted(name for name, count in counts.items() if count)
    return [[name[:60] for name in names], [slot] * len(names), [counts[name] for name in names]]


def add(counts, slot=SHARED_SLOT):
    """Add to the counters, in the present transaction."""
    if any(counts.values()):
        with connection.cursor() as cursor:
            cursor.execute(ADD, parameters(counts, slot))


def error_name(where, code):
    """The counter of a provider's error; ``where`` is ``status``, ``send`` or ``call``."""
    known = isinstance(code, int) and 0 < code < 10_000_000
    return f"error.{where}.{code if known else 'other'}"


def totals():
    """Every counter's value."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sum(value)::bigint FROM providers_tally GROUP BY name ORDER BY name")
        return dict(cursor.fetchall())


class Unwritten:
    """Counts that wait in memory for their writer; any thread may count."""

    def __init__(self):
        self._counts = {}
        self._lock = threading.Lock()

    def count(self, name, how_many=1):
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + how_many

    def take(self):
        """What was counted since the last time."""
        with self._lock:
            counts, self._counts = self._counts, {}
        return counts

    def put_back(self, counts):
        """The counts could not be written: keep them for the next time."""
        for name, how_many in counts.items():
            self.count(name, how_many)

    def __bool__(self):
        return bool(self._counts)
