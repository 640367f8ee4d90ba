"""What the digits of a number tell: its type, the way its code should travel, what is wrong with it."""

import pytest

from onboarding.phone_types import describe_number


@pytest.mark.parametrize(
    ("raw", "region", "kind", "method"),
    [
        ("315 555 0142", "CO", "mobile", "SMS"),
        ("+57 602 485 0100", None, "fixed_line", "VOICE"),
        ("01 8000 123456", "CO", "toll_free", "VOICE"),
        ("0034 912 345 678", None, "fixed_line", "VOICE"),
        ("612345678", "ES", "mobile", "SMS"),
        ("+55 11 98765-4321", None, "mobile", "SMS"),
        ("0800 555 5555", "AR", "toll_free", "VOICE"),
        ("901123456", "ES", "shared_cost", "VOICE"),
    ],
)
def test_type_and_method_follow_the_number(raw, region, kind, method):
    facts = describe_number(raw, region)
    assert (facts.type, facts.method, facts.usable) == (kind, method, True)
    assert facts.e164.startswith("+")


@pytest.mark.parametrize(
    ("raw", "region", "code"),
    [
        ("", "CO", "empty"),
        ("hola", "CO", "empty"),
        ("85432", "CO", "short_code"),
        ("123", None, "short_code"),
        ("807123456", "ES", "premium"),
        ("3155550142", None, "no_country"),
        ("+999 123456789", None, "bad_country"),
        ("602 485 01", "CO", "too_short"),
        ("+57 315 555 0142 999 888", None, "too_long"),
        ("+34 612 345 678 ext 12", None, "extension"),
        ("+1 212 111 2222", None, "invalid"),
    ],
)
def test_what_is_wrong_is_named(raw, region, code):
    facts = describe_number(raw, region)
    assert code in {p.code for p in facts.problems}
    assert not facts.usable


def test_two_missing_digits_are_counted():
    facts = describe_number("602 485 01", "CO")
    assert str(facts.problems[0].text) == "2 digits are missing."


def test_a_doubtful_type_is_a_warning_and_not_a_refusal():
    facts = describe_number("901123456", "ES")
    assert [(p.code, p.blocks) for p in facts.problems] == [("both_doubtful", False)]


@pytest.mark.parametrize("raw", ["+" * 50, "٣٤٥", "1" * 400, "\x00", "+٥٧٣١٥٥٥٥٠١٤٢"])
def test_odd_input_never_raises(raw):
    assert describe_number(raw, "??").raw == raw.strip()
