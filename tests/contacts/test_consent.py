"""The opt-in ledger answers for any moment."""

import json
from datetime import timedelta

import pytest

from config.clock import now
from contacts.models import ConsentEvent, ConsentSource
from contacts.services import consent
from tenants.tenancy import business_scope
from tests import builders


@pytest.fixture
def rosa(acme):
    person = builders.contact(acme, "Rosa")
    with business_scope(acme):
        yield person


def told(rosa, kind, days_ago, key, **fields):
    moment = now() - timedelta(days=days_ago)
    record = consent.record_opt_in if kind == "in" else consent.record_opt_out
    record(rosa, source=ConsentSource.PAPER, key=key, occurred_at=moment, **fields)
    ConsentEvent.objects.filter(key=key).update(recorded_at=moment)


@pytest.mark.parametrize("category", ["utility", "MARKETING", "authentication"])
def test_without_an_opt_in_nothing_but_an_answer_may_be_sent(rosa, category):
    assert consent.may_message(rosa, category=category).reason == "no_opt_in"
    assert consent.may_message(rosa, category="service").allowed


def test_the_latest_line_holds_and_the_past_can_be_asked(rosa):
    told(rosa, "in", 30, "a")
    told(rosa, "out", 20, "b")
    told(rosa, "in", 10, "c")

    at = [consent.may_message(rosa, category="utility", at=now() - timedelta(days=days)) for days in (40, 25, 15, 5)]

    assert [answer.reason for answer in at] == ["no_opt_in", "opted_in", "opted_out", "opted_in"]
    assert [answer.event and answer.event.key for answer in at] == [None, "a", "b", "c"]


def test_what_was_recorded_later_doesn_t_change_the_answer_of_then(rosa):
    told(rosa, "in", 30, "a")
    yesterday = now() - timedelta(days=1)
    consent.record_opt_out(rosa, source=ConsentSource.AGENT, key="b", occurred_at=now() - timedelta(days=5))

    assert consent.may_message(rosa, category="utility", at=yesterday).allowed
    assert not consent.may_message(rosa, category="utility").allowed


def test_at_one_moment_the_request_to_stop_wins(rosa):
    moment = now() - timedelta(days=1)
    for record, key in ((consent.record_opt_out, "b"), (consent.record_opt_in, "a")):
        record(rosa, source=ConsentSource.KEYWORD, key=key, occurred_at=moment)

    assert consent.may_message(rosa, category="utility").reason == "opted_out"


def test_a_stop_for_marketing_leaves_other_templates_alone(rosa):
    told(rosa, "in", 30, "a")
    told(rosa, "out", 20, "b", scope=consent.MARKETING)

    assert consent.may_message(rosa, category="marketing").reason == "marketing_opt_out"
    assert consent.may_message(rosa, category="utility").allowed


def test_a_line_with_the_same_key_changes_nothing(rosa):
    assert consent.record_opt_in(rosa, source=ConsentSource.IMPORT, key="row 1", wording="Yes")
    assert not consent.record_opt_in(rosa, source=ConsentSource.IMPORT, key="row 1", wording="Other")
    assert ConsentEvent.objects.get().wording == "Yes"


def test_a_blocked_contact_gets_nothing(rosa):
    rosa.blocked_at = now() - timedelta(minutes=1)

    assert consent.may_message(rosa, category="service").reason == "blocked"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Stop", "opt_out"), ("BAJA!!", "opt_out"), ("Salir", "opt_out"), ("cancelar.", "opt_out"), ("SAIR", "opt_out"),
        ("Descadastrar", "opt_out"), ("não quero receber", "opt_out"), ("unsubscribe", "opt_out"), ("ALTA", "opt_in"),
        ("start", "opt_in"), ("quero receber", "opt_in"), ("stop it now", None), ("bajar", None), ("", None),
    ],
)  # fmt: skip
def test_whole_messages_that_ask_to_stop_or_start(text, kind):
    assert consent.wish_in(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "STOP por favor", "Hola, quiero darme de baja. Gracias", "please stop", "No me escriban más",
        "Me tirem da lista",
        "Não me mande mais mensagens", "remove me from your list!", "STOP STOP", "Baja 🙏", "Detener promociones",
    ],
)  # fmt: skip
def test_polite_and_whole_requests_to_stop(text):
    assert consent.wish_in(text) == "opt_out"


def near_misses():
    return [(entry["language"], entry["text"]) for entry in json.loads(consent._WORDS.read_text())["near_misses"]]


@pytest.mark.parametrize(("language", "text"), near_misses())
def test_what_only_sounds_like_it_is_not_taken(language, text):
    assert consent.wish_in(text) is None


@pytest.mark.parametrize("text", ["Cancelar", "Salir", "Sair", "End", "Pare"])
def test_a_tapped_button_that_leaves_a_menu_stops_nothing(text):
    assert consent.wish_in(text, typed=False) is None
    assert consent.wish_in(text) == "opt_out"


def test_every_entry_of_the_words_says_why():
    data = json.loads(consent._WORDS.read_text())
    entries = data["opt_out"] + data["opt_in"] + data["near_misses"]

    assert all(entry["why"] and entry["language"] in ("en", "es", "pt") for entry in entries)
    assert {entry["language"] for entry in data["opt_out"]} == {"en", "es", "pt"}
