"""The catalogue of ``make mutants`` fits the code: each text is there once, each test exists."""

import re
from pathlib import Path

import pytest

from tests.mutants.catalogue import MUTANTS

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_fits_the_code(mutant):
    for patch in mutant.patches:
        assert sum(path.read_text().count(patch.old) for path in ROOT.glob(patch.files)) == 1, patch.old
    for test in mutant.tests:
        path, _, name = test.partition("::")
        source = (ROOT / path).read_text()
        assert not name or re.search(rf"^def {name}\(", source, re.MULTILINE), test
    assert mutant.patches or mutant.drops


def test_mutants_have_names_of_their_own():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
