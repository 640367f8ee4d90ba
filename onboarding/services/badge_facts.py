"""What the platform asks of a badge request, by day, and what a link gives away by its address (``badge.toml``)."""

import calendar
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from config.clock import now
from onboarding.rulebook.book import DATA, localized
from onboarding.rulebook.house import house_rule


@dataclass(frozen=True, slots=True)
class Figures:
    """The platform's figures that hold on a day. The wait after a refusal is in months or in days; ``rule`` is the key
    of the text in which they stand, ``stated`` the day of that text.
    """

    retry_months: int
    retry_days: int
    days_on_platform: int
    most_links: int
    colour: str
    source: str
    rule: str
    stated: date


def figures(day=None):
    """The ``Figures`` of a day (today)."""
    day = day or now().date()
    row = max((row for row in _told()["platform"] if row["from"] <= day), key=lambda row: row["from"])
    return Figures(**{name: row[name] for name in Figures.__slots__})


def expectations(*, counts, day=None):
    """What counts as evidence, or what doesn't: sentences in the active language, each with whose rule it is."""
    day = day or now().date()
    return [
        {"key": row["key"], "whose": row["whose"], "text": localized(row), "source": row["source"]}
        for row in _told()["expectations"]
        if row["counts"] == counts and row["from"] <= day and ("until" not in row or day < row["until"])
    ]


def kind_of(url, own_sites=()):
    """What a link is by its address: ``own``, ``social``, ``listing``, ``paid``, ``encyclopedia``, ``short``, else
    ``press``.

    The last only means that nothing speaks against it. ``own_sites`` are addresses of the company itself.
    """
    host = host_of(url)
    if any(_belongs(host, host_of(site)) for site in own_sites if host_of(site)):
        # Under one address with several ports or folders live different sites only where they are rehearsed.
        if not _is_bare(host) or any(_folder(url) == _folder(site) for site in own_sites):
            return "own"
    for row in _told()["hosts"]:
        if any(_belongs(host, name) for name in row["names"].split()):
            return row["key"]
    return "press"


def paid_words():
    """Words by which a page says that somebody paid for it, in small letters."""
    return [word for row in _told()["marks"] for word in row["words"].split("|")]


def host_of(url):
    """The host of a web address in small letters without ``www.``; empty when there is none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower().removeprefix("www.")
    except ValueError:
        return ""


def _belongs(host, name):
    return host == name or host.endswith(f".{name}")


def _is_bare(host):
    return host == "localhost" or host.replace(".", "").isdigit() or ":" in host


def _folder(url):
    path = urlsplit(url if "//" in url else f"//{url}").path.strip("/").split("/")
    return path[:2]


@cache
def _told():
    with (DATA / "badge.toml").open("rb") as stream:
        return tomllib.load(stream)


# ---- The wait after a refusal


@dataclass(frozen=True, slots=True)
class Wait:
    """From which day a new request may leave, and whose rule decides that."""

    day: date
    starts_at: datetime
    house_months: int
    house_day: date
    platform_day: date
    platform_months: int
    platform_days: int
    source: str

    @property
    def is_ours(self):
        """Whether the house's rule and not the platform's is the one that makes it wait."""
        return self.house_day > self.platform_day

    def as_json(self):
        """The rule as it is kept beside the decision."""
        return {
            "house_months": self.house_months,
            "house_day": self.house_day.isoformat(),
            "platform_day": self.platform_day.isoformat(),
            "platform_months": self.platform_months,
            "platform_days": self.platform_days,
            "ours": self.is_ours,
            "source": self.source,
        }


def wait_after(decided_at, time_zone):
    """The ``Wait`` after a refusal at ``decided_at`` (aware) for a business in ``time_zone``.

    The house counts months by the calendar from the day of the refusal, the platform from its moment; the later day
    counts. A day is only good for asking when the platform's wait is over at its first moment.
    """
    zone = ZoneInfo(time_zone)
    day = decided_at.astimezone(zone).date()
    platform = figures(day)
    months = max(0, int(house_rule("badge_retry_months")))
    house_day = add_months(day, months)
    if platform.retry_months:
        platform_day = add_months(day, platform.retry_months)
    else:
        over = (decided_at + timedelta(days=platform.retry_days)).astimezone(zone)
        platform_day = over.date() if over.time() == time() else over.date() + timedelta(days=1)
    latest = max(house_day, platform_day)
    return Wait(
        day=latest,
        starts_at=first_moment(latest, time_zone),
        house_months=months,
        house_day=house_day,
        platform_day=platform_day,
        platform_months=platform.retry_months,
        platform_days=platform.retry_days,
        source=platform.source,
    )


def add_months(day, months):
    """The same day ``months`` later; in a shorter month its last day (31 January and a month: 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def first_moment(day, time_zone):
    """The moment at which a day begins in a time zone."""
    return datetime.combine(day, time(), ZoneInfo(time_zone))
