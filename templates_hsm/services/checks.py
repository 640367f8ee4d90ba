"""Our own check of a template under the rules in force: the linter, what the house decided, and what is kept of it."""

from config.clock import now
from onboarding.rulebook import Version, editions
from onboarding.rulebook.house import house_rule
from onboarding.services.editions import keep
from templates_hsm import linter
from templates_hsm.linter import HouseRules, lint, verdict
from templates_hsm.linter.findings import ERROR
from templates_hsm.linter.rulebook import BOOK
from templates_hsm.models import CHECKED

PROMOTIONAL = {"refused": ERROR, "accepted": "off"}
"""The linter's severity for each value of the house rule ``promotional_templates``."""


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
            "definition": template.definition,
        },
    )
