"""A definition is read, canonised, filled and turned into a send."""

import pytest

from templates_hsm import languages
from templates_hsm.components import (
    SendValueError,
    check_send_values,
    examples_of,
    fill,
    read,
    scan,
    send_components,
    to_api,
    variables_of,
)

POSITIONAL = {
    "name": "pedido",
    "language": "es",
    "category": "utility",
    "components": [
        {
            "type": "buttons",
            "buttons": [{"type": "url", "text": "Ver", "url": "https://x.example/p/{{1}}", "example": "9"}],
        },
        {"type": "body", "text": "Hola {{1}}, tu pedido {{2}} llega hoy.", "example": {"body_text": ["Ana", "9"]}},
        {"type": "header", "text": "Pedido {{1}}", "example": {"header_text": ["9"]}},
    ],
}


def codes(definition, values):
    return {(problem.path, problem.code) for problem in check_send_values(definition, values)}


def test_types_are_read_in_any_case_and_in_any_order():
    template = read(POSITIONAL)
    assert template.category == "UTILITY"
    assert template.header.format == "TEXT"
    assert template.header.path == "components.2"
    assert template.buttons[0].kind == "URL"
    assert template.buttons[0].path == "components.0.buttons.0"
    assert template.body.examples == {"1": "Ana", "2": "9"}


def test_the_canonical_body_is_upper_case_ordered_and_nests_its_samples():
    body = to_api(POSITIONAL)
    assert [component["type"] for component in body["components"]] == ["HEADER", "BODY", "BUTTONS"]
    assert body["components"][0]["format"] == "TEXT"
    assert body["components"][1]["example"] == {"body_text": [["Ana", "9"]]}
    assert body["category"] == "UTILITY"
    assert POSITIONAL["category"] == "utility"


def test_canonising_twice_changes_nothing_more():
    assert to_api(to_api(POSITIONAL)) == to_api(POSITIONAL)


def test_an_empty_footer_and_an_empty_header_are_left_out():
    body = to_api({"components": [{"type": "FOOTER", "text": ""}, {"type": "HEADER", "format": "TEXT", "text": ""}]})
    assert body["components"] == []


def test_variables_are_listed_once_and_counted_ones_by_number():
    assert variables_of("{{2}} and {{1}} and {{2}}") == ("1", "2")
    assert variables_of("{{order}} for {{name}} and {{order}}") == ("order", "name")


@pytest.mark.parametrize("text", ["{1}", "{{1}", "{{ 1 }}", "{{Name}}", "{{order#}}", "{{}}", "{{día}}", "}} text"])
def test_a_malformed_placeholder_is_broken(text):
    assert scan(text).broken


def test_samples_are_read_in_every_shape_that_occurs():
    assert examples_of({"body_text": "Pablo"}, "body_text") == {"1": "Pablo"}
    assert examples_of({"body_text": [["a", "b"]]}, "body_text") == {"1": "a", "2": "b"}
    named = {"body_text_named_params": [{"param_name": "code", "example": "X"}]}
    assert examples_of(named, "body_text") == {"code": "X"}


def test_filling_keeps_what_has_no_value():
    assert fill("{{1}} and {{2}}", ["a"]) == "a and {{2}}"
    assert fill("{{name}}", {"name": "Ana"}) == "Ana"


def test_a_send_carries_header_body_and_url_ending():
    sent = send_components(POSITIONAL, {"header": "77", "body": ["Ana", "77"], "buttons": {"0": "77 a/b"}})
    assert sent == [
        {"type": "header", "parameters": [{"type": "text", "text": "77"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Ana"}, {"type": "text", "text": "77"}]},
        {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "77%20a/b"}]},
    ]


def test_named_parameters_carry_their_names():
    template = {
        "parameter_format": "NAMED",
        "components": [{"type": "BODY", "text": "Hi {{name}}, parcel {{parcel_id}} is here."}],
    }
    sent = send_components(template, {"body": {"parcel_id": "9", "name": "Al"}})
    assert sent[0]["parameters"] == [
        {"type": "text", "text": "Al", "parameter_name": "name"},
        {"type": "text", "text": "9", "parameter_name": "parcel_id"},
    ]


def test_media_coupon_quick_reply_and_offer_are_sent_in_their_shapes():
    template = {
        "category": "MARKETING",
        "components": [
            {"type": "HEADER", "format": "DOCUMENT"},
            {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Soon", "has_expiration": True}},
            {"type": "BODY", "text": "Take it."},
            {
                "type": "BUTTONS",
                "buttons": [{"type": "COPY_CODE", "example": "A1"}, {"type": "QUICK_REPLY", "text": "No"}],
            },
        ],
    }
    sent = send_components(
        template,
        {
            "header": {"id": "42", "filename": "a.pdf"},
            "buttons": {"0": "SAVE10", "1": "no-thanks"},
            "expires_at_ms": 1790000000000,
        },
    )
    assert [part["type"] for part in sent] == ["header", "limited_time_offer", "button", "button"]
    assert sent[0]["parameters"] == [{"type": "document", "document": {"id": "42", "filename": "a.pdf"}}]
    assert sent[2]["sub_type"] == "copy_code"
    assert sent[2]["parameters"] == [{"type": "coupon_code", "coupon_code": "SAVE10"}]
    assert sent[3]["parameters"] == [{"type": "payload", "payload": "no-thanks"}]


def test_a_one_time_code_goes_into_body_and_button():
    template = {"category": "AUTHENTICATION", "components": [{"type": "BODY"}]}
    sent = send_components(template, {"code": "123456"})
    assert [part["type"] for part in sent] == ["body", "button"]
    assert sent[1]["sub_type"] == "url"
    assert all(part["parameters"] == [{"type": "text", "text": "123456"}] for part in sent)
    assert codes(template, {"code": "1" * 16}) == {("code", 132005)}
    assert codes(template, {}) == {("code", 131008)}


def test_a_carousel_sends_every_card():
    card = {"components": [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "For {{1}} only."}]}
    template = {"components": [{"type": "BODY", "text": "Look."}, {"type": "CAROUSEL", "cards": [card, card]}]}
    values = {"cards": [{"header": {"link": "https://x.example/a.png"}, "body": ["Al"]}] * 2}
    sent = send_components(template, values)
    assert [entry["card_index"] for entry in sent[0]["cards"]] == [0, 1]
    assert codes(template, {"cards": values["cards"][:1]}) >= {("cards", 132000)}


@pytest.mark.parametrize(
    ("value", "code"),
    [("a\nb", 132018), ("a\tb", 132018), ("a     b", 132018), ("", 131008), ("   ", 131008), (None, 131008)],
)
def test_a_value_the_platform_would_refuse_is_named_with_its_error(value, code):
    values = {"header": "9", "body": [value, "9"], "buttons": {"0": "9"}}
    assert codes(POSITIONAL, values) == {("body.1", code)}


def test_four_blanks_in_a_value_are_fine():
    assert codes(POSITIONAL, {"header": "9", "body": ["a    b", "9"], "buttons": {"0": "9"}}) == set()


def test_a_text_too_long_after_filling_is_132005():
    values = {"header": "9", "body": ["a" * 1000, "9"], "buttons": {"0": "9"}}
    assert codes(POSITIONAL, values) == {("body", 132005)}
    values = {"header": "9" * 54, "body": ["a", "9"], "buttons": {"0": "9"}}
    assert codes(POSITIONAL, values) == {("header", 132005)}


def test_a_send_with_bad_values_raises_with_every_problem():
    with pytest.raises(SendValueError) as refused:
        send_components(POSITIONAL, {"body": ["a\nb"]})
    assert {problem.path for problem in refused.value.problems} == {"header.1", "body.1", "body.2", "buttons.0"}


@pytest.mark.parametrize(
    ("given", "meant"),
    [("en-US", "en_US"), ("EN_us", "en_US"), ("pt", "pt_BR"), ("es_GT", "es"), ("xx", None), ("", None), (None, None)],
)
def test_a_language_code_is_normalised_to_the_listed_one(given, meant):
    assert languages.normalise(given) == meant


def test_each_language_has_a_name_and_a_direction():
    rows = {row.code: row for row in languages.choices("es")}
    assert len(rows) == len(languages.CODES) == len(set(languages.CODES))
    assert rows["es_MX"].name == "Español (México)"
    assert rows["ar_EG"].direction == rows["ps_AF"].direction == "rtl"
    assert rows["pt_BR"].direction == "ltr"
    assert all(row.name != row.code for row in rows.values())
