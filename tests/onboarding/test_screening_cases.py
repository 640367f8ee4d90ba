"""The screening against labelled cases: verdicts, categories, and no forbidden business let through."""

import pytest

from onboarding.screening import preflight

from .casefiles import OWN, SHARED, cases, wrong

FILES = {
    "own": (OWN / "policy_own.jsonl", 0.97),
    "second": (OWN / "policy_second.jsonl", 0.97),
    "third": (OWN / "policy_third.jsonl", 0.97),
    "fourth": (OWN / "policy_fourth.jsonl", 0.97),
    "fifth": (OWN / "policy_fifth.jsonl", 0.98),
    "sixth": (OWN / "policy_sixth.jsonl", 0.98),
    "seventh": (OWN / "policy_seventh.jsonl", 0.97),
    "eighth": (OWN / "policy_eighth.jsonl", 0.97),
    "ninth": (OWN / "policy_ninth.jsonl", 0.95),
    "tenth": (OWN / "policy_tenth.jsonl", 0.95),
    "eleventh": (OWN / "policy_eleventh.jsonl", 0.74),
    "twelfth": (OWN / "policy_twelfth.jsonl", 0.80),
    "thirteenth": (OWN / "policy_thirteenth.jsonl", 0.98),
    "fourteenth": (OWN / "policy_fourteenth.jsonl", 0.90),
    "fifteenth": (OWN / "policy_fifteenth.jsonl", 0.98),
    "holdout": (OWN / "policy_holdout.jsonl", 0.95),
    "phrases": (OWN / "policy_phrases.jsonl", 0.97),
    "shared": (SHARED / "policy.jsonl", 0.95),
}


@pytest.mark.parametrize("name", FILES)
def test_verdicts_and_categories_match_the_labels(name):
    path, floor = FILES[name]
    judged = [(case, preflight(case["input"])) for case in cases(path)]
    missed = [
        (case, (got["verdict"], got["category"]))
        for case, got in judged
        if (got["verdict"], got["category"]) != (case["expected"]["verdict"], case["expected"]["category"])
    ]
    assert len(missed) <= len(judged) * (1 - floor), wrong(missed)


@pytest.mark.parametrize("name", FILES)
def test_ordinary_businesses_are_not_stopped(name):
    judged = [(case, preflight(case["input"])) for case in cases(FILES[name][0])]
    ordinary = [(case, got["verdict"]) for case, got in judged if case["expected"]["verdict"] == "allowed"]
    stopped = [(case, verdict) for case, verdict in ordinary if verdict != "allowed"]
    assert len(stopped) <= len(ordinary) * (0.09 if name == "holdout" else 0.03), wrong(stopped)


@pytest.mark.parametrize("name", FILES)
def test_no_forbidden_business_comes_out_allowed(name):
    judged = [(case, preflight(case["input"])) for case in cases(FILES[name][0])]
    let_through = [
        (case, got["verdict"])
        for case, got in judged
        if case["expected"]["verdict"] == "prohibited" and got["verdict"] == "allowed"
    ]
    assert let_through == [], wrong(let_through)
