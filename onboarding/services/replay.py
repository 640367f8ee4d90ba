"""A stored verdict reached again: with the rules, word lists and house rules of its day, and with today's beside it.

The data of its day are exact when the files with the fingerprint in the verdict are kept (``services.editions``). What
reads them is today's program; where that makes a difference the page shows it and doesn't hide it.
"""

import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.rulebook import Version, editions, house, load
from onboarding.rulebook.book import BOOK, every_rule
from onboarding.services import editions as shelf
from onboarding.services import name_checks, screenings


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict with the category (empty where there is none) and the IDs of the rules that led to it."""

    verdict: str
    category: str
    rules: tuple[str, ...]

    def is_like(self, other):
        return (self.verdict, self.category, set(self.rules)) == (other.verdict, other.category, set(other.rules))


@dataclass(frozen=True, slots=True)
class Replay:
    """A verdict three times: as it is stored, with the rules of its day, with today's.

    ``then`` is None for a verdict that names no version; ``exact`` whether the very data files of its day were there.
    """

    at: dt.datetime
    version: Version | None
    stored: Outcome
    then: Outcome | None
    exact: bool
    today: Outcome
    today_version: Version

    @property
    def same_then(self):
        return self.then is not None and self.then.is_like(self.stored)

    @property
    def same_today(self):
        return self.today.is_like(self.stored)


def run(version, at, stored, judge, *, folder=BOOK):
    """Reach a verdict again. ``judge(day)`` answers with an ``Outcome`` by the rules put in force around it."""
    read = Version.read(version)
    then, exact = None, False
    if read is not None:
        kept = shelf.find(folder, read.fingerprint)
        exact = kept is not None
        with ExitStack() as stack:
            if kept is not None:
                stack.enter_context(editions.reading(kept))
            stack.enter_context(house.in_force(at, upto=read.house))
            then = judge(read.day)
    with house.in_force() as state:
        today = judge(state.at.date())
        today_version = Version(state.at.date(), editions.edition(folder).fingerprint, state.version)
    return Replay(at, read, stored, then, exact, today, today_version)


def of_screening(result):
    """The ``Replay`` of a ``ScreeningResult``."""
    stored = Outcome(result.verdict, result.category, tuple(reason["rule"] for reason in result.reasons))

    def judge(day):
        found = screenings.judged(result.input, day)
        return Outcome(found.verdict, found.category, tuple(reason.rule for reason in found.reasons))

    return run(result.rulebook_version, result.at, stored, judge)


def of_name_check(check):
    """The ``Replay`` of a finished ``NameCheck``, against the copy of the page that it keeps."""
    stored = Outcome(check.verdict, "", tuple(reason["rule"] for reason in check.reasons))
    asked = check.asked or name_checks.asked_with(check.application)

    def judge(day):
        unreadable = bool(check.problem)
        _found, verdict, reasons = name_checks.judged(
            check.display_name, check.website, asked, check.snapshot, unreadable, day
        )
        return Outcome(verdict, "", tuple(reason["rule"] for reason in reasons))

    return run(check.rulebook_version, check.checked_at, stored, judge)


def differences(replay, rule_of=None):
    """Why today's verdict isn't the stored one, a sentence for each rule that counts in only one of them."""
    find = rule_of or _rule_of
    said = []
    for rule_id in replay.stored.rules:
        if rule_id not in replay.today.rules:
            said.append(
                _("%(rule)s doesn't count any more: %(why)s") % {"rule": rule_id, "why": _why_gone(rule_id, find)}
            )
    for rule_id in replay.today.rules:
        if rule_id not in replay.stored.rules:
            said.append(_("%(rule)s counts now: %(why)s") % {"rule": rule_id, "why": _why_new(rule_id, replay, find)})
    return said


def _rule_of(rule_id):
    """The newest period of a rule, or None."""
    periods = [rule for rule in every_rule() if rule.id == rule_id]
    return max(periods, key=lambda rule: rule.valid_from, default=None)


def _why_gone(rule_id, find):
    rule = find(rule_id)
    today = now().date()
    if rule is None:
        return _("the rulebook doesn't know it any more.")
    if rule.until is not None and rule.until <= today:
        return _("it held until %(day)s.") % {"day": date_format(rule.until)}
    with house.in_force() as state:
        if rule_id in state.off:
            return _("the house switched it off on %(day)s.") % {
                "day": date_format(state.last(rule_id).valid_from.date())
            }
        if not load().holds(rule_id) and find is _rule_of:
            return _("it doesn't hold today.")
    return _("it holds, but the words that are looked for, or the program that reads them, changed.")


def _why_new(rule_id, replay, find):
    rule = find(rule_id)
    if rule is not None and replay.version is not None and rule.valid_from > replay.version.day:
        return _("it holds since %(day)s.") % {"day": date_format(rule.valid_from)}
    return _("it held then too, but the words that are looked for, or the program that reads them, changed.")
