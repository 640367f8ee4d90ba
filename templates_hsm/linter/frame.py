"""Name, language, category, time to live and the set of components.

Sources: Meta, Message templates, 2025-10-31, and Template components, 2025-11-04.
"""

import re
import unicodedata

from .. import languages
from ..components import Definition
from ..components.reading import COMPONENT_ORDER
from .rulebook import Report

CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
_NAME = re.compile(r"[a-z0-9_]+")
_SAMPLE_NAME = re.compile(r"<[A-Z][A-Z0-9_]*>")
_NOT_NAME = re.compile(r"[^a-z0-9]+")
_SHOWN_NAME = 80


def proposed_name(name: str, limit: int = 512) -> str:
    """The nearest allowed name: no accents, lower case, underscores. May be empty."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return _NOT_NAME.sub("_", plain.lower()).strip("_")[:limit]


def check(template: Definition, report: Report) -> None:
    """Add what is wrong with the frame of the call to ``report``."""
    _name(template, report)
    _language(template, report)
    if template.category not in CATEGORIES:
        report.add("CATEGORY-UNKNOWN", "category")
    if template.raw.get("parameter_format") is not None and template.parameter_format not in ("NAMED", "POSITIONAL"):
        report.add("PARAMETER-FORMAT", "parameter_format")
    _time_to_live(template, report)
    _components(template, report)


def _name(template: Definition, report: Report) -> None:
    name = template.name
    if not name.strip():
        report.add("NAME-MISSING", "name")
        return
    if _SAMPLE_NAME.fullmatch(name):
        report.add("NAME-PLACEHOLDER", "name", name=name[:_SHOWN_NAME])
        return
    if not _NAME.fullmatch(name):
        proposal = proposed_name(name)
        patch = [("name", proposal)] if proposal else None
        report.add("NAME-CHARS", "name", patch=patch, proposal=proposal[:_SHOWN_NAME])
    limit = report.limit("NAME-LENGTH")
    if limit and len(name) > limit:
        report.add("NAME-LENGTH", "name", limit, len(name), patch=[("name", name[:limit])], length=len(name))


def _language(template: Definition, report: Report) -> None:
    given = [("language", template.language)]
    if template.languages and not template.raw.get("language"):
        given = [(f"languages.{index}", code) for index, code in enumerate(template.languages)]
        if template.category != "AUTHENTICATION":
            report.add("BULK-CATEGORY", "languages")
    for path, code in given:
        if not languages.is_known(code):
            proposal = languages.normalise(code)
            patch = [(path, proposal)] if proposal else None
            report.add("LANG-UNKNOWN", path, patch=patch, language=code[:_SHOWN_NAME], proposal=proposal)


def _time_to_live(template: Definition, report: Report) -> None:
    ttl = template.ttl
    if ttl is None:
        return
    path = "message_send_ttl_seconds"
    whole = isinstance(ttl, int) and not isinstance(ttl, bool)
    if template.category == "AUTHENTICATION" and not (whole and (ttl == -1 or 30 <= ttl <= 900)):
        report.add("OTP-TTL", path)
    elif template.category == "UTILITY" and not (whole and (ttl == -1 or 30 <= ttl <= 43_200)):
        report.add("TTL-UTILITY", path)
    elif template.category == "MARKETING" and not (whole and 43_200 <= ttl <= 2_592_000):
        report.add("TTL-MARKETING", path)


def _components(template: Definition, report: Report) -> None:
    components = template.raw.get("components")
    if template.from_library and not components:
        return
    if not isinstance(components, list | tuple):
        report.add("BODY-MISSING", "components")
        return
    seen = set()
    for index, entry in enumerate(components):
        path = f"components.{index}"
        kind = entry.get("type") if hasattr(entry, "get") else None
        if not isinstance(kind, str) or not kind.strip():
            report.add("COMPONENT-SHAPE", path)
            continue
        kind = kind.strip().upper()
        if kind in seen:
            report.add("COMPONENT-REPEATED", path, kind=kind[:_SHOWN_NAME])
        elif kind not in COMPONENT_ORDER:
            report.add("COMPONENT-UNKNOWN", path, kind=kind[:_SHOWN_NAME])
        seen.add(kind)
    if template.body is None:
        report.add("BODY-MISSING", "components")
    elif template.category != "AUTHENTICATION" and not template.body.text.strip():
        report.add("BODY-MISSING", f"{template.body.path}.text")
