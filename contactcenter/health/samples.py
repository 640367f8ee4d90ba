"""One row a minute with the figures of the installation, kept for two weeks, so that they can be drawn over time.

Counters are kept as they stand; what happened in a stretch of time is the difference of its two ends, however long it
is. So a chart of a day and one of two weeks read equally many rows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from django.db import connection

from config.clock import now
from contactcenter.health import figures
from providers import tallies
from providers.models import Sample
from providers.webhooks import ledger

KEPT = timedelta(days=14)

_TAKE = "INSERT INTO providers_sample (at, figures) VALUES (%s, %s) ON CONFLICT (at) DO NOTHING"
_READ = """
SELECT b.ends, s.figures::text FROM generate_series(%(first)s::timestamptz, %(last)s, %(step)s) AS b(ends)
LEFT JOIN LATERAL (
  SELECT figures FROM providers_sample WHERE at <= b.ends AND at > b.ends - %(step)s ORDER BY at DESC LIMIT 1
) AS s ON true ORDER BY b.ends
"""


@dataclass(slots=True)
class Stretch:
    """Samples at equal steps; ``figures`` is ``None`` where nobody took one."""

    moments: list[datetime]
    figures: list[dict | None]
    minutes: float
    """The length of a step."""

    def gauge(self, name):
        """The figure at each moment after the first; ``None`` where it isn't known."""
        return [one.get(name) if one else None for one in self.figures[1:]]

    def per_minute(self, *names):
        """How often something happened, per minute, between each moment and the one before."""
        return [self._rate(*pair, names) for pair in zip(self.figures, self.figures[1:], strict=False)]

    def _rate(self, before, after, names):
        if before is None or after is None:
            return None
        change = sum(after.get(name, 0) for name in names) - sum(before.get(name, 0) for name in names)
        return change / self.minutes if change >= 0 else None

    def names(self, beginning):
        """The counters whose names begin so."""
        return sorted({name for one in self.figures if one for name in one if name.startswith(beginning)})

    def change(self, name):
        """How often something happened from the first known moment to the last."""
        known = [one.get(name, 0) for one in self.figures if one]
        return max(0, known[-1] - known[0]) if known else 0


def take():
    """Keep the figures of this minute, once; returns whether this call did. Belongs inside ``every_business()``."""
    present = now()
    at = present.replace(second=0, microsecond=0)
    if Sample.objects.filter(at=at).exists():
        return False
    _unknown, unknown_sends = figures.unknown_sends()
    taken = tallies.totals() | {
        "heard": ledger.heard_so_far(),
        "lag": round(ledger.lag(ledger.waiting().values(), present).total_seconds(), 1),
        "waiting": sum(figures.waiting_by_priority().values()),
        "unknown_sends": unknown_sends,
        "open_letters": figures.open_letters(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [at, orjson.dumps(taken).decode()])
        is_first = cursor.rowcount == 1
    if at.minute == 0:
        Sample.objects.filter(at__lt=at - KEPT).delete()
    return is_first


def read(length, steps):
    """The ``Stretch`` of ``length`` (a ``timedelta``) up to now, in ``steps`` steps."""
    step = length / steps
    last = now().replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(_READ, {"first": last - length, "last": last, "step": step})
        rows = cursor.fetchall()
    read = [orjson.loads(text) if text else None for _at, text in rows]
    return Stretch([at for at, _text in rows], read, step.total_seconds() / 60)
