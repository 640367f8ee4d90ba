"""The named points of the program, found in its source, and which process comes by each."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_POINT = re.compile(r"fault_point\(\s*\"([a-z_.]+)\"\s*\)")
_PROCESS = {"door": "web", "say": "web", "sender": "sender", "live": "any"}
"""By the word before the dot; all others belong to the worker."""


def find():
    """``{point: process}`` of the whole program, by name."""
    found = set()
    for path in ROOT.glob("*/**/*.py"):
        if path.parts[len(ROOT.parts)] not in {"tests", ".venv", ".data"} and "fault_point" in (
            text := path.read_text()
        ):
            found |= set(_POINT.findall(text))
    return {name: _PROCESS.get(name.partition(".")[0], "worker") for name in sorted(found)}


POINTS = find()
