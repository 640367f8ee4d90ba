"""Figures about numbers by day, from ``rulebook/data/number_rules.toml``: quotas, pauses, deadlines, limits."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from config.clock import now
from onboarding.rulebook.book import DATA


@dataclass(frozen=True, slots=True)
class Quota:
    """At most ``most`` times in a moving ``window``; ``whose`` is ``platform`` or ``house``."""

    kind: str
    whose: str
    window: timedelta
    most: int
    source: str


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a quota now. ``next_at`` is when one more is possible, ``None`` when one is possible now."""

    quota: Quota
    used: int
    next_at: datetime | None = None

    @property
    def left(self):
        return max(0, self.quota.most - self.used)


def quotas(kind, day=None):
    """The quotas of a kind that hold on a day (today), one for each window and owner."""
    day = day or now().date()
    newest = {}
    for row in sorted(_told()["quotas"], key=lambda row: row["from"]):
        if row["kind"] == kind and row["from"] <= day and (row.get("until") is None or day < row["until"]):
            newest[row["whose"], row["seconds"]] = row
    return [
        Quota(row["kind"], row["whose"], timedelta(seconds=row["seconds"]), row["most"], row["source"])
        for row in newest.values()
    ]


def left(kind, moments, at=None):
    """The tightest quota of a kind, given the ``moments`` of earlier attempts; of used-up ones the last to be free."""
    at = at or now()
    found = []
    for quota in quotas(kind, at.date()):
        inside = sorted((moment for moment in moments if moment > at - quota.window), reverse=True)
        next_at = inside[quota.most - 1] + quota.window if len(inside) >= quota.most else None
        found.append(Left(quota, len(inside), next_at))
    blocked = [one for one in found if one.next_at]
    if blocked:
        return max(blocked, key=lambda one: one.next_at)
    return min(found, key=lambda one: (one.left, one.quota.window))


def longest_window(kind):
    """How far back attempts of a kind have to be looked at."""
    return max(quota.window for quota in quotas(kind))


def pause(name, day=None):
    """How long a door stays shut after the provider said "too often" without saying how long."""
    return timedelta(seconds=_holding("pauses", day, name)["seconds"])


def deadline(name, day=None):
    """A deadline as a timedelta."""
    return timedelta(days=_holding("deadlines", day, name)["days"])


def limits(day=None):
    """How the messaging limit works on a day: the figures of the file."""
    return _holding("limits", day)


def _holding(table, day, name=None):
    day = day or now().date()
    rows = [row for row in _told()[table] if row["from"] <= day and (name is None or row["name"] == name)]
    return max(rows, key=lambda row: row["from"])


@cache
def _told():
    with (DATA / "number_rules.toml").open("rb") as stream:
        return tomllib.load(stream)
