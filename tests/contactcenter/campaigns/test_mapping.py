"""Values for each person, and whether they fit: the quick answer is the full one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contactcenter.campaigns import hours, mapping
from templates_hsm.components import check_send_values


def definition(body, **more):
    return {
        "name": "x", "language": "en", "category": "UTILITY",
        "components": [{"type": "BODY", "text": body}, *more.get("others", [])],
    }  # fmt: skip


TEMPLATES = [
    definition("Hello {{1}}, your order {{2}} is here."),
    definition("Nothing to fill in."),
    definition("Hi {{name}}" + "x" * 900, others=[{"type": "HEADER", "format": "TEXT", "text": "About {{thing}}"}]),
    definition(
        "See {{1}} here",
        others=[{"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://a.example/{{1}}"}]}],
    ),
    definition("With a picture {{1}}.", others=[{"type": "HEADER", "format": "IMAGE"}]),
]
CELLS = st.lists(st.one_of(st.just(""), st.text(max_size=80), st.text("ab ", min_size=150)), min_size=5, max_size=5)


@given(st.sampled_from(TEMPLATES), CELLS)
def test_the_quick_answer_is_the_full_one(template, cells):
    rules = {
        slot.key: {"from": "column", "column": place, "text": ""} for place, slot in enumerate(mapping.slots(template))
    }
    values = mapping.fill(rules, cells=cells)

    assert (mapping.Fit(template).problem(values) == ("", "")) == (not check_send_values(template, values))


def test_a_cell_a_name_or_the_text_instead():
    rules = {
        "body.1": {"from": "first_name", "text": "cliente"},
        "body.2": {"from": "column", "column": 1, "text": "tu pedido"},
        "header_link": {"from": "text", "text": "https://a.example/x.png"},
        "button.0": {"from": "column", "column": 0, "text": ""},
    }

    assert mapping.fill(rules, cells=["A-1", " \n"], name="Rosa Paz") == {
        "body": {"1": "Rosa", "2": "tu pedido"},
        "header": {"link": "https://a.example/x.png"},
        "buttons": {"0": "A-1"},
    }
    assert mapping.fill(rules, cells=[], name=" ")["body"]["1"] == "cliente"


@pytest.mark.parametrize(
    ("digits", "zone"),
    [
        ("573001112233", "America/Bogota"),
        ("12125550123", "America/New_York"),
        ("13105550123", "America/Los_Angeles"),
        ("34612345678", "Atlantic/Canary|Europe/Madrid"),
        ("999", "UTC"),
    ],
)
def test_a_number_tells_where_it_is_night(digits, zone):
    found = hours.zone_of(digits, "UTC")

    assert found == zone or found in zone.split("|")
