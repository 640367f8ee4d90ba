"""Header, body and footer: lengths, formatting, and the rules of variables.

Sources: Meta, Template components, 2025-11-04; Message templates (common rejection reasons), 2025-10-31; Template
management error codes, 2025-11. Rules seen only in practice say so in their own source.
"""

import re
import unicodedata

from ..components import Body, Definition, Header, scan
from ..components.reading import MEDIA_FORMATS
from .rulebook import Report

HEADER_FORMATS = MEDIA_FORMATS | {"TEXT", "LOCATION", "PRODUCT"}
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u20e3\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff\U0001fc00-\U0001fffd]"
)
_NEWLINES = re.compile(r"(?:\r?\n[ ]*){3,}")
_SPACES = re.compile(r" {5,}")
_TAB = re.compile(r"\t+")
_BREAK = re.compile(r"[\r\n]")
_MARKS = re.compile(r"\*|`|(?<![^\W_])_(?=\S)[^_\n]*_(?![^\W_])|(?<!\w)~(?=\S)[^~\n]*~(?!\w)")
# Scripts that put no blanks between words: each character counts as one.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+(?:['’.,-][^\W_{_UNSPACED}]+)*")
_ADJACENT = re.compile(r"\}\}\s*(?=\{\{)")
_OPENERS = {"es": "Hola", "pt": "Olá", "en": "Hello"}
_NAMED_FROM = re.compile(r"[^a-z0-9]+")


def check(template: Definition, report: Report) -> None:
    """Add what is wrong with the texts of ``template`` to ``report``."""
    if template.header is not None:
        _header(template.header, template, report)
    if template.body is not None and template.category != "AUTHENTICATION":
        _body(template.body, template, report, "OFFER-BODY-LENGTH" if template.offer else "BODY-LENGTH")
    if template.footer is not None:
        _footer(template, report)
    if template.category != "AUTHENTICATION":
        _formats(template, report)


def has_emoji(text: str) -> bool:
    """Whether a pictograph stands in ``text``."""
    return not text.isascii() and _EMOJI.search(text) is not None


def has_marks(text: str) -> bool:
    """Whether formatting signs (bold, italic, struck, monospaced) stand in ``text``."""
    return _MARKS.search(text) is not None


def _too_long(rule: str, path: str, text: str, report: Report) -> None:
    limit = report.limit(rule)
    if limit and len(text) > limit:
        report.add(rule, path, limit, len(text), length=len(text))


def broken(path: str, text: str, report: Report) -> bool:
    """Note each malformed placeholder; returns whether there was one."""
    spans = scan(text).broken
    for start, end in spans[:5]:
        inside = text[start:end].strip("{}").strip()
        plain = unicodedata.normalize("NFKD", inside).encode("ascii", "ignore").decode().lower()
        name = _NAMED_FROM.sub("_", plain).strip("_")
        patch, proposal = None, ""
        if name and (name.isdigit() or not name[0].isdigit()) and "{" in text[start:end] and "}" in text[start:end]:
            proposal = "{{" + name + "}}"
            patch = [(path, text[:start] + proposal + text[end:])]
        report.add("VAR-SYNTAX", path, start, end, patch=patch, proposal=proposal)
    return bool(spans)


def sequence(path: str, text: str, report: Report) -> None:
    """Positional variables must run 1, 2, 3 … without gaps."""
    names = scan(text).names
    if not names or not all(name.isdigit() for name in names):
        return
    wanted = {str(number) for number in range(1, len(names) + 1)}
    missing = sorted(wanted - set(names), key=int)
    if missing:
        table = {name: str(number) for number, name in enumerate(names, 1)}
        renamed = re.sub(r"\{\{(\d+)\}\}", lambda match: "{{" + table.get(match[1], match[1]) + "}}", text)
        report.add("VAR-SEQUENCE", path, patch=[(path, renamed)], missing="{{" + missing[0] + "}}")


def examples(part: Header | Body, report: Report) -> None:
    """Each variable needs a sample; not said where the placeholders themselves are broken or mixed."""
    placeholders = scan(part.text)
    names = placeholders.names
    if not names or placeholders.broken:
        return
    counted = [name for name in names if name.isdigit()]
    if counted and len(counted) < len(names):
        return
    if counted:
        # A gap in the numbering is another rule's business: the samples belong to the variables in their order.
        order = sorted(names, key=int)
        samples = {name: part.examples.get(str(number), "") for number, name in enumerate(order, 1)}
    else:
        order, samples = list(names), part.examples
    missing = [name for name in order if not samples.get(name, "").strip()]
    if missing:
        place = next(place for place in placeholders.found if place.name == missing[0])
        report.add(
            "VAR-EXAMPLE",
            f"{part.path}.text",
            place.start,
            place.end,
            missing=", ".join("{{" + name[:40] + "}}" for name in missing[:3]),
        )


def _header(header: Header, template: Definition, report: Report) -> None:
    path = f"{header.path}.text"
    if header.format not in HEADER_FORMATS:
        report.add("HEADER-FORMAT", f"{header.path}.format", kind=header.format[:40])
        return
    if header.format == "GIF" and template.category not in ("MARKETING", ""):
        report.add("HEADER-GIF", f"{header.path}.format")
    if header.format in MEDIA_FORMATS and not header.handles:
        report.add("HEADER-MEDIA", f"{header.path}.example")
    if header.format != "TEXT":
        return
    text = header.text
    if not text.strip():
        report.add("HEADER-EMPTY", path)
        return
    _too_long("HEADER-LENGTH", path, text, report)
    found = _BREAK.search(text)
    if found:
        report.add(
            "HEADER-NEWLINE", path, found.start(), found.end(), patch=[(path, re.sub(r"\s*[\r\n]+\s*", " ", text))]
        )
    if has_emoji(text):
        emoji = _EMOJI.search(text)
        bare = re.sub(r" {2,}", " ", _EMOJI.sub("", text).replace("\ufe0f", "")).strip()
        report.add("HEADER-EMOJI", path, emoji.start(), emoji.end(), patch=[(path, bare)] if bare else None)
    placeholders = scan(text)
    outside = text
    for place in placeholders.found:
        outside = outside[: place.start] + " " * (place.end - place.start) + outside[place.end :]
    mark = _MARKS.search(outside)
    if mark:
        bare = re.sub(r"[*`~]", "", text).strip()
        report.add("HEADER-MARKDOWN", path, mark.start(), mark.end(), patch=[(path, bare)] if bare else None)
    if len(placeholders.found) > 1:
        second = placeholders.found[1]
        report.add("HEADER-VARIABLES", path, second.start, second.end, count=len(placeholders.found))
    if not broken(path, text, report):
        sequence(path, text, report)
    examples(header, report)


def _body(body: Body, template: Definition, report: Report, length_rule: str) -> None:
    path, text = f"{body.path}.text", body.text
    _too_long(length_rule, path, text, report)
    for rule, pattern, instead in (
        ("BODY-NEWLINES", _NEWLINES, "\n\n"),
        ("BODY-SPACES", _SPACES, " "),
        ("BODY-TAB", _TAB, " "),
    ):
        found = pattern.search(text)
        if found:
            report.add(rule, path, found.start(), found.end(), patch=[(path, pattern.sub(instead, text))])
    if not text.isascii():
        count, limit = len(_EMOJI.findall(text)), report.limit("BODY-EMOJI")
        if limit and count > limit:
            report.add("BODY-EMOJI", path, count=count)
    variables(body, template, report)


def variables(body: Body, template: Definition, report: Report) -> None:
    """The rules of placeholders in a body, of the template or of a card."""
    path, text = f"{body.path}.text", body.text
    placeholders = scan(text)
    is_broken = broken(path, text, report)
    if not placeholders.found:
        return
    first, last = placeholders.found[0], placeholders.found[-1]
    if not text[: first.start].strip():
        opener = _OPENERS.get(template.language.split("_")[0], _OPENERS["en"])
        patch = [(path, f"{opener} {text.lstrip()}")]
        report.add("VAR-START", path, first.start, first.end, patch=patch, proposal=opener)
    if not text[last.end :].strip():
        report.add("VAR-END", path, last.start, last.end, patch=[(path, text.rstrip() + ".")])
    for found in _ADJACENT.finditer(text):
        start = max((place.start for place in placeholders.found if place.end <= found.start() + 2), default=None)
        if start is not None and any(place.start == found.end() for place in placeholders.found):
            report.add("VAR-ADJACENT", path, start, found.end(), patch=[(path, _ADJACENT.sub("}}, ", text))])
            break
    if not is_broken:
        sequence(path, text, report)
        _ratio(path, text, len(placeholders.found), report)
    examples(body, report)


def _ratio(path: str, text: str, count: int, report: Report) -> None:
    bare = re.sub(r"\{\{[^{}]*\}\}", " ", text)
    words = len(_WORD.findall(bare))
    if count >= words:
        report.add("VAR-RATIO", path, count=count, words=words)
    elif count * 2 >= words:
        report.add("VAR-RATIO-PROBED", path, count=count, words=words)


def _footer(template: Definition, report: Report) -> None:
    footer = template.footer
    path, text = f"{footer.path}.text", footer.text
    if not text:
        return
    _too_long("FOOTER-LENGTH", path, text, report)
    placeholders = scan(text)
    if placeholders.found:
        place = placeholders.found[0]
        report.add("FOOTER-VARIABLE", path, place.start, place.end)
    broken(path, text, report)
    if _BREAK.search(text) or has_emoji(text) or has_marks(text):
        report.add("FOOTER-FORMAT", path)


def _formats(template: Definition, report: Report) -> None:
    """One kind of variable in header and bodies, and the kind that ``parameter_format`` says."""
    parts = [part for part in (template.header, template.body, *(card.body for card in template.cards)) if part]
    kinds, first = set(), None
    for part in parts:
        for place in scan(part.text).found:
            kinds.add(place.positional)
            first = first or (f"{part.path}.text", place)
    if not kinds:
        return
    path, place = first
    if len(kinds) == 2:
        report.add("VAR-MIXED", path, place.start, place.end)
    elif template.named == (True in kinds) and template.parameter_format in ("NAMED", "POSITIONAL", ""):
        proposal = "POSITIONAL" if template.named else "NAMED"
        report.add(
            "VAR-FORMAT",
            path,
            place.start,
            place.end,
            patch=[("parameter_format", proposal)],
            declared=template.parameter_format or "POSITIONAL",
            proposal=proposal,
        )
