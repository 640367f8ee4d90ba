"""Typed texts with their variables and samples, into the parts of a definition. Pure: no database."""

from collections.abc import Mapping

from templates_hsm.components import variables_of
from templates_hsm.editor_lines import clean, line


def texted(old, text, examples, key, *, keep_empty=False):
    """A component with another text and the samples its variables have; ``None`` when nothing is left of it."""
    if not text and not keep_empty:
        return None
    names = variables_of(text)
    samples = {name: examples.get(name, "") for name in names}
    given = old.get("example")
    example = dict(given) if isinstance(given, Mapping) else {}
    example = {name: value for name, value in example.items() if name not in (key, f"{key}_named_params")}
    if any(samples.values()):
        if all(name.isdigit() for name in names):
            flat = list(samples.values())
            example[key] = [flat] if key == "body_text" else flat
        else:
            example[f"{key}_named_params"] = [
                {"param_name": name, "example": sample} for name, sample in samples.items()
            ]
    changed = {name: value for name, value in old.items() if name != "example"} | {"text": text}
    return changed | {"example": example} if example else changed


def alike(text, examples, old_text, old_examples):
    """Whether a text and the samples of its variables are what they were; samples of nothing don't count."""
    if text != old_text:
        return False
    return all(examples.get(name, "") == old_examples.get(name, "") for name in variables_of(text))


def samples_typed(data, prefix):
    """The samples of a posted form, by variable; their fields begin with ``prefix``."""
    return {key.removeprefix(prefix): line(clean(data[key])) for key in data if key.startswith(prefix)}


def known(examples, text):
    """The samples of exactly the variables that ``text`` has."""
    return {name: line(examples.get(name, "")) for name in variables_of(text)}


def with_variable(text, others=()):
    """``text`` with the next free variable at its end, counted or named like the ones it and ``others`` have."""
    names = variables_of(text)
    around = names or tuple(name for other in others for name in variables_of(other))
    if around and not any(name.isdigit() for name in around):
        number = next(n for n in range(1, 100) if f"detail_{n}" not in names)
        name = f"detail_{number}"
    else:
        name = str(max((int(name) for name in names if name.isdigit()), default=0) + 1)
    space = "" if not text or text[-1].isspace() else " "
    return f"{text}{space}{{{{{name}}}}}"
