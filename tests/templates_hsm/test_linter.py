"""The linter's findings: what they say, where, how they are fixed, and that nothing breaks it."""

import copy
import re
import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates_hsm.linter import HouseRules, all_rules, apply_fix, lint, preflight, verdict
from templates_hsm.linter.content import JUDGED, _lists
from templates_hsm.linter.phrases import Index, cut, parse
from templates_hsm.linter.rulebook import rules_on

GOOD = {
    "name": "order_update",
    "language": "en_US",
    "category": "UTILITY",
    "components": [
        {
            "type": "BODY",
            "text": "Hi {{1}}, your order {{2}} was shipped today.",
            "example": {"body_text": [["Ana", "9"]]},
        }
    ],
}


def with_body(text, samples=(), **top):
    definition = copy.deepcopy(GOOD) | top
    definition["components"][0] = {"type": "BODY", "text": text, "example": {"body_text": [list(samples)]}}
    return definition


def with_parts(*parts, **top):
    definition = copy.deepcopy(GOOD) | top
    definition["components"] += parts
    return definition


def buttons(*entries):
    return with_parts({"type": "BUTTONS", "buttons": list(entries)})


def codes(definition, **options):
    return {finding.code for finding in lint(definition, **options) if finding.severity != "info"}


def one(definition, code, **options):
    (finding,) = [finding for finding in lint(definition, **options) if finding.code == code]
    return finding


def test_a_good_template_has_no_findings():
    assert lint(GOOD) == []
    assert preflight(GOOD) == {"verdict": "pass", "reasons": []}


def test_a_finding_names_its_rule_source_place_and_the_platforms_answer():
    finding = one(with_body("Your order {{1}} comes with {{2}}", ["9", "Al"]), "variable_at_end")
    assert finding.rule == "VAR-END"
    assert finding.source.startswith("Meta, ")
    assert finding.subcode == 2388299
    assert (finding.path, finding.start, finding.end) == ("components.0.text", 28, 33)
    assert "full stop" in finding.text


@pytest.mark.parametrize(("reader", "word"), [("es", "cuerpo"), ("pt", "corpo"), ("en", "body")])
def test_sentences_come_in_the_readers_language(reader, word):
    finding = one(with_body("Your order comes with driver {{1}}", ["Al"]), "variable_at_end", reader=reader)
    assert word in finding.text


def test_sentences_follow_the_active_language():
    from django.utils import translation

    with translation.override("pt-br"):
        assert "corpo" in one(with_body("Your order comes with driver {{1}}", ["Al"]), "variable_at_end").text


QUICK = {"type": "QUICK_REPLY", "text": "Yes"}
FIXABLE = [
    (with_body("Your order comes with driver {{1}}", ["Al"]), "variable_at_end"),
    (with_body("{{1}}, your order comes with a driver.", ["Al"]), "variable_at_start"),
    (with_body("Your order from {{1}} {{2}} arrives today.", ["a", "b"]), "adjacent_variables"),
    (with_body("Your order {{1}} for {{3}} arrives today.", ["a", "b"]), "non_sequential"),
    (with_body("Your order {1} arrives today at noon.", ["a"]), "placeholder_syntax"),
    (with_body("Your order {{ Número }} arrives today at noon."), "placeholder_syntax"),
    (with_body("Your order {{1}}\n\n\narrives today.", ["a"]), "consecutive_newlines_or_spaces"),
    (GOOD | {"name": "Actualización de Pedido"}, "name_format"),
    (GOOD | {"name": "a" * 513}, "name_format"),
    (GOOD | {"language": "en-US"}, "language_unknown"),
    (GOOD | {"parameter_format": "NAMED"}, "mixed_parameter_format"),
    (with_parts({"type": "HEADER", "format": "TEXT", "text": "*Order*\nready ✅"}), "header_newline_or_format"),
    (buttons(QUICK, {"type": "URL", "text": "A", "url": "https://x.example/"}, QUICK), "button_order"),
    (buttons({"type": "URL", "text": "A", "url": "www.x.example/a"}), "bad_url_button"),
    (buttons({"type": "PHONE_NUMBER", "text": "A", "phone_number": "+57 (1) 23-45"}), "button_format"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "code"), FIXABLE, ids=[f"{code}-{i}" for i, (_, code) in enumerate(FIXABLE)])
def test_the_offered_fixes_settle_the_finding(definition, code):
    before = copy.deepcopy(definition)
    fixed = definition
    for _ in range(4):
        found = [finding for finding in lint(fixed) if finding.code == code]
        if not found:
            break
        assert found[0].fix is not None
        assert found[0].fix.label
        fixed = apply_fix(fixed, found[0].fix)
    assert code not in codes(fixed)
    assert definition == before


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        (with_body("x" * 1025), "too_long"),
        (with_body("Order {{1}} for {{2}}.", ["a", "b"]), "too_many_variables"),
        (with_body("Hi {{1}}, order {{name}} is ready today.", ["a"]), "mixed_parameter_format"),
        (with_body("Your order {{1}} arrives today.", [" "]), "missing_example"),
        (with_parts({"type": "HEADER", "format": "IMAGE"}), "missing_example"),
        (with_parts({"type": "HEADER", "format": "TEXT", "text": "_Order_ ready"}), "header_newline_or_format"),
        (with_parts({"type": "FOOTER", "text": "For {{1}}"}), "footer_variable"),
        (with_parts({"type": "BODY", "text": "Again"}), "component_structure"),
        (buttons({"type": "QUICK_REPLY", "text": "Yes {{1}}"}), "button_limits"),
        (buttons({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "1" * 21}), "button_limits"),
        (buttons({"type": "URL", "text": "A", "url": "https://{{1}}", "example": ["x"]}), "bad_url_button"),
        (buttons({"type": "URL", "text": "A", "url": "https://x.example/{{1}}"}), "missing_example"),
        (buttons({"type": "OTP", "otp_type": "COPY_CODE"}), "otp_rules"),
        (buttons({"type": "FLOW", "text": "Open"}), "button_format"),
        (GOOD | {"message_send_ttl_seconds": 5}, "ttl_range"),
        (GOOD | {"category": "OTHER"}, "category_unknown"),
        ({"name": "x", "language": "es", "category": "UTILITY"}, "component_structure"),
        (GOOD | {"languages": ["es", "en"], "language": None}, "component_structure"),
    ],
)
def test_a_broken_rule_fails(definition, code):
    assert code in codes(definition)
    assert verdict(lint(definition)) == "fail"


@pytest.mark.parametrize(
    "definition",
    [
        with_parts({"type": "HEADER", "format": "TEXT", "text": "x" * 60}),
        with_parts({"type": "FOOTER", "text": "x" * 60}),
        with_body("Your order {{1}} and again {{1}} is here today.", ["a"]),
        with_body("See you on {{1}}, at {{2}}, in the clinic. Your appointment is with {{3}}!", ["a", "b", "c"]),
        buttons({"type": "QUICK_REPLY", "text": "x" * 25}, {"type": "URL", "text": "A", "url": "https://x.example/"}),
        buttons({"type": "URL", "text": "A", "url": "https://x.example/?id={{1}}", "example": ["9"]}),
        buttons(*({"type": "QUICK_REPLY", "text": f"Answer {n}"} for n in range(10))),
        GOOD | {"message_send_ttl_seconds": -1},
    ],
)
def test_what_stands_exactly_at_the_limit_passes(definition):
    assert codes(definition) == set()


def test_a_house_rule_says_that_it_is_one_and_can_be_changed():
    promotion = with_body("Enjoy 20% off this weekend, {{1}}, in every store.", ["Al"], category="MARKETING")
    assert one(promotion, "promotional_content").house
    assert preflight(promotion)["verdict"] == "warn"
    assert preflight(promotion, house_rules=HouseRules(promotional="off"))["verdict"] == "pass"
    assert preflight(promotion, house_rules=HouseRules(promotional="error"))["verdict"] == "fail"


def test_a_blank_sample_is_named_and_not_its_neighbour():
    finding = one(with_body("Your order {{1}} of {{2}} arrives today at noon.", [" ", "May 2"]), "missing_example")
    assert "{{1}}" in finding.text
    assert "{{2}}" not in finding.text
    assert (finding.start, finding.end) == (11, 16)


def test_few_words_for_many_variables_are_told_and_refused_only_from_as_many_on():
    told = one(with_body("Order {{1}} for {{2}} today.", ["a", "b"]), "too_many_variables")
    assert (told.rule, told.severity) == ("VAR-RATIO-PROBED", "info")
    assert verdict(lint(with_body("Order {{1}} for {{2}}.", ["a", "b"]))) == "fail"


def test_characters_count_as_words_where_no_blanks_part_them():
    assert "too_many_variables" not in codes(
        with_body("您的订单{{1}}已经发货，{{2}}送达。", ["a", "b"], language="zh_CN")
    )


def test_a_benefit_that_is_reported_does_not_promote_and_one_that_is_pushed_does():
    reported = "We removed the coupon from your order {{1}} and refunded the difference of {{2}} today."
    pushed = "Your order {{1}} shipped on {{2}}. Use this coupon on your next order and save."
    assert "promotional_content" not in codes(with_body(reported, ["a", "b"]))
    assert "promotional_content" in codes(with_body(pushed, ["a", "b"]))


def test_promotion_hidden_in_a_sample_is_seen():
    hidden = with_body("Hi {{1}}, here is something: {{2}}. See you soon.", ["Al", "25% off everything"])
    found = [finding for finding in lint(hidden) if finding.code == "promotional_content"]
    assert found[0].path == "components.0.example"


def test_disguised_letters_are_read_as_what_they_pose_for():
    plain = with_body("Aprovecha el 20% de descuento en la tienda.", language="es")
    disguised = with_body("Аprov\u200becha el 20% de *desc*uento en la tienda.", language="es")
    assert "promotional_content" in codes(plain)
    assert "promotional_content" in codes(disguised)


def test_the_place_of_a_word_is_right_after_invisible_signs():
    text = "Tu pedido llega hoy. Aprov\u200becha la oferta especial."
    (first, *_) = [f for f in lint(with_body(text, language="es")) if f.rule == "PROMO-UTILITY"]
    assert text[first.start : first.end].startswith(("Aprov", "oferta"))


def test_the_wrong_language_is_pointed_out():
    text = "Hola, tu pedido ya salió y llega hoy a las cinco de la tarde con el repartidor de la zona."
    assert "language_mismatch" in codes(with_body(text))
    assert "language_mismatch" not in codes(with_body(text, language="es"))


def test_duplicates_are_found_among_what_exists():
    assert "duplicate_name" in codes(GOOD, existing=[GOOD])
    other = GOOD | {"name": "order_update_2"}
    assert codes(GOOD, existing=[other]) == {"duplicate_content"}
    assert codes(GOOD, existing=[other | {"language": "en_GB"}]) == set()
    deleted = GOOD | {"deleted_at": "2026-11-01T10:00:00+00:00"}
    assert codes(GOOD, existing=[deleted], as_of=date(2026, 11, 20)) == {"name_cooling_down"}
    assert codes(GOOD, existing=[deleted], as_of=date(2026, 12, 2)) == set()


def test_the_rules_of_a_day_are_those_that_held_then():
    coupon = with_parts(
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "A" * 18}]}, category="MARKETING"
    )
    assert "button_limits" in codes(coupon, as_of=date(2025, 12, 2))
    assert "button_limits" not in codes(coupon, as_of=date(2025, 12, 3))
    assert "button_limits" not in codes(coupon)


def test_every_rule_is_complete_in_three_languages():
    for rule in all_rules():
        gaps = {reader: set(re.findall(r"\$(\w+)", text)) for reader, text in rule.sentences.items()}
        assert gaps["en"] == gaps["es"] == gaps["pt"], rule.id
        assert all(text.strip().endswith(".") for text in rule.sentences.values()), rule.id
        assert set(rule.fixes) in (set(), {"en", "es", "pt"}), rule.id
        assert rule.source, rule.id
        assert rule.severity in ("error", "warning", "info")


def test_on_no_day_do_two_rules_with_one_id_hold():
    for day in (date(2024, 1, 1), date(2025, 12, 2), date(2025, 12, 3), date(2026, 11, 22)):
        held = [rule.id for rule in all_rules() if rule.holds_on(day)]
        assert len(held) == len(set(held)) == len(rules_on(day))


@pytest.mark.parametrize("language", JUDGED)
def test_every_word_list_can_be_read(language):
    assert _lists(language).reasons


def test_a_list_entry_matches_words_and_not_parts_of_words():
    index = Index()
    for pattern in ("free ..2 gift*", "in+stock|new ..1 here", "#% off", "save $#"):
        index.add(pattern, pattern)

    def found(text):
        return {label for label, _, _ in index.find(cut(text))}

    assert found("a free little gift") == {"free ..2 gift*"}
    assert found("carefree gifts") == set()
    assert found("free. Gifts") == set()
    assert found("back in stock here") == {"in+stock|new ..1 here"}
    assert found("get 20 % off or save {{1}} USD") == {"#% off", "save $#"}


def test_a_list_entry_that_begins_with_a_gap_is_refused():
    with pytest.raises(ValueError, match="begin with a word"):
        parse("..2 gift")


WORDS = st.sampled_from(
    "type text format components buttons cards example body_text header_handle BODY HEADER FOOTER BUTTONS CAROUSEL "
    "LIMITED_TIME_OFFER limited_time_offer URL url OTP otp_type supported_apps {{1}} {{x}} {{ {{{}} https:// "
    "category UTILITY MARKETING AUTHENTICATION language es name languages parameter_format NAMED".split()
)
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)
COMPONENT = st.dictionaries(WORDS, ANY, max_size=5) | ANY


@settings(max_examples=300, deadline=None)
@given(ANY | st.fixed_dictionaries({"components": st.lists(COMPONENT, max_size=4)}, optional={"category": WORDS}), ANY)
def test_nothing_that_is_handed_in_breaks_the_linter(definition, existing):
    for finding in lint(definition, existing=existing if isinstance(existing, list) else ()):
        assert finding.text
        assert finding.as_dict()["rule"] == finding.rule
        if finding.fix and isinstance(definition, dict):
            apply_fix(definition, finding.fix)
    preflight(definition)


def test_a_thousand_templates_take_less_than_a_few_seconds():
    lint(GOOD)
    started = time.perf_counter()
    for _ in range(300):
        lint(GOOD)
    assert time.perf_counter() - started < 1.5
