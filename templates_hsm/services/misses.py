"""Where Meta said no and our check had said yes, so that the check can learn (issue row "Bad input").

A miss keeps Meta's own words, what was handed in, what our check had found and by which version of the rules. Refusals
that are about the account and not about the text are no misses.
"""

from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from providers import errors_text, incidents
from templates_hsm import reasons
from templates_hsm.exceptions import NotPossible
from templates_hsm.linter import WARNING
from templates_hsm.linter.rulebook import rules_on
from templates_hsm.models import CHECKED, LintMiss, MissKind, MissState, TemplateStatus
from templates_hsm.services import checks

CONTENT = {
    "promotional_content", "category_mismatch", "sensitive_data_request", "prohibited_content", "threatening",
}  # fmt: skip
EXPECTED = {
    "ABUSIVE_CONTENT": {"threatening", "prohibited_content", "sensitive_data_request"},
    "SCAM": {"sensitive_data_request", "prohibited_content"},
    "PROMOTIONAL": {"promotional_content", "category_mismatch"},
    "INCORRECT_CATEGORY": {"category_mismatch", "promotional_content"},
    "TAG_CONTENT_MISMATCH": {"category_mismatch", "promotional_content", "language_mismatch"},
    "CATEGORY_NOT_AVAILABLE": set(),
}
"""The codes of our findings that foretell a reason of Meta's; a format fault is foretold by any that isn't content."""
ABOUT_THE_ACCOUNT = {2388019, 2388023, 2388039, 2388185}
"""Subcodes of refusals that no look at the text could foretell (messaging reference §8.5)."""
WEEKS = 12


def status_moved(sender, template, old, new, **_more):
    """A refusal or a rejection that nobody foretold is a miss."""
    if new == TemplateStatus.REFUSED:
        refused(template)
    elif new == TemplateStatus.REJECTED:
        note(template, MissKind.REJECTED, template.rejected_reason, template.rejection_details)


def refused(template):
    """Meta refused the form of a template or of its changes (``last_error``): a miss if it is about the text."""
    code = template.last_error_code
    if code == 100 or (code and 2388000 <= code < 2389000 and code not in ABOUT_THE_ACCOUNT):
        note(template, MissKind.REFUSED, str(code), template.last_error)


def category_moved(sender, template, old, new, **_more):
    """Another category than the one that was asked for is a miss if no finding said so."""
    if new == "MARKETING":
        note(template, MissKind.RECATEGORISED, "INCORRECT_CATEGORY", f"{old} → {new}")


def note(template, kind, code, words):
    """Keep a miss, unless our check foretold it or never saw the template. Returns the row or ``None``."""
    checked = template.events.filter(kind=CHECKED).order_by("-at", "-pk").first()
    if checked is None:
        return None
    rules = checked.details.get("rules", [])
    if foretold(code, rules, checked.at.date()):
        return None
    return LintMiss.objects.create(
        business_id=template.business_id,
        template=template,
        name=template.name,
        language=template.language,
        category=checked.details.get("definition", {}).get("category", template.category),
        kind=kind,
        code=code,
        words=words,
        definition=checked.details.get("definition", template.definition),
        verdict=checked.new,
        rules=rules,
        versions=checked.details.get("version", ""),
    )


def foretold(code, rules, day=None):
    """Whether one of these rules (IDs of findings) was a warning on ``day`` that speaks of what Meta said with
    ``code``; without a day, by the rules that have no end."""
    in_force = rules_on(day)
    codes = {in_force[rule].code for rule in rules if rule in in_force and in_force[rule].severity == WARNING}
    if code in EXPECTED:
        return bool(codes & EXPECTED[code])
    return code == "INVALID_FORMAT" and bool(codes - CONTENT)


def explanation(miss):
    """What Meta's word means, in our words: ``(title, what to do)``."""
    if miss.kind == MissKind.REFUSED:
        told = errors_text.explain(int(miss.code) if miss.code.isdecimal() else None, details=miss.words)
        return told.title, told.what_to_do
    reason = reasons.explain_rejection(miss.code)
    return reason.title, reason.fix


def today(miss):
    """The findings about what was handed in by today's rules, without its neighbours: does the check know it by now?"""
    return checks.check(miss.definition)


@transaction.atomic
def settle(miss_pk, state, learned, *, by):
    """Write down what was learned. Raises ``NotPossible`` without words or when a colleague was faster."""
    miss = LintMiss.objects.select_for_update(of=("self",)).get(pk=miss_pk)
    if miss.state != MissState.OPEN:
        raise NotPossible(_("A colleague settled it in the meantime."))
    if not learned.strip():
        raise NotPossible(_("Write down what was learned, or why there is nothing to learn."))
    miss.state, miss.learned, miss.settled_by, miss.settled_at = state, learned.strip()[:2000], by, now()
    miss.save(update_fields=["state", "learned", "settled_by", "settled_at"])
    if miss.template_id:
        incidents.close_incident(f"lint-miss:{miss.template_id}")
    return miss


def weekly():
    """Misses a week for the last ``WEEKS``: ``[(first day, {kind: count})]``, the oldest first."""
    today_ = now().date()
    start = today_ - timedelta(days=today_.weekday() + 7 * (WEEKS - 1))
    counts: dict = {start + timedelta(weeks=week): Counter() for week in range(WEEKS)}
    for at, kind in LintMiss.objects.filter(at__date__gte=start).values_list("at", "kind"):
        counts[at.date() - timedelta(days=at.date().weekday())][kind] += 1
    return list(counts.items())
