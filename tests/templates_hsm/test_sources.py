"""Where a rule comes from is told in the reader's language, or marked as English."""

import tomllib
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import translation

from config.templatetags import ui
from onboarding import rulebook
from onboarding.rulebook import source_words as policy_words
from onboarding.rulebook.book import every_rule
from templates_hsm.linter import all_rules
from templates_hsm.linter import source_words as linter_words
from templates_hsm.models import TemplateStatus
from templates_hsm.services import quotas
from tenants.tenancy import business_scope
from tests import builders
from tests.templates_hsm.test_pages import address

DATA = Path(rulebook.__file__).parent / "data"
SOURCE = "Meta, <Template> components"
LINTER_SOURCE = "Meta, Message templates, 2025-10-31"


@pytest.fixture
def spanish(monkeypatch):
    """A catalogue of its own, so that nothing depends on how far the translation is."""
    words = {"A known source": "Una fuente conocida", LINTER_SOURCE: "Meta, página de las plantillas"}
    monkeypatch.setattr(ui, "_", lambda text: words.get(text, text))
    with translation.override("es"):
        yield


def shown(source):
    return Template("{{ source|cited }}").render(Context({"source": source}))


def entries(name, key):
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))[key]


def test_a_source_is_translated_or_marked_as_english(spanish):
    assert shown("A known source") == "Una fuente conocida"
    assert shown(SOURCE) == '<span lang="en">Meta, &lt;Template&gt; components</span>'
    assert shown("") == ""
    with translation.override("en"):
        assert shown(SOURCE) == "Meta, &lt;Template&gt; components"


def test_every_source_that_a_page_shows_can_be_translated(acme):
    assert {rule.source for rule in every_rule()} <= set(policy_words.RULES)
    assert {row["source"] for row in entries("verification", "way")} <= set(policy_words.WAYS)
    assert {row["source"] for row in entries("number_costs", "prices")} <= set(policy_words.PRICES)
    assert {rule.source for rule in all_rules()} <= set(linter_words.RULES)
    with business_scope(acme):
        waba = builders.waba(acme)
        template = builders.template(acme, waba=waba)
        rows = [quotas.creation(waba), quotas.size(waba), *quotas.edits(template)]
    assert {row.source for row in rows} <= set(linter_words.QUOTAS)


def test_no_source_waits_for_a_translation_that_nothing_shows():
    assert set(policy_words.RULES) <= {rule.source for rule in every_rule()}
    assert set(linter_words.RULES) <= {rule.source for rule in all_rules()}


def test_the_builder_marks_the_source_of_a_finding(client, acme, olga, spanish):
    olga.language = "es"
    olga.save()
    client.force_login(olga)
    draft = builders.template(
        acme, status=TemplateStatus.DRAFT, provider_id=None, components=[{"type": "BODY", "text": "{{1}} is here"}]
    )
    page = client.get(address("template_edit", draft)).content.decode()

    assert "· Meta, página de las plantillas" in page
    assert '· <span lang="en">Meta, ' in page
