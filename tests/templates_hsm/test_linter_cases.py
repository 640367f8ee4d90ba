"""The linter against labelled texts, the platform's own samples and the ready examples."""

import json
from pathlib import Path

import pytest

from templates_hsm.examples import LANGUAGES, USES, all_examples, examples
from templates_hsm.linter import lint, preflight

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared"
OWN = sorted((HERE / "cases").glob("*.jsonl"))

# The name of each broken sample says what is wrong; this is the reason the linter must give for it.
EXPECTED_CODE = {
    "authentication_with_url_in_body": "otp_rules",
    "body_1025_chars": "too_long",
    "button_text_26_chars": "button_limits",
    "carousel_one_card": "carousel_rules",
    "eleven_buttons": "button_limits",
    "footer_61_chars": "too_long",
    "header_61_chars": "too_long",
    "header_two_variables": "header_newline_or_format",
    "header_with_newline": "header_newline_or_format",
    "leading_variable": "variable_at_start",
    "marketing_with_location_footerless_lto": "lto_rules",
    "missing_example": "missing_example",
    "name_513_chars": "name_format",
    "named_param_upper_case": "placeholder_syntax",
    "single_brace_placeholder": "placeholder_syntax",
    "trailing_variable": "variable_at_end",
    "unknown_language": "language_unknown",
    "upper_case_name": "name_format",
}


def cases(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def share_right(path):
    rows = cases(path)
    wrong = [row["id"] for row in rows if preflight(row["input"])["verdict"] != row["expected"]["verdict"]]
    return 1 - len(wrong) / len(rows), wrong


def samples(pattern):
    return sorted((SHARED / "payloads" / "messaging").glob(pattern))


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_own_labelled_texts_get_their_verdict(path):
    share, wrong = share_right(path)
    assert share >= 0.97, wrong


@pytest.mark.skipif(not (SHARED / "cases").exists(), reason="the shared cases are not on this machine")
def test_shared_labelled_texts_get_their_verdict():
    share, wrong = share_right(SHARED / "cases" / "template.jsonl")
    assert share >= 0.95, wrong


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.stem)
def test_a_text_that_fails_is_told_every_reason_on_its_label(path):
    rows = [row for row in cases(path) if row["expected"]["verdict"] == "fail"]
    missed = []
    for row in rows:
        told = {reason["code"] for reason in preflight(row["input"])["reasons"]}
        if not set(row["expected"]["reasons"]) <= told:
            missed.append(row["id"])
    assert len(missed) <= max(1, 0.03 * len(rows)), missed


@pytest.mark.parametrize("path", samples("tpl_*.json"), ids=lambda path: path.stem)
def test_the_platforms_own_samples_do_not_fail(path):
    definition = json.loads(path.read_text(encoding="utf-8"))
    answer = preflight(definition)
    wanted = "warn" if definition["category"].upper() == "MARKETING" else "pass"
    assert answer["verdict"] == wanted, answer["reasons"]


@pytest.mark.parametrize("path", samples("made-by-hand/tpl_invalid_*.json"), ids=lambda path: path.stem)
def test_each_broken_sample_fails_for_the_reason_in_its_name(path):
    answer = preflight(json.loads(path.read_text(encoding="utf-8")))
    assert answer["verdict"] == "fail"
    assert EXPECTED_CODE[path.stem.removeprefix("tpl_invalid_")] in {reason["code"] for reason in answer["reasons"]}


@pytest.mark.parametrize("example", all_examples(), ids=lambda example: f"{example.language}-{example.use}")
def test_every_ready_example_is_clean(example):
    assert [finding for finding in lint(example.definition) if finding.severity != "info"] == []


def test_there_is_an_example_for_each_use_in_each_language():
    assert {(example.use, example.language) for example in all_examples()} == {
        (use, language) for use in USES for language in LANGUAGES
    }
    assert [example.language for example in examples(use="delivery", language="es-MX")] == ["es"]
