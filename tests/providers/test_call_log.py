"""The provider log: what staff can find in it, and what must never be in it (product row C3)."""

import pytest
from django.urls import reverse

from onboarding import gateway
from providers import call_log
from providers.models import ProviderCall
from tests.providers.sandbox_server import TOKEN


def kept():
    return "".join(f"{row.path} {row.request} {row.response}" for row in ProviderCall.objects.all())


def test_tokens_pins_and_codes_never_get_there(sandbox, settings, db):
    ask = gateway.line(subject="step:1", business="acme", application="UM-1", step="registered")
    waba = ask.create_waba("506914307656634", name="Acme", currency="USD", timezone_id="1")
    node = ask.add_phone_number(waba, country_code="57", number="3155550142", display_name="Acme")
    ask.request_code(node, method="SMS", language="es")
    code = sandbox.look("sms", phone="573155550142")["sms"][0]["code"]
    ask.verify_code(node, code=code)
    ask.register(node, pin="482915")
    ask.set_pin(node, pin="615203")

    assert ProviderCall.objects.count() == 6
    for secret in (TOKEN, code, "482915", "615203"):
        assert secret not in kept()
    assert "3155550142" in kept()  # the business's own number is what the work is about


def test_a_refusal_that_quotes_the_pin_is_masked_too(sandbox, settings, db):
    ask = gateway.line()
    with pytest.raises(Exception):  # noqa: B017 - any refusal will do
        ask.set_pin("123", pin="not-a-pin-482915")

    assert "482915" not in kept()


def test_the_numbers_of_people_are_masked_but_for_two_digits(db):
    call_log.keep(
        {
            "method": "POST",
            "path": "1/messages",
            "request": {"json": {"to": "573001112233", "text": {"body": "Hello"}}},
            "response": {"contacts": [{"input": "+57 300 111 2233", "wa_id": "573001112233"}]},
        }
    )

    assert "1112233" not in kept() and "•••33" in kept()


def test_each_question_says_whose_it_was_how_long_it_took_and_what_came_of_it(sandbox, db):
    ask = gateway.line(subject="step:7", business="acme", application="UM-7", step="waba")
    with pytest.raises(Exception):  # noqa: B017
        ask.fetch_waba("404404")

    row = ProviderCall.objects.get()
    assert (row.business, row.application, row.step, row.outcome) == ("acme", "UM-7", "waba", "refused")
    assert row.error_code is not None


@pytest.fixture
def rows(db):
    made = []
    for name, step, outcome, milliseconds, code in (
        ("acme", "waba", "ok", 120, None),
        ("acme", "registered", "refused", 900, 133016),
        ("globex", "poll", "unavailable", 12_000, None),
    ):
        made.append(
            ProviderCall.objects.create(
                method="GET", path=f"/{name}/{step}", business=name, application=f"UM-{name}", step=step, status=200,
                outcome=outcome, milliseconds=milliseconds, error_code=code,
            )
        )  # fmt: skip
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "acme"}, {0, 1}),
        ({"q": "UM-globex"}, {2}),
        ({"outcome": "refused"}, {1}),
        ({"outcome": "trouble"}, {1, 2}),
        ({"latency": "fast"}, {0}),
        ({"latency": "normal"}, {1}),
        ({"latency": "endless"}, {2}),
        ({"step": "waba"}, {0}),
        ({"error_code": "133016"}, {1}),
    ],
)
def test_staff_find_questions(client, sam, rows, query, expected):
    client.force_login(sam)

    page = client.get(reverse("admin:providers_providercall_changelist"), query).content.decode()

    assert {place for place, row in enumerate(rows) if row.path in page} == expected


def test_the_page_of_a_question_explains_its_error(client, sam, rows):
    client.force_login(sam)

    page = client.get(reverse("admin:providers_providercall_change", args=[rows[1].pk])).content.decode()

    assert "72 hours" in page
