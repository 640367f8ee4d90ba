"""The rulebook as a page: every rule of a day with its sentence, source, severity, owner and dates."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.clock import now
from onboarding.rulebook import editions, house, shelves
from onboarding.screening.text import fold

OWNERS = {shelves.PLATFORM: gettext_lazy("Meta's rule"), shelves.HOUSE: gettext_lazy("Our house rule")}
SEVERITIES = {
    "block": gettext_lazy("Stops"),
    "error": gettext_lazy("Stops"),
    "review": gettext_lazy("A person decides"),
    "warn": gettext_lazy("Warns"),
    "warning": gettext_lazy("Warns"),
    "info": gettext_lazy("Says"),
}
LONGEST_SEARCH = 60


def context(asked):
    """The template's values for a day, a search and filters (``as_of``, ``q``, ``shelf``, ``whose``)."""
    day, problem = _day(asked.get("as_of"))
    words = fold(asked.get("q", "")[:LONGEST_SEARCH]).split()
    shelf, whose = asked.get("shelf", ""), asked.get("whose", "")
    chosen = house.state_at(end_of(day))
    rows = shelves.rules_on(day, chosen)
    shown = [
        row
        for row in rows
        if (not shelf or row.shelf == shelf) and (not whose or row.whose == whose) and _matches(row, words)
    ]
    titles = _titles()
    groups = [(title, [_shown(row) for row in shown if row.shelf == name]) for name, title in titles.items()]
    return {
        "title": _("Rulebook"),
        "day": day,
        "today": _today(),
        "problem": problem,
        "q": asked.get("q", "")[:LONGEST_SEARCH],
        "shelf": shelf,
        "whose": whose,
        "shelves": titles.items(),
        "owners": OWNERS.items(),
        "groups": [(title, found) for title, found in groups if found],
        "count": len(shown),
        "total": len(rows),
        "versions": versions(day, chosen),
    }


def comparison(asked):
    """What changed between two days (``first``, ``second``): rules that came, went or read otherwise."""
    first, problem = _day(asked.get("first"), default=_today() - dt.timedelta(days=365))
    second, other = _day(asked.get("second"))
    if first > second:
        first, second = second, first
    before = {(r.shelf, r.id): r for r in shelves.rules_on(first, house.state_at(end_of(first)))}
    after = {(r.shelf, r.id): r for r in shelves.rules_on(second, house.state_at(end_of(second)))}
    changed = [
        (_shown(before[key]), _shown(after[key]))
        for key in before.keys() & after.keys()
        if _essence(before[key]) != _essence(after[key])
    ]
    return {
        "title": _("Rulebook: two days compared"),
        "first": first,
        "second": second,
        "problem": problem or other,
        "came": [_shown(after[key]) for key in sorted(after.keys() - before.keys())],
        "went": [_shown(before[key]) for key in sorted(before.keys() - after.keys())],
        "changed": sorted(changed, key=lambda pair: pair[0]["rule"].id),
    }


def end_of(day):
    """The last moment of a day here, or the present when the day is today."""
    if day == _today():
        return now()
    return timezone.make_aware(dt.datetime.combine(day, dt.time.max))


def versions(day, chosen):
    """The version of each data folder on a day, as verdicts carry it."""
    mark = f"+h{chosen.version}" if chosen.version else ""
    titles = {}
    for shelf in shelves.shelves():
        titles.setdefault(shelf.folder, []).append(str(shelf.title))
    return [
        (", ".join(names), f"{day.isoformat()}+{editions.on_disk(folder).fingerprint}{mark}")
        for folder, names in titles.items()
    ]


def _today():
    return timezone.localdate(now())


def _day(typed, default=None):
    if not typed:
        return default or _today(), ""
    try:
        day = dt.date.fromisoformat(typed)
    except ValueError:
        return default or _today(), _("Write a day like 2026-03-01.")
    if not 2000 <= day.year <= 2100:
        return default or _today(), _("Choose a day between 2000 and 2100.")
    return day, ""


def _titles():
    return {shelf.name: shelf.title for shelf in shelves.shelves()} | {shelves.HOUSE: _("House rules")}


def _matches(row, words):
    text = fold(" ".join([row.id, row.sentence, row.source, row.value]))
    return all(word in text for word in words)


def _essence(row):
    return (row.severity, row.source, row.value, row.is_off, tuple(sorted(row.sentences.items())))


def _shown(row):
    return {
        "rule": row,
        "shelf": _titles()[row.shelf],
        "whose": OWNERS[row.whose],
        "is_house": row.whose == shelves.HOUSE,
        "severity": SEVERITIES.get(row.severity, ""),
        "link": row.off_when[0] if row.off_when else row.id,
        "may_switch": row.whose == shelves.HOUSE,
    }
