"""Months and days of a business, in its own time zone."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.clock import now

_WRITTEN = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month; ``first`` is its first day."""

    first: date

    @classmethod
    def of(cls, day):
        return cls(day.replace(day=1))

    @classmethod
    def read(cls, text):
        """The month written as ``2026-11``, or ``None``."""
        found = _WRITTEN.fullmatch(text or "")
        if not found or not (2000 <= int(found[1]) <= 2999 and 1 <= int(found[2]) <= 12):
            return None
        return cls(date(int(found[1]), int(found[2]), 1))

    @property
    def length(self):
        return calendar.monthrange(self.first.year, self.first.month)[1]

    @property
    def last(self):
        return self.first.replace(day=self.length)

    @property
    def days(self):
        return [self.first + timedelta(days=place) for place in range(self.length)]

    @property
    def before(self):
        return Month.of(self.first - timedelta(days=1))

    @property
    def after(self):
        return Month.of(self.last + timedelta(days=1))

    def bounds(self, zone):
        """``(first moment, first moment after it)`` in UTC."""
        return begins(self.first, zone), begins(self.after.first, zone)

    def __str__(self):
        return f"{self.first:%Y-%m}"


def begins(day, zone):
    """The first moment of a day in this zone, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def day_of(at, zone):
    """The day that it is at this moment in this zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def today(business):
    """The present day of a business."""
    return day_of(now(), business.time_zone)
