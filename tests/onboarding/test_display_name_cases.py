"""The display-name check against labelled cases."""

import pytest

from onboarding.display_name import preflight

from .casefiles import OWN, SHARED, cases, wrong

FILES = {
    "own": OWN / "display_name_own.jsonl",
    "second": OWN / "display_name_second.jsonl",
    "third": OWN / "display_name_third.jsonl",
    "shared": SHARED / "display_name.jsonl",
}


@pytest.mark.parametrize("name", FILES)
def test_verdicts_and_reasons_match_the_labels(name):
    judged = [(case, preflight(case["input"])) for case in cases(FILES[name])]
    missed = []
    for case, got in judged:
        codes = sorted({reason["code"] for reason in got["reasons"]})
        if (got["verdict"], codes) != (case["expected"]["verdict"], sorted(case["expected"]["reasons"])):
            missed.append((case, (got["verdict"], codes)))
    assert len(missed) <= len(judged) * 0.05, wrong(missed)
