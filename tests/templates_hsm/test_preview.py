"""The preview shows what a phone shows, as data that a page can escape."""

import json
from html import unescape

import pytest
from django.utils.html import strip_tags
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.sandbox import bubbles
from templates_hsm.components import send_components
from templates_hsm.formatting import parse, plain_text
from templates_hsm.preview import preview, visible_text


def body(text, **example):
    return {"language": "es", "category": "UTILITY", "components": [{"type": "BODY", "text": text, "example": example}]}


def signs(span):
    return (("b", span.bold), ("i", span.italic), ("s", span.struck), ("m", span.mono))


def styles(text):
    (block,) = parse(text)
    return [(span.text, "".join(sign for sign, on in signs(span) if on)) for line in block.lines for span in line]


def test_samples_fill_the_variables_when_no_values_are_given():
    model = preview(body("Hola {{1}}, tu pedido {{2}}.", body_text=[["Ana", "9"]]))
    assert visible_text(model) == "Hola Ana, tu pedido 9."
    assert [span.variable for span in model.body_blocks[0].lines[0] if span.variable] == ["1", "2"]


def test_values_win_over_samples_and_a_missing_value_stays_in_braces():
    model = preview(body("Hola {{1}}, pedido {{2}}.", body_text=[["Ana", "9"]]), {"body": ["Eva"]})
    assert visible_text(model) == "Hola Eva, pedido {{2}}."
    assert "values_missing" in [note.code for note in model.notes]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a *b* c", [("a ", ""), ("b", "b"), (" c", "")]),
        ("*_b_*", [("b", "bi")]),
        ("~x~ `y`", [("x", "s"), (" ", ""), ("y", "m")]),
        ("2*3*4", [("2*3*4", "")]),
        ("* not bold*", [("not bold*", "")]),
        ("snake_case_name", [("snake_case_name", "")]),
        ("*open", [("*open", "")]),
        ("see ```code``` here", [("see ", ""), ("code", "m"), (" here", "")]),
    ],
)
def test_formatting_signs_count_only_in_pairs_at_word_edges(text, expected):
    assert styles(text) == expected


def test_lists_quotes_and_code_become_blocks():
    blocks = parse("Intro\n- one\n- two\n\n3. three\n4. four\n> said\n```a\nb```")
    assert [(block.kind, len(block.lines)) for block in blocks] == [
        ("paragraph", 1),
        ("bullets", 2),
        ("numbers", 2),
        ("quote", 1),
        ("code", 2),
    ]
    assert blocks[2].start == 3
    assert plain_text(blocks) == "Intro\n• one\n• two\n3. three\n4. four\nsaid\na\nb"


def test_signs_inside_a_value_do_not_style_the_text_around_it():
    model = preview(body("Hola {{1}}, listo *ya*.", body_text=[["*Ana"]]))
    assert visible_text(model) == "Hola *Ana, listo ya."


def test_a_bold_variable_is_bold():
    model = preview(body("*{{1}}* llega", body_text=[["Ana"]]))
    first = model.body_blocks[0].lines[0][0]
    assert (first.text, first.bold, first.variable) == ("Ana", True, "1")


def test_header_signs_mean_nothing_and_media_headers_say_their_kind():
    text = {
        "components": [{"type": "HEADER", "format": "TEXT", "text": "*A* {{1}}", "example": {"header_text": ["b"]}}]
    }
    assert preview(text).header.text == "*A* b"
    image = preview(
        {"components": [{"type": "HEADER", "format": "IMAGE"}]}, {"header": {"link": "https://x.example/a"}}
    )
    assert (image.header.kind, image.header.link) == ("image", "https://x.example/a")


def test_buttons_know_their_targets_and_more_than_three_are_folded():
    template = body("Elige.")
    template["components"].append(
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "URL", "text": "Ver", "url": "https://x.example/{{1}}", "example": ["9"]},
                {"type": "PHONE_NUMBER", "text": "Llamar", "phone_number": "+5712345"},
                {"type": "QUICK_REPLY", "text": "Sí"},
                {"type": "QUICK_REPLY", "text": "No"},
            ],
        }
    )
    model = preview(template)
    assert [(button.kind, button.target) for button in model.shown_buttons] == [
        ("url", "https://x.example/9"),
        ("phone_number", "+5712345"),
    ]
    assert len(model.hidden_buttons) == 2
    assert {"desktop", "more_buttons"} <= {note.code for note in model.notes}
    assert preview(template, {"buttons": {"0": "77"}}).buttons[0].target == "https://x.example/77"


def test_arabic_runs_from_right_to_left():
    assert preview({"language": "ar_EG", "components": []}).direction == "rtl"
    assert preview(body("hola")).direction == "ltr"


def test_a_long_marketing_text_is_cut_and_a_utility_text_is_not():
    long_text = body("palabra " * 40)
    assert not preview(long_text).truncated
    assert preview(long_text | {"category": "MARKETING"}).truncated


def test_the_platforms_own_text_is_shown_for_one_time_codes():
    template = {
        "language": "es_MX",
        "category": "AUTHENTICATION",
        "components": [
            {"type": "BODY", "add_security_recommendation": True},
            {"type": "FOOTER", "code_expiration_minutes": 10},
            {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
        ],
    }
    model = preview(template, {"code": "445566"})
    shown = visible_text(model)
    assert shown.startswith("445566 es tu código")
    assert "10" in model.footer
    assert model.buttons[0].label == "Copiar código"


def test_the_page_fragment_escapes_what_people_wrote(settings):
    from django.template.loader import render_to_string

    template = body("Hola *<b>{{1}}</b>*", body_text=[["<script>alert(1)</script>"]])
    template["components"].append({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "<i>Sí</i>"}]})
    page = render_to_string("templates_hsm/_preview.html", {"model": preview(template), "at": "11:08"})
    assert "<script>" not in page
    assert "<i>" not in page
    assert "<strong>&lt;b&gt;</strong>" in page
    assert 'data-variable="1"' in page
    assert "style=" not in page


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.text(alphabet="*_~`->1. \nab{}" + "\ue000\ue001", max_size=60))
def test_any_text_is_shown_without_losing_its_letters(text):
    shown = plain_text(parse(text.replace("\ue000", "").replace("\ue001", "")))
    assert [char for char in shown if char in "ab"] == [char for char in text if char in "ab"]


@given(st.dictionaries(st.sampled_from(["components", "category", "language", "name"]), JSON), JSON)
def test_any_definition_and_any_values_can_be_previewed(definition, values):
    visible_text(preview(definition, values))


# The phone builds the same from the body of the send, by its own code


class OneTemplate:
    """The sandbox's store with one template and no files."""

    def __init__(self, definition):
        self.row = {
            "components": json.dumps(definition["components"]),
            "category": definition["category"],
            "parameter_format": definition["parameter_format"],
        }

    def get(self, table, _key):
        return self.row if table == "template" else None


WORDS = st.text("abcXYZ áñü&<'\"!?,", min_size=1, max_size=12).map(str.strip).filter(bool)
CODES = st.text("abcXYZ0189", min_size=1, max_size=9)
MARKS = st.sampled_from(["", "*", "_", "~"])


@st.composite
def said(draw, named):
    """A text with up to two variables, and their samples."""
    pieces, samples = [draw(WORDS)], {}
    for number in range(1, draw(st.integers(0, 2)) + 1):
        name = f"detail_{number}" if named else str(number)
        mark = draw(MARKS)
        samples[name] = draw(WORDS)
        pieces.append(f"{mark}{{{{{name}}}}}{mark}")
        pieces.append(draw(WORDS))
    return draw(st.sampled_from([" ", "\n"])).join(pieces), samples


def body_part(text, samples, named):
    if named:
        example = {"body_text_named_params": [{"param_name": name, "example": one} for name, one in samples.items()]}
    else:
        example = {"body_text": [list(samples.values())]}
    return {"type": "BODY", "text": text} | ({"example": example} if samples else {})


@st.composite
def buttons_of(draw, most):
    """Buttons, and the ending for each address that has one."""
    made, endings = [], {}
    for index in range(draw(st.integers(1, most))):
        kind = draw(st.sampled_from(["QUICK_REPLY", "URL", "PHONE_NUMBER", "CHANGING"]))
        button = {"type": "URL" if kind == "CHANGING" else kind, "text": draw(WORDS)}
        if kind == "URL":
            button["url"] = f"https://shop.example/{draw(CODES)}"
        elif kind == "CHANGING":
            endings[str(index)] = draw(CODES)
            button |= {"url": "https://shop.example/{{1}}", "example": [endings[str(index)]]}
        elif kind == "PHONE_NUMBER":
            button["phone_number"] = "+57" + draw(st.text("0123456789", min_size=7, max_size=9))
        made.append(button)
    return {"type": "BUTTONS", "buttons": made}, endings


PICTURE = {"link": "https://shop.example/a.png"}


@st.composite
def sendings(draw):
    """A template and the values of one send that are its samples: a carousel, an offer that ends, or a message."""
    named = draw(st.booleans())
    text, samples = draw(said(named))
    values = {"body": samples}
    components = [body_part(text, samples, named)]
    kind = draw(st.sampled_from(["carousel", "offer", "message"]))
    if kind == "carousel":
        cards, values["cards"] = [], []
        with_text = draw(st.booleans())
        shape = draw(st.sampled_from(["IMAGE", "VIDEO"]))
        for _card in range(draw(st.integers(2, 4))):
            text, samples = draw(said(named)) if with_text else ("", {})
            part, endings = draw(buttons_of(2))
            header = {"type": "HEADER", "format": shape, "example": {"header_handle": ["4::a"]}}
            cards.append({"components": [header, *([body_part(text, samples, named)] if with_text else []), part]})
            values["cards"].append({"header": PICTURE, "body": samples, "buttons": endings})
        components.append({"type": "CAROUSEL", "cards": cards})
    elif kind == "offer":
        code = draw(CODES)
        offer = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": draw(WORDS), "has_expiration": True}}
        link = {"type": "URL", "text": draw(WORDS), "url": "https://shop.example/"}
        components = [offer, *components]
        components.append({"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": code}, link]})
        values |= {"buttons": {"0": code}, "expires_at_ms": 1_800_000_000_000}
    else:
        part, values["buttons"] = draw(buttons_of(6))
        components += [{"type": "FOOTER", "text": draw(WORDS)}, part]
    definition = {"language": "en", "category": "MARKETING", "components": components}
    return definition | {"parameter_format": "NAMED" if named else "POSITIONAL"}, values


def lines(text):
    """Words as an eye reads them: no doubled blanks, none at the edges."""
    return [" ".join(line.split()) for line in text.split("\n")]


def seen(html):
    return lines(unescape(strip_tags(str(html).replace("<br>", "\n"))))


@settings(max_examples=150, deadline=None)
@given(sendings())
def test_the_preview_and_the_phone_show_the_same_texts_and_buttons(sending):
    definition, values = sending
    store = OneTemplate(definition)
    bubble = {"head": "", "offer": "", "text": "", "foot": "", "media": None, "buttons": [], "cards": [], "place": None}
    bubbles._template(store, {"template_id": 1}, {"components": send_components(definition, values)}, bubble)

    for model in (preview(definition), preview(definition, values)):
        assert lines(plain_text(model.body_blocks)) == seen(bubble["text"])
        assert (model.offer, model.footer) == (bubble["offer"], bubble["foot"])
        assert [(one.label, one.target) for one in model.buttons] == pressed(bubble["buttons"])
        assert len(model.cards) == len(bubble["cards"])
        for card, shown in zip(model.cards, bubble["cards"], strict=True):
            assert card.header.kind == shown["media"]["kind"]
            assert lines(plain_text(card.body_blocks)) == seen(shown["text"])
            assert [(one.label, one.target) for one in card.buttons] == pressed(shown["buttons"])


def pressed(buttons):
    return [(button["label"], button["detail"]) for button in buttons]


def test_a_header_s_file_is_shown_when_nothing_else_was_given():
    picture = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["h"]}}
    words = {"type": "BODY", "text": "Hello"}
    made = {"language": "en", "category": "MARKETING", "components": [
        picture, words, {"type": "CAROUSEL", "cards": [{"components": [picture, words]}]}]}  # fmt: skip

    for values in (None, {}, {"cards": [{}]}, {"cards": []}):
        model = preview(made, values, files={"h": "shown"})
        assert (model.header.file, model.cards[0].header.file) == ("shown", "shown"), values
