"""Placeholders in a text: finding them, naming what is broken, filling them, and reading their samples.

Source of the forms: Meta, Templates (named and positional parameters), 2025-10-31.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_GROUP = re.compile(r"\{\{([^{}]*)\}\}")
_BRACE = re.compile(r"\{+[^{}\n]{0,60}\}+|[{}]+")
_POSITIONAL = re.compile(r"[0-9]{1,4}")
_NAMED = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One ``{{…}}`` of a text: its name (``"1"`` or ``"order_id"``) and where it stands, braces included."""

    name: str
    start: int
    end: int

    @property
    def positional(self) -> bool:
        """Whether it is counted rather than named."""
        return self.name.isdigit()


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text holds: ``found`` placeholders in reading order and the spans of ``broken`` ones."""

    found: tuple[Placeholder, ...]
    broken: tuple[tuple[int, int], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Each name once, in the order of its first use; positional ones by number."""
        once = tuple(dict.fromkeys(place.name for place in self.found))
        if once and all(name.isdigit() for name in once):
            return tuple(sorted(once, key=int))
        return once


_NOTHING = Scan((), ())


def scan(text) -> Scan:
    """Find the placeholders of ``text``; anything that is not a text holds none."""
    if not isinstance(text, str) or ("{" not in text and "}" not in text):
        return _NOTHING
    found, broken, rest = [], [], []
    last = 0
    for match in _GROUP.finditer(text):
        inside = match[1]
        if _POSITIONAL.fullmatch(inside) or _NAMED.fullmatch(inside):
            found.append(Placeholder(inside, match.start(), match.end()))
        else:
            broken.append(match.span())
        rest.append((last, match.start()))
        last = match.end()
    rest.append((last, len(text)))
    for start, end in rest:
        broken.extend(match.span() for match in _BRACE.finditer(text, start, end))
    return Scan(tuple(found), tuple(sorted(broken)))


def variables_of(text) -> tuple[str, ...]:
    """The names in ``text``, each once: positional ones by number, named ones by first use."""
    return scan(text).names


def fill(text: str, values) -> str:
    """Put ``values`` (a mapping by name, or a sequence for 1, 2, …) into ``text``; what has no value stays as typed."""
    table = as_values(values)
    if not table:
        return text
    return _GROUP.sub(lambda match: table.get(match[1], match[0]), text)


def as_values(values) -> dict[str, str]:
    """Values given as a mapping or a sequence, as a table from name to text. ``None`` entries are left out."""
    if isinstance(values, Mapping):
        pairs = ((str(name), value) for name, value in values.items())
    elif isinstance(values, Sequence) and not isinstance(values, str | bytes):
        pairs = ((str(number), value) for number, value in enumerate(values, 1))
    elif isinstance(values, str):
        pairs = (("1", values),)
    else:
        return {}
    return {name: value if isinstance(value, str) else str(value) for name, value in pairs if value is not None}


def examples_of(example, key: str) -> dict[str, str]:
    """The samples of a component as a table from name to sample.

    ``key`` is ``body_text`` or ``header_text``; ``<key>_named_params`` is read as well. A list in a list, a flat
    list and a single text are all understood, since all three occur in Meta's own samples.
    """
    if not isinstance(example, Mapping):
        return {}
    table: dict[str, str] = {}
    named = example.get(f"{key}_named_params")
    if isinstance(named, list):
        for entry in named:
            if isinstance(entry, Mapping) and isinstance(entry.get("param_name"), str):
                sample = entry.get("example")
                table[entry["param_name"]] = sample if isinstance(sample, str) else ""
    counted = example.get(key)
    if isinstance(counted, list) and counted and isinstance(counted[0], list):
        counted = counted[0]
    if isinstance(counted, str):
        counted = [counted]
    if isinstance(counted, list):
        for number, sample in enumerate(counted, 1):
            table[str(number)] = sample if isinstance(sample, str) else ""
    return table
