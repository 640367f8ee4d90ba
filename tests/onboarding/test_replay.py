"""Verdicts reached again: exactly as of their day, whatever rules, words and house rules became since."""

import datetime as dt

import pytest
from django.test import override_settings

from config import clock
from config.clock import now
from onboarding.models import NameCheck, RulebookEdition
from onboarding.rulebook import Version, editions, house, load
from onboarding.rulebook.book import BOOK
from onboarding.rulebook.editions import Edition
from onboarding.screening import screen
from onboarding.services import editions as shelf
from onboarding.services import house_rules, name_checks, replay, screenings
from tenants.tenancy import business_scope
from tests import builders

BEER = "Vendemos cerveza artesanal a domicilio en Bogotá."


@pytest.fixture
def screened(acme):
    application = builders.application(acme, activity=BEER, country="CO")
    with business_scope(acme):
        return screenings.refresh(application)


def other_words(path="policy/alcohol.toml", old="cerveza", new="zerbesa"):
    """An edition in which a word list lacks a word, as if somebody had corrected it."""
    texts = dict(editions.on_disk(BOOK).texts)
    assert old in texts[path]
    return Edition(BOOK, texts | {path: texts[path].replace(old, new)})


def test_a_version_is_read_back_as_it_was_written():
    for text in ("2026-11-23+0123456789ab", "2026-11-23+0123456789ab+h17"):
        assert str(Version.read(text)) == text
    assert Version.read("") is None
    assert Version.read("7") is None


def test_reading_another_edition_changes_the_words_and_ends_with_the_block():
    cut = other_words(old="cerveza", new="zzzzz")
    before = screen("cerveza", "", "", "US").verdict
    with editions.reading(cut):
        assert load().version.split("+")[1] == cut.fingerprint
        assert screen("zzzzz a domicilio", "", "", "US").category == "alcohol"
    assert screen("cerveza", "", "", "US").verdict == before
    assert screen("zzzzz a domicilio", "", "", "US").category != "alcohol"


def test_word_lists_of_display_names_follow_the_edition_too():
    from onboarding.display_name.words import lists

    texts = dict(editions.on_disk(BOOK).texts)
    made = Edition(BOOK, texts | {"names.toml": texts["names.toml"].replace("soporte", "xyzsoporte")})
    with editions.reading(made):
        assert "xyzsoporte" in lists().generic
    assert "xyzsoporte" not in lists().generic


def test_a_verdict_stores_its_rules_and_keeps_the_files_that_it_was_reached_with(screened):
    version = Version.read(screened.rulebook_version)

    assert screened.reasons[0]["rule"] == "policy.alcohol"
    kept = RulebookEdition.objects.get(folder=BOOK, fingerprint=version.fingerprint)
    assert len(bytes(kept.content)) < 400_000
    assert shelf.find(BOOK, version.fingerprint).fingerprint == version.fingerprint


def test_the_same_rules_give_the_same_verdict(screened):
    found = replay.of_screening(screened)

    assert found.same_then and found.same_today and found.exact
    assert replay.differences(found) == []


def test_a_verdict_under_older_word_lists_is_reached_again_with_them(acme):
    older = other_words(old="cerveza", new="zzzzz")
    application = builders.application(acme, activity="Vendemos zzzzz y empanadas a domicilio.", country="US")
    with business_scope(acme), editions.reading(older):
        result = screenings.refresh(application)
    assert (result.verdict, result.category) == ("prohibited", "alcohol")

    found = replay.of_screening(result)

    assert found.exact and found.same_then
    assert not found.same_today and found.today.verdict == "allowed"
    (said,) = replay.differences(found)
    assert "policy.alcohol" in said and "words" in said


def test_a_kept_edition_reads_exactly_as_it_was_written(db):
    older = other_words(new="cervéza ✓")
    with editions.reading(older):
        shelf.keep(BOOK)
        shelf.keep(BOOK)

    assert shelf.find(BOOK, older.fingerprint).texts == older.texts
    assert RulebookEdition.objects.count() == 1


def test_a_house_rule_switched_off_later_does_not_change_the_past(acme, sam):
    application = builders.application(acme, activity="24", brand="", country="CO")
    application.business.name = ""
    with business_scope(acme):
        result = screenings.refresh(application)
    assert result.reasons[0]["rule"] == "house.screening.too_little"
    name = "house.screening.too_little"
    house_rules.change(name, "False", actor=sam, reason="Too many reviews.", seen=house_rules.mark(name))

    found = replay.of_screening(result)

    assert found.same_then
    assert found.today.verdict == "allowed"
    assert "switched it off" in replay.differences(found)[0]


def test_a_change_stored_after_the_verdict_does_not_count_though_it_began_in_the_same_instant(acme, sam):
    moment = now()
    with override_settings(MOVABLE_CLOCK=True), clock.frozen(moment):
        application = builders.application(acme, activity="24", brand="", country="CO")
        application.business.name = ""
        with business_scope(acme):
            result = screenings.refresh(application)
        name = "house.screening.too_little"
        house_rules.change(name, "False", actor=sam, reason="Too many reviews.", seen=house_rules.mark(name))

    assert replay.of_screening(result).same_then


def test_rules_that_came_later_are_left_out_of_the_past(acme):
    application = builders.application(acme, activity="Asistente de inteligencia artificial general", country="CO")
    with business_scope(acme):
        day = dt.datetime(2025, 10, 1, 12, tzinfo=dt.UTC)
        with override_settings(MOVABLE_CLOCK=True), clock.frozen(day):
            result = screenings.refresh(application)

    found = replay.of_screening(result)

    assert found.version.day == day.date()
    assert found.same_then


def test_a_verdict_without_a_version_says_so(screened):
    screened.rulebook_version = ""

    found = replay.of_screening(screened)

    assert found.then is None and not found.exact
    assert found.same_today


def test_a_verdict_whose_files_nobody_kept_is_reached_with_todays_words_and_says_so(screened):
    day = screened.rulebook_version[:10]
    screened.rulebook_version = f"{day}+ffffffffffff"

    found = replay.of_screening(screened)

    assert found.then is not None and not found.exact


def test_a_name_check_is_reached_again_with_the_answers_and_the_page_of_its_time(acme):
    application = builders.application(
        acme, brand="Sol", legal_name="Sol S. A.", country="CO", website="https://sol.co"
    )
    with business_scope(acme):
        check = NameCheck.objects.create(
            business=acme, application=application, display_name="SOL!!", website="https://sol.co"
        )
        name_checks._judge(check, application, "<title>Sol</title>")
        application.brand = "Luna"
        application.save()
        check.refresh_from_db()

        found = replay.of_name_check(check)

    assert check.rulebook_version and check.asked["brand"] == "Sol"
    assert found.same_then and found.same_today and found.exact


def test_preflight_judges_as_of_a_day(capsys, monkeypatch):
    import io
    import json

    from django.core.management import CommandError, call_command

    def run(day):
        line = json.dumps({"id": 1, "input": {"activity": BEER, "country": "CO"}})
        monkeypatch.setattr("sys.stdin", io.StringIO(line + "\n"))
        out = io.StringIO()
        call_command("preflight", "policy", f"--as-of={day}", stdout=out)
        return json.loads(out.getvalue())["verdict"]

    assert run("2026-11-23") == "prohibited"
    assert run("2020-01-01") == "allowed", "no rule held then"
    with pytest.raises(CommandError, match="2026-03-01"):
        run("yesterday")


def test_house_state_of_a_moment_is_fixed_inside_the_block(sam):
    with house.in_force():
        house_rules.change("badge_retry_months", "1", actor=sam, reason="Meanwhile.", seen="0.0")
        assert house.house_rule("badge_retry_months") == 3
    assert house.house_rule("badge_retry_months") == 1
