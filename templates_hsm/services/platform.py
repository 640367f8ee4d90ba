"""What Meta lets an account do with its templates, as dated data (``data/platform.toml``)."""

import tomllib
from functools import cache
from pathlib import Path

from config.clock import now

DATA = Path(__file__).resolve().parent.parent / "data" / "platform.toml"


@cache
def _told():
    return tomllib.loads(DATA.read_text("utf-8"))


def newest(section, day=None):
    """The entry of a section that holds on a day (today); before the first one, the first."""
    day = day or now().date()
    rows = sorted(_told()[section], key=lambda row: row["from"])
    return next((row for row in reversed(rows) if row["from"] <= day), rows[0])


def quotas(kind, day=None):
    """The quotas of a kind on a day (today), one for each window, the shortest window first."""
    day = day or now().date()
    windows = {row["seconds"] for row in _told()["quotas"] if row["kind"] == kind}
    found = []
    for seconds in sorted(windows):
        rows = [row for row in _told()["quotas"] if (row["kind"], row["seconds"]) == (kind, seconds)]
        rows.sort(key=lambda row: row["from"])
        found.append(next((row for row in reversed(rows) if row["from"] <= day), rows[0]))
    return found
