"""Our own check of a template under the rules in force: the linter, what the house decided, and what is kept of it."""

import re
from datetime import timedelta
from string import Template

from config.clock import now
from onboarding.rulebook import Version, editions
from onboarding.rulebook.house import house_rule
from onboarding.rulebook.shelves import ShownRule
from onboarding.services import replay
from onboarding.services.editions import keep
from onboarding.services.replay import Outcome
from templates_hsm import linter
from templates_hsm.linter import HouseRules, lint, verdict
from templates_hsm.linter.findings import ERROR
from templates_hsm.linter.rulebook import BOOK
from templates_hsm.models import CHECKED

PROMOTIONAL = {"refused": ERROR, "accepted": "off"}
"""The linter's severity for each value of the house rule ``promotional_templates``."""


OF_NEIGHBOURS = {"DUPLICATE-NAME", "DUPLICATE-TEXT", "NAME-COOLING"}
"""Rules that look at the other templates of an account."""


def house_rules():
    """What the house asks beyond the platform, as the linter takes it."""
    return HouseRules(promotional=PROMOTIONAL[house_rule("promotional_templates")])


def check(definition, existing=()):
    """The findings about the body of a create call by today's rules of the platform and of the house."""
    return lint(definition, as_of=now().date(), existing=existing, house_rules=house_rules())


def preflight(definition, as_of=None):
    """The short answer of ``linter.preflight`` by the house rules in force."""
    return linter.preflight(definition, as_of=as_of, house_rules=house_rules())


def remember(template, findings, state, *, actor):
    """Keep what our check said of a template that is handed in, with the rules' version and exactly what was judged.

    ``state`` is the ``HouseState`` under which it was judged.
    """
    version = Version(state.at.date(), editions.edition(BOOK).fingerprint, state.version)
    keep(BOOK)
    template.events.create(
        business=template.business,
        kind=CHECKED,
        new=verdict(findings),
        actor=actor,
        at=state.at,
        details={
            "version": str(version),
            "rules": sorted({finding.rule for finding in findings}),
            "definition": template.written,
        },
    )


def replayed(event):
    """The ``Replay`` of what our check said when a template was handed in, from the ``TemplateEvent`` that keeps it.

    What depended on the other templates of that moment is left out on all sides.
    """
    details = event.details
    stored = Outcome(event.new, "", tuple(rule for rule in details.get("rules", ()) if rule not in OF_NEIGHBOURS))

    def judge(day):
        findings = lint(details.get("definition"), as_of=day, house_rules=house_rules())
        return Outcome(verdict(findings), "", tuple(sorted({finding.rule for finding in findings} - OF_NEIGHBOURS)))

    return replay.run(details.get("version", ""), event.at, stored, judge, folder=BOOK)


def shown_rules():
    """The linter's rules for the page that shows the whole rulebook."""
    return [
        ShownRule(
            id=rule.id,
            shelf="template",
            whose="house" if rule.house else "platform",
            severity=rule.severity,
            source=rule.source,
            sentences={reader: _readable(text, rule.limit) for reader, text in rule.sentences.items()},
            valid_from=rule.since,
            until=rule.until + timedelta(days=1) if rule.until else None,
            off_when=("promotional_templates", "accepted") if rule.id == "PROMO-HOUSE" else None,
        )
        for rule in linter.all_rules()
    ]


def _readable(sentence, limit):
    """A rule's sentence with its figure; what depends on one template is left open."""
    facts = {} if limit is None else {"limit": limit}
    return re.sub(r"\$\w+", "…", Template(sentence).safe_substitute(facts))


def rule_of(rule_id):
    """The newest period of a rule of the linter, or None."""
    periods = [rule for rule in shown_rules() if rule.id == rule_id]
    return max(periods, key=lambda rule: rule.valid_from, default=None)
