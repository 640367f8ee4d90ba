"""The rulebook: complete, dated, reproducible."""

import datetime as dt

import pytest
from django.utils import translation

from onboarding.rulebook import load
from onboarding.rulebook.book import LANGUAGES, read_files
from onboarding.screening.decide import decisions
from onboarding.screening.lexicon import lexicon


def test_every_rule_has_a_sentence_in_three_languages_and_a_source():
    for rule in load().rules.values():
        assert all(rule.sentences[code].strip().endswith(".") for code in LANGUAGES), rule.id
        assert rule.source, rule.id
        assert rule.whose in {"platform", "house"}, rule.id


def test_the_same_day_gives_the_same_version_and_another_day_another():
    day = dt.date(2026, 11, 22)
    assert load(day).version == load(day).version
    assert load(day).version != load(day + dt.timedelta(days=1)).version


def test_a_rule_is_absent_before_its_first_day():
    assert not load(dt.date(2025, 10, 14)).holds("policy.ai_assistant")
    assert load(dt.date(2025, 10, 15)).rule("policy.ai_assistant").category == "ai_assistant"
    with pytest.raises(KeyError):
        load(dt.date(2020, 1, 1)).rule("policy.weapons")


def test_unknown_languages_fall_back_to_english():
    with translation.override("de"):
        assert load().sentence("policy.tobacco").startswith("Tobacco")


def test_every_decision_names_a_rule_and_concepts_that_exist():
    book, names = load(), lexicon().names
    for decision in decisions():
        assert book.holds(decision.rule), decision
        for concept in (*decision.hit, *decision.void_clause, *decision.void_doc):
            assert concept in names, concept
        if decision.mode == "regulated":
            assert decision.category in book.verticals
            assert book.holds(f"{decision.rule}.exception")


def test_every_word_list_says_why_it_is_there():
    for name, content in read_files().items():
        for concept, entry in content.get("concepts", {}).items():
            assert entry["why"] and entry["terms"].strip(), f"{name}:{concept}"
