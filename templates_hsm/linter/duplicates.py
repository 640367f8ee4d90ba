"""What is already there: same name and language, same wording, a name that still cools down.

Sources: Meta, Message templates, 2025-10-31 (30 days after a delete); error codes 2388023 and 2388024, as seen in
practice.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from ..components import Definition, read
from .rulebook import Report, as_day

_BLANKS = re.compile(r"\s+")


def check(template: Definition, existing: Iterable, as_of: date | None, report: Report) -> None:
    """Compare with ``existing`` definitions; a ``deleted_at`` (date, datetime or ISO text) marks deleted ones."""
    own = _wording(template)
    for entry in existing:
        if not isinstance(entry, Mapping):
            continue
        other = read(entry)
        same_name = other.name == template.name and other.language == template.language
        deleted = _day(entry.get("deleted_at"))
        if entry.get("deleted_at") is not None:
            days = report.limit("NAME-COOLING")
            if same_name and days and (deleted is None or as_of is None or as_of - deleted < timedelta(days=days)):
                report.add("NAME-COOLING", "name")
            continue
        if same_name:
            report.add("DUPLICATE-NAME", "name")
        elif own and own == _wording(other) and other.language == template.language:
            report.add("DUPLICATE-TEXT", f"{template.body.path}.text", name=other.name[:80])


def _wording(template: Definition) -> tuple[str, str] | None:
    if template.category == "AUTHENTICATION" or template.body is None or not template.body.text.strip():
        return None
    footer = template.footer.text if template.footer else ""
    return _BLANKS.sub(" ", template.body.text).strip().casefold(), _BLANKS.sub(" ", footer).strip().casefold()


def _day(value) -> date | None:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).date()
        except ValueError:
            return None
    return as_day(value) if isinstance(value, date) else None
