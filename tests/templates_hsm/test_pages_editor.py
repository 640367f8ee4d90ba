"""The builder's form and the body of a create call, both ways."""

import copy
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from templates_hsm.components import read
from templates_hsm.editor import Editor
from templates_hsm.editor_buttons import ButtonRow, added, moved
from templates_hsm.examples import all_examples
from templates_hsm.linter import apply_fix, lint

SHARED = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "messaging"
CAROUSEL = {"type": "CAROUSEL", "cards": [{"components": [{"type": "BODY", "text": "One"}]}]}


def definitions():
    for example in all_examples():
        yield pytest.param(example.definition, id=f"{example.use}-{example.language}")
    for path in sorted(SHARED.glob("tpl_create_*.json")):
        definition = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(definition, dict) and isinstance(definition.get("language"), str):
            yield pytest.param(definition, id=path.stem)


def posted(editor, **changes):
    """What a browser sends for a form that shows ``editor``: line ends become two characters."""
    data = QueryDict(mutable=True)
    values = {
        "base": editor.base_text,
        "name": editor.name,
        "language": editor.language,
        "category": editor.category,
        "header": editor.header,
        "body": editor.body.replace("\n", "\r\n"),
        "footer": editor.footer,
        "expires": editor.expires,
    }
    values |= {f"header-example-{name}": sample for name, sample in editor.header_variables}
    values |= {f"body-example-{name}": sample for name, sample in editor.body_variables}
    if editor.advice:
        values["advice"] = "1"
    for index, row in enumerate(editor.buttons):
        values[f"button-{index}-kind"] = row.kind
        values[f"button-{index}-origin"] = "" if row.origin is None else str(row.origin)
        if row.editable:
            values[f"button-{index}-text"] = row.text
        if row.kind == "URL":
            values |= {f"button-{index}-url": row.url, f"button-{index}-example": row.example}
        if row.kind == "PHONE_NUMBER":
            values[f"button-{index}-phone"] = row.phone_number
    for name, value in (values | changes).items():
        data[name] = value
    return data


def body(text="Hello {{1}}, your order is on its way.", **more):
    return {
        "name": "order",
        "language": "en",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [{"type": "BODY", "text": text, "example": {"body_text": [["Rosa"]]}} | more],
    }


@pytest.mark.parametrize("definition", list(definitions()))
def test_a_form_sent_back_untouched_changes_nothing(definition):
    before = copy.deepcopy(definition)

    after = Editor.typed(posted(Editor.of(definition)), definition).definition()

    assert after == before | {"category": after["category"]}
    assert after["category"] == before["category"].upper()
    assert lint(after) == lint(before)


@pytest.mark.parametrize("definition", list(definitions()))
def test_a_word_in_the_footer_changes_the_footer_only(definition):
    editor = Editor.of(definition)

    after = Editor.typed(posted(editor, footer="A new footer"), definition).definition()

    kept = [part for part in after["components"] if part["type"].upper() != "FOOTER"]
    assert kept == [part for part in definition["components"] if part["type"].upper() != "FOOTER"]
    assert read(after).footer.text == "A new footer"


def test_new_parts_stand_where_a_message_has_them():
    definition = body()
    definition["components"].append(CAROUSEL)

    after = Editor.typed(posted(Editor.of(definition), header="Your order", footer="Bye"), definition).definition()

    assert [part["type"] for part in after["components"]] == ["HEADER", "BODY", "FOOTER", "CAROUSEL"]
    assert after["components"][3] == CAROUSEL


def test_an_emptied_part_goes():
    definition = body()
    definition["components"] += [{"type": "FOOTER", "text": "Bye"}, {"type": "BUTTONS", "buttons": [{"type": "OTHER"}]}]
    editor = Editor.typed(posted(Editor.of(definition), footer=""), definition).without_button(0)

    assert [part["type"] for part in editor.definition()["components"]] == ["BODY"]


def test_a_header_of_a_kind_that_has_no_field_stays_until_it_is_taken_out():
    definition = body()
    moving = {"type": "HEADER", "format": "GIF", "example": {"header_handle": ["4::abc"]}}
    definition["components"].insert(0, moving)
    editor = Editor.of(definition)

    kept = Editor.typed(posted(editor, body="Hello {{1}}, changed."), definition)
    gone = Editor.typed(posted(editor, without_header="1"), definition)

    assert kept.kept_header == "GIF"
    assert kept.definition()["components"][0] == moving
    assert [part["type"] for part in gone.definition()["components"]] == ["BODY"]


QUICK, LINK, CALL = "QUICK_REPLY", "URL", "PHONE_NUMBER"


@pytest.mark.parametrize(
    ("kinds", "index", "target", "expected"),
    [
        ([QUICK, QUICK, LINK], 0, 1, ["1", "0", "2"]),
        ([QUICK, QUICK, LINK], 1, 2, ["2", "0", "1"]),  # the replies go behind the link together
        ([QUICK, QUICK, LINK, CALL], 3, 0, ["3", "2", "0", "1"]),
        ([QUICK, LINK, QUICK], 0, 1, ["1", "0", "2"]),  # it was out of order before: moved as asked
        ([QUICK, LINK], 0, 5, ["0", "1"]),
        ([QUICK, LINK], 7, 0, ["0", "1"]),
    ],
)
def test_a_moved_button_takes_its_block_along_where_meta_wants_it_together(kinds, index, target, expected):
    rows = [ButtonRow(kind, text=str(number)) for number, kind in enumerate(kinds)]

    assert [row.text for row in moved(rows, index, target)] == expected


def test_a_new_quick_reply_joins_the_others():
    rows = [ButtonRow(QUICK), ButtonRow(LINK)]

    assert [row.kind for row in added(rows, ButtonRow(QUICK))] == [QUICK, QUICK, LINK]
    assert [row.kind for row in added(rows, ButtonRow(CALL))] == [QUICK, LINK, CALL]


OURS = "umbral:VIDEO:0b6c7d4e-1111-4222-8333-944455556666"


def test_a_file_at_the_top_says_its_own_kind_and_gives_way_to_a_text():
    definition = body()
    definition["components"].insert(0, {"type": "HEADER", "format": "TEXT", "text": "Your order"})
    editor = Editor.of(definition)

    filed = Editor.typed(posted(editor, media_kind="IMAGE", media=OURS), definition)
    again = Editor.of(filed.definition())
    texted = Editor.typed(posted(again, media_kind="", media="", header="Your parcel"), definition)

    assert filed.definition()["components"][0] == {
        "type": "HEADER",
        "format": "VIDEO",
        "example": {"header_handle": [OURS]},
    }
    assert (again.media_kind, again.media) == ("VIDEO", OURS)
    assert texted.definition()["components"][0] == {"type": "HEADER", "format": "TEXT", "text": "Your parcel"}


def test_nobody_types_the_handle_of_a_file_that_was_not_there():
    definition = body()

    typed = Editor.typed(posted(Editor.of(definition), media_kind="IMAGE", media="4::somebody-elses"), definition)

    assert typed.definition()["components"][0] == {"type": "HEADER", "format": "IMAGE"}


def test_the_way_variables_are_written_follows_the_variables():
    editor = Editor.of(body())
    changes = {"body": "Hello {{name}}, your order is on its way.", "body-example-name": "Rosa"}

    after = Editor.typed(posted(editor, **changes), body()).definition()

    assert after["parameter_format"] == "NAMED"
    assert after["components"][0]["example"] == {"body_text_named_params": [{"param_name": "name", "example": "Rosa"}]}


def test_samples_of_variables_that_went_away_go_with_them():
    after = Editor.typed(posted(Editor.of(body()), body="Hello, your order is on its way."), body()).definition()

    assert "example" not in after["components"][0]


def test_buttons_are_added_moved_and_removed():
    definition = body()
    flow = {"type": "FLOW", "text": "Open", "flow_id": "77"}
    definition["components"].append({"type": "BUTTONS", "buttons": [flow, {"type": "QUICK_REPLY", "text": "Yes"}]})
    editor = Editor.of(definition).with_button("URL").moved_button(0, 1).moved_button(2, 1)

    buttons = Editor.typed(posted(editor), definition).definition()["components"][1]["buttons"]

    assert buttons == [{"type": "URL", "text": "", "url": ""}, flow, {"type": "QUICK_REPLY", "text": "Yes"}]
    assert Editor.of(definition).without_button(1).definition()["components"][1]["buttons"] == [flow]


def test_no_more_than_ten_buttons():
    editor = Editor.of(body())
    for _number in range(12):
        editor = editor.with_button("QUICK_REPLY")

    assert len(editor.buttons) == 10


@pytest.mark.parametrize(
    "base", ["", "[]", "{", '{"components": 3}', '{"components": ["\\u0000"]}', '{"components": [NaN]}', "[" * 5000]
)
def test_a_base_that_was_tampered_with_gives_way_to_the_stored_one(base):
    after = Editor.typed(posted(Editor.of(body()), base=base), body()).definition()

    assert after == body()


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=20))
def test_whatever_is_typed_can_be_stored(text, header, sample):
    changes = {"body": text, "header": header, "body-example-1": sample}

    after = Editor.typed(posted(Editor.of(body()), **changes), body()).definition()

    assert "\x00" not in json.dumps(after["components"], ensure_ascii=False).replace("\\u0000", "\x00")
    again = Editor.typed(posted(Editor.of(after)), after).definition()
    assert again == after


@pytest.mark.parametrize("definition", list(definitions()))
def test_every_fix_leaves_a_form_that_can_go_on(definition):
    for finding in lint(definition | {"category": "UTILITY"}):
        if finding.fix:
            fixed = apply_fix(definition, finding.fix)
            assert Editor.typed(posted(Editor.of(fixed)), fixed).definition()["components"] == fixed["components"]


class Fields(HTMLParser):
    """What a browser would send for the builder's page as it stands."""

    def __init__(self, page):
        super().__init__()
        self.data, self.textarea, self.select = QueryDict(mutable=True), None, None
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "form":
            self.inside = attrs.get("id") == "template-form"
        if not self.inside:
            return
        if tag == "input" and attrs.get("name"):
            if attrs.get("type") not in {"checkbox", "radio"} or "checked" in attrs:
                self.data.appendlist(attrs["name"], attrs.get("value", ""))
        elif tag == "select":
            self.select = attrs["name"]
        elif tag == "option" and "selected" in attrs:
            self.data[self.select] = attrs["value"]
        elif tag == "textarea":
            self.textarea = (attrs["name"], [])

    def handle_data(self, data):
        if self.textarea:
            self.textarea[1].append(data)

    def handle_endtag(self, tag):
        if tag == "textarea" and self.textarea:
            name, parts = self.textarea
            text = re.sub(r"\A\n", "", "".join(parts))
            self.data[name] = text.replace("\n", "\r\n")
            self.textarea = None
        elif tag == "form":
            self.inside = False


def form_of(response):
    """The fields of the builder in a response, as a browser would send them."""
    return Fields(response.content.decode()).data.dict()
