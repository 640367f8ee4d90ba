"""Files of media headers inside a definition: ours are named ``umbral:KIND:uuid`` where Meta's handle will stand.

Pure: no database.
"""

import copy
import re
from collections.abc import Mapping

_OURS = re.compile(r"umbral:(IMAGE|VIDEO|DOCUMENT):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def own_handle(kind, reference):
    """How a definition names a file that we keep."""
    return f"umbral:{kind}:{reference}"


def own_file(handle):
    """``(kind, reference)`` of a handle of ours, else ``None``."""
    found = _OURS.fullmatch(handle) if isinstance(handle, str) else None
    return (found[1], found[2]) if found else None


def own_files(definition):
    """The references of all files of ours that a definition names, in order, each once."""
    return list(dict.fromkeys(found[1] for handle in handles_of(definition) if (found := own_file(handle))))


def with_handles(definition, handles: Mapping[str, str]):
    """A copy in which our files stand under ``handles`` (by reference); what has none there loses its sample."""
    changed = copy.deepcopy(definition)
    for example in _examples(changed):
        kept = []
        for handle in _as_list(example["header_handle"]):
            found = own_file(handle)
            if found is None:
                kept.append(handle)
            elif found[1] in handles:
                kept.append(handles[found[1]])
        example["header_handle"] = kept
    return changed


def handles_of(definition):
    """Every handle of a sample that a definition names, ours or Meta's."""
    return [
        handle
        for example in _examples(definition)
        for handle in _as_list(example["header_handle"])
        if isinstance(handle, str)
    ]


def _as_list(value):
    return value if isinstance(value, list | tuple) else [value]


def _examples(value):
    """Every ``example`` with a ``header_handle``, however deep (cards of a carousel have their own)."""
    if isinstance(value, Mapping):
        example = value.get("example")
        if isinstance(example, Mapping) and "header_handle" in example:
            yield example
        for inner in value.values():
            yield from _examples(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _examples(inner)
