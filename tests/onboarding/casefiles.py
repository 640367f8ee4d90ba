"""Reading labelled cases: ours beside this file, and the shared ones where the checkout has them."""

import json
from pathlib import Path

import pytest

OWN = Path(__file__).parent / "cases"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "cases"


def cases(path):
    if not path.exists():
        pytest.skip(f"{path.name} is not in this checkout")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def wrong(found):
    """Readable lines for the cases that came out otherwise than labelled."""
    return "\n".join(f"{case['id']}: wanted {case['expected']}, got {got}" for case, got in found)
