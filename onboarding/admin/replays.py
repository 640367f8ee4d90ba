"""A verdict replayed, as a page: as stored, with the rules of its day, with today's, and why they differ."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from onboarding.admin import wording
from onboarding.rulebook import shelves
from onboarding.services import replay


def of_screening(result):
    """The template's values for a ``ScreeningResult``."""
    found = replay.of_screening(result)
    return context(
        found,
        title=_("Screening replayed"),
        subject=result.input.get("activity", "")[:300],
        words=lambda outcome: wording.verdict_text(outcome),
    )


def of_name_check(check):
    """The template's values for a finished ``NameCheck``."""
    found = replay.of_name_check(check)
    return context(
        found,
        title=_("Display name replayed"),
        subject=check.display_name,
        words=lambda outcome: str(wording.NAME.get(outcome.verdict, outcome.verdict)),
    )


def context(found, *, title, subject, words, rule_of=None):
    """The values for any ``Replay``; ``words`` says an outcome as people do."""
    texts = {rule.id: rule.sentence for shelf in shelves.shelves() for rule in shelf.rules()}

    def column(heading, when, outcome, *, note="", same=None):
        mark, look = ("", "") if same is None else (_("same"), "ok") if same else (_("different"), "wait")
        return {
            "title": heading,
            "when": when,
            "verdict": words(outcome) if outcome else "",
            "rules": [{"id": rule, "text": texts.get(rule, rule)} for rule in outcome.rules] if outcome else [],
            "mark": mark,
            "look": look,
            "note": note,
        }

    version = found.version
    columns = [
        column(
            _("As it was said"),
            date_format(timezone.localtime(found.at), "SHORT_DATETIME_FORMAT"),
            found.stored,
            note=_("Rulebook %(version)s") % {"version": version} if version else "",
        ),
        column(
            _("With the rules of that day"),
            date_format(version.day) if version else "",
            found.then,
            same=found.same_then if found.then else None,
            note=_note(found),
        ),
        column(
            _("With today's rules"),
            date_format(found.today_version.day),
            found.today,
            same=found.same_today,
            note=_("Rulebook %(version)s") % {"version": found.today_version},
        ),
    ]
    day = version.day if version else timezone.localdate(found.at)
    return {
        "title": title,
        "subject": subject,
        "columns": columns,
        "differences": [] if found.same_today else replay.differences(found, rule_of),
        "book": f"{reverse('admin:onboarding_houserulechange_rulebook')}?{urlencode({'as_of': day.isoformat()})}",
    }


def _note(found):
    if found.version is None:
        return _("This verdict is older than the versions: it doesn't say which rules it rests on.")
    if not found.exact:
        return _("The word lists of that day weren't kept; these are the rules of that day with today's word lists.")
    if not found.same_then:
        return _("The same rules and word lists; the program that reads them has changed since.")
    return _("The very rules, word lists and house rules of that day.")
