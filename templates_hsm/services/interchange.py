"""Templates in and out as files: JSON in the shape of the Cloud API (one, many, Meta's own list) and CSV.

What can't be read is reported by its number and the rest goes on; what can be read but isn't right yet becomes a draft
with its findings.
"""

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from django.utils.translation import gettext as _

from contacts.imports import reading
from templates_hsm import languages
from templates_hsm.components import examples_of, read, to_api, variables_of
from templates_hsm.components.media import with_handles
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import MessageTemplate, TemplateCategory, TemplateStatus
from templates_hsm.services import checks, header_media, templates

LARGEST_FILE = 1024 * 1024
MOST = 500
LARGEST_ONE = 100_000
BUTTONS_IN_CSV = 10
KEYS = ("name", "language", "category", "parameter_format", "components")
COLUMNS = ("name", "language", "category", "header", "header_sample", "body", "body_samples", "footer")
BUTTON_COLUMNS = ("type", "text", "value", "example")
WHOLE = "components"
"""The last column: components as JSON, for what the other columns can't say."""
_NAME = re.compile(r"[a-z0-9_]{1,512}")


@dataclass(slots=True)
class Line:
    """One template of a file. ``number`` counts templates in JSON and lines in CSV; ``problem`` refuses it."""

    number: int
    definition: dict = field(default_factory=dict)
    problem: str = ""
    errors: int = 0
    warnings: int = 0


# In


def lines_of(content):
    """The ``Line`` rows of a file's bytes. Raises ``NotPossible`` for what is neither JSON nor a list."""
    if len(content) > LARGEST_FILE:
        raise NotPossible(_("The file is larger than 1 MB. Split it."))
    text = content.strip()
    if not text:
        raise NotPossible(_("The file is empty."))
    rows = _from_json(text) if text[:1] in b"[{" or text[:3] == b"\xef\xbb\xbf" and text[3:4] in b"[{" else None
    rows = _from_csv(content) if rows is None else rows
    if len(rows) > MOST:
        raise NotPossible(_("The file has more than %(n)s templates. Split it.") % {"n": MOST})
    return rows


def judged(waba, rows):
    """The same lines, with those refused that this account can't take, and the findings counted for the others."""
    existing = MessageTemplate.objects.filter(waba=waba).exclude(status=TemplateStatus.DELETED)
    taken = set(existing.values_list("name", "language"))
    for row in rows:
        if row.problem:
            continue
        row.problem = _refusal(row.definition, taken)
        if row.problem:
            continue
        row.definition = _cleaned(row.definition)
        taken.add((row.definition["name"], row.definition["language"]))
        findings = checks.check(row.definition)
        row.errors = sum(finding.severity == "error" for finding in findings)
        row.warnings = sum(finding.severity == "warning" for finding in findings)
    return rows


def take_in(waba, rows, *, actor):
    """Make a draft of every line that isn't refused; how many were made."""
    made = 0
    for row in rows:
        if row.problem:
            continue
        definition = row.definition
        templates.create(
            waba,
            name=definition["name"],
            language=definition["language"],
            category=definition["category"],
            components=definition["components"],
            parameter_format=definition["parameter_format"],
            actor=actor,
        )
        made += 1
    return made


def _refusal(definition, taken):
    if not isinstance(definition, Mapping):
        return _("This is no template.")
    name, language = definition.get("name"), definition.get("language")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return _("A name has small letters, digits and underscores only.")
    if not isinstance(language, str) or languages.normalise(language) is None:
        return _("The language isn't one that WhatsApp knows.")
    if str(definition.get("category", "")).strip().upper() not in TemplateCategory.values:
        return _("The category is UTILITY, MARKETING or AUTHENTICATION.")
    components = definition.get("components")
    if not isinstance(components, list) or not components or not all(isinstance(one, Mapping) for one in components):
        return _("It has no components.")
    if len(orjson.dumps(definition)) > LARGEST_ONE or b"\\u0000" in orjson.dumps(definition):
        return _("It is too large.")
    if (name, languages.normalise(language)) in taken:
        return _("The account, or this file, has this name in this language already.")
    return ""


def _cleaned(definition):
    """Only what we store, with files of ours only where they are this business's own."""
    kept = to_api({key: definition[key] for key in KEYS if key in definition})
    kept["language"] = languages.normalise(kept["language"])
    own = {reference: header_media.handle_of(row) for reference, row in header_media.rows_of(kept).items()}
    kept = with_handles(kept, own)
    counted = [
        name.isdigit() for part in (read(kept).header, read(kept).body) if part for name in variables_of(part.text)
    ]
    named = bool(counted) and not any(counted)
    if kept.get("parameter_format") not in {"NAMED", "POSITIONAL"}:
        kept["parameter_format"] = "NAMED" if named else "POSITIONAL"
    return kept


def _from_json(text):
    text = text.removeprefix(b"\xef\xbb\xbf")
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _from_json_lines(text)
    if isinstance(found, dict) and isinstance(found.get("data"), list):
        found = found["data"]
    rows = []
    for number, definition in enumerate(found if isinstance(found, list) else [found], 1):
        if isinstance(definition, dict) and isinstance(definition.get("languages"), list):
            rows += [Line(number, definition | {"language": language}) for language in definition["languages"]]
        else:
            rows.append(Line(number, definition))
    return rows


def _from_json_lines(text):
    """One object a line, as programs write logs; a broken line is refused by itself."""
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(Line(number, orjson.loads(line)))
        except orjson.JSONDecodeError:
            rows.append(Line(number, problem=_("This line is no JSON.")))
    if all(row.problem for row in rows):
        raise NotPossible(_("The file is no JSON that can be read."))
    return rows


def _from_csv(content):
    file = io.BytesIO(content)
    try:
        shape = reading.shape_of(file)
    except reading.NotCsv as exc:
        raise NotPossible(_("The file is neither JSON nor a CSV list.")) from exc
    header, rows = None, []
    for record in reading.records(file, shape):
        if header is None:
            header = [cell.strip().strip('"').lower().replace(" ", "_") for cell in record.cells]
            if not {"name", "language"} <= set(header) or not {"body", WHOLE} & set(header):
                raise NotPossible(_("The first line names the columns: name, language, category, body and so on."))
        elif record.problem:
            rows.append(Line(record.line, problem=_("This line can't be read: its quotes or signs are broken.")))
        else:
            rows.append(_csv_line(record.line, dict(zip(header, record.cells, strict=False))))
    return rows


def _csv_line(number, cells):
    cells = {name: value.replace("\r\n", "\n") for name, value in cells.items()}
    try:
        return Line(number, _definition_of(cells))
    except (orjson.JSONDecodeError, ValueError):
        return Line(number, problem=_("The column “components” is no JSON list."))


def _definition_of(cells):
    definition = {key: cells.get(key, "").strip() for key in ("name", "language")}
    definition["category"] = (cells.get("category") or "UTILITY").strip().upper()
    if cells.get(WHOLE, "").strip():
        components = orjson.loads(cells[WHOLE])
        if not isinstance(components, list):
            raise ValueError("not a list")
        return definition | {"components": components}
    components = []
    header = cells.get("header", "").strip()
    if header:
        components.append(_with_samples({"type": "HEADER", "format": "TEXT", "text": header},
                                        "header_text", [cells.get("header_sample", "").strip()]))  # fmt: skip
    samples = [sample.strip() for sample in cells.get("body_samples", "").split("|")]
    components.append(_with_samples({"type": "BODY", "text": cells.get("body", "")}, "body_text", samples))
    if cells.get("footer", "").strip():
        components.append({"type": "FOOTER", "text": cells["footer"].strip()})
    buttons = [button for n in range(1, BUTTONS_IN_CSV + 1) if (button := _button(cells, n))]
    if buttons:
        components.append({"type": "BUTTONS", "buttons": buttons})
    return definition | {"components": components}


def _with_samples(component, key, samples):
    names = variables_of(component["text"])
    if not names or not any(samples):
        return component
    samples = [*samples, *[""] * len(names)][: len(names)]
    if all(name.isdigit() for name in names):
        example = {key: [samples] if key == "body_text" else samples}
    else:
        pairs = zip(names, samples, strict=True)
        example = {f"{key}_named_params": [{"param_name": name, "example": sample} for name, sample in pairs]}
    return component | {"example": example}


def _button(cells, n):
    kind, text, value, example = (cells.get(f"button_{n}_{part}", "").strip() for part in BUTTON_COLUMNS)
    if not (kind or text):
        return None
    button = {"type": kind.upper() or "QUICK_REPLY", "text": text}
    if button["type"] == "URL":
        button |= {"url": value} | ({"example": [example]} if example else {})
    elif button["type"] == "PHONE_NUMBER":
        button["phone_number"] = value
    return button


# Out


def definitions_of(rows):
    """The bodies of create calls, without the files that only we have."""
    found = []
    for row in rows:
        definition = with_handles(to_api(row.definition), {})
        for component in definition["components"]:
            if component.get("example") == {"header_handle": []}:
                del component["example"]
        found.append(definition)
    return found


def as_json(rows):
    """One object for one template, a list for several."""
    found = definitions_of(rows)
    return orjson.dumps(found[0] if len(found) == 1 else found, option=orjson.OPT_INDENT_2)


def as_csv(rows):
    """A list with a line for each template; what columns can't say stands as JSON in the last one."""
    out = io.StringIO()
    names = [*COLUMNS, *(f"button_{n}_{part}" for n in range(1, BUTTONS_IN_CSV + 1) for part in BUTTON_COLUMNS), WHOLE]
    writer = csv.DictWriter(out, names, restval="")
    writer.writeheader()
    for definition in definitions_of(rows):
        writer.writerow(_cells(definition))
    return ("\ufeff" + out.getvalue()).encode()


def _cells(definition):
    template = read(definition)
    cells = {"name": template.name, "language": template.language, "category": template.category}
    plain = dict(cells)
    if template.header is not None and template.header.format == "TEXT":
        plain |= {"header": template.header.text, "header_sample": next(iter(template.header.examples.values()), "")}
    if template.body is not None:
        samples = examples_of(_example(definition, template.body.path), "body_text")
        plain |= {
            "body": template.body.text,
            "body_samples": " | ".join(samples.get(name, "") for name in variables_of(template.body.text)),
        }
    if template.footer is not None:
        plain["footer"] = template.footer.text
    for n, button in enumerate(template.buttons, 1):
        values = (button.kind, button.text, button.url or button.phone_number, next(iter(button.example), ""))
        plain |= {f"button_{n}_{part}": value for part, value in zip(BUTTON_COLUMNS, values, strict=True)}
    said = to_api(_definition_of(plain))["components"] if _fits(plain) else None
    if said == definition["components"]:
        return plain
    return cells | {WHOLE: orjson.dumps(definition["components"]).decode()}


def _fits(plain):
    return f"button_{BUTTONS_IN_CSV + 1}_type" not in plain


def _example(definition, path):
    return definition["components"][int(path.split(".")[1])].get("example")
