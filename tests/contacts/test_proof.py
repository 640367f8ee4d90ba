"""The proof of a consent: the answer of any moment, its rows, and a digest that anyone can compute again."""

import hashlib
from datetime import timedelta

import pytest

from config.clock import now
from contacts.models import ConsentEvent
from contacts.services import consent, proof, wordings
from tenants.tenancy import business_scope
from tests import builders


@pytest.fixture
def rosa(acme):
    return builders.contact(acme, "Rosa Paz")


def told(contact, kind, days_ago, key, **fields):
    with business_scope(contact.business_id):
        at = now() - timedelta(days=days_ago)
        record = consent.record_opt_in if kind == "in" else consent.record_opt_out
        record(contact, source="paper", key=key, occurred_at=at, **fields)
        ConsentEvent.objects.filter(key=key).update(recorded_at=at)


def asked(contact, purpose, days_ago):
    with business_scope(contact.business_id):
        return proof.consent_at(contact, purpose, now() - timedelta(days=days_ago))


def test_the_answer_comes_with_the_rows_of_that_moment(rosa):
    told(rosa, "in", 30, "a", wording="Yes")
    told(rosa, "out", 20, "b")
    told(rosa, "in", 10, "c")

    then = asked(rosa, "utility", 15)

    assert not then.answer.allowed
    assert [line.key for line in then.lines] == ["a", "b"]
    assert then.answer.event.key == "b"
    assert then.later == []


def test_what_was_written_down_later_is_shown_apart(rosa):
    told(rosa, "in", 30, "a")
    with business_scope(rosa.business_id):
        consent.record_opt_out(rosa, source="agent", key="late", occurred_at=now() - timedelta(days=20))

    then = asked(rosa, "utility", 10)

    assert then.answer.allowed
    assert [line.key for line in then.later] == ["late"]


def test_the_digest_is_of_the_data_and_stays(rosa):
    told(rosa, "in", 30, "a", wording="Sí, acepto")
    moment = now() - timedelta(days=5)
    with business_scope(rosa.business_id):
        first = proof.consent_at(rosa, "marketing", moment)
        again = proof.consent_at(rosa, "marketing", moment)
        other = proof.consent_at(rosa, "utility", moment)

        assert first.digest == again.digest != other.digest
        assert first.digest == hashlib.sha256(proof.canonical(first.as_data()).encode()).hexdigest()
        ConsentEvent.objects.update(wording="Sí, acepto.")
        assert proof.consent_at(rosa, "marketing", moment).digest != first.digest


def test_lines_after_the_moment_leave_the_digest_alone(rosa):
    told(rosa, "in", 30, "a")
    moment = now() - timedelta(days=5)
    with business_scope(rosa.business_id):
        before = proof.consent_at(rosa, "utility", moment).digest
        consent.record_opt_out(rosa, source="agent", key="b")
        assert proof.consent_at(rosa, "utility", moment).digest == before


def test_the_wording_is_the_exact_version(rosa, acme):
    with business_scope(acme):
        version = wordings.keep(acme.pk, "I agree to hear from Acme.", language="en")
        consent.record_opt_in(rosa, source="web_form", key="f", version=version)
        [line] = proof.consent_at(rosa, "utility", now()).as_data()["lines"]

    assert line["wording"] == "I agree to hear from Acme."
    assert line["wording_sha256"] == version.digest


@pytest.mark.parametrize("purpose", ["service", "", "anything"])
def test_there_are_three_purposes(rosa, purpose):
    with pytest.raises(ValueError, match="purpose"):
        asked(rosa, purpose, 1)


def test_the_page_shows_answer_lines_and_digest(client, ana, acme, rosa):
    told(rosa, "in", 30, "a", wording="I agree to hear from Acme.")
    told(rosa, "out", 10, "b")
    client.force_login(ana)
    day = (now() - timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    response = client.get(f"/b/{acme.slug}/contacts/{rosa.reference}/proof/?at={day}&purpose=marketing")
    page = response.content.decode()

    assert "May be sent" in page and "I agree to hear from Acme." in page
    assert "This line decides" in page
    assert response.context["proof"].digest in page


@pytest.mark.parametrize("query", ["at=x", "at=2999-01-01T10:00", "purpose=other"])
def test_a_question_that_makes_no_sense_is_asked_again(client, ana, acme, rosa, query):
    client.force_login(ana)

    assert client.get(f"/b/{acme.slug}/contacts/{rosa.reference}/proof/?{query}").status_code == 422


@pytest.mark.parametrize(
    ("text", "names", "fits"),
    [
        ("Quiero recibir mensajes de Envíos del Valle.", ["Envios del Valle S.A.S."], True),
        ("Quiero recibir mensajes de ENVÍOS DEL VALLE S.A.S.", ["Envíos del Valle S.A.S."], True),
        ("Quiero recibir mensajes.", ["Envíos del Valle"], False),
        ("Acmeville agrees.", ["Acme"], False),
        ("Yes to Acme", ["", "Acme"], True),
        ("Yes", [""], False),
    ],
)
def test_a_wording_names_the_business(text, names, fits):
    assert wordings.names_business(text, names) is fits
