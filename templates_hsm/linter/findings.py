"""What the linter says: findings, the fixes they carry, and how a fix is applied."""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass

ERROR = "error"
WARNING = "warning"
INFO = "info"
_RANK = {ERROR: 0, WARNING: 1, INFO: 2}


class _Remove:
    """Marks a path that a fix takes out; written as ``null`` where a finding leaves Python."""

    def __repr__(self):
        return "REMOVE"


REMOVE = _Remove()


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that settles a finding: a label for the button and the paths to set or remove."""

    label: str
    patch: tuple[tuple[str, object], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a definition.

    ``code`` is the reason a verdict names, ``rule`` the rule's ID, ``path`` the place ("components.1.text"), ``start``
    and ``end`` the characters there (``None``: all of it), ``text`` a sentence for the reader, ``house`` whether the
    rule is this service's own, ``subcode`` what the platform would answer.
    """

    code: str
    rule: str
    severity: str
    source: str
    path: str
    start: int | None
    end: int | None
    text: str
    fix: Fix | None = None
    house: bool = False
    subcode: int | None = None

    def as_dict(self) -> dict:
        """The finding as plain data, for the API and the builder."""
        plain = asdict(self)
        if self.fix:
            patch = [{"path": path, "value": None if value is REMOVE else value} for path, value in self.fix.patch]
            plain["fix"] = {"label": self.fix.label, "patch": patch}
        return plain


def severity_rank(finding: Finding) -> int:
    """Errors before warnings before information."""
    return _RANK.get(finding.severity, len(_RANK))


def apply_fix(definition: Mapping, fix: Fix) -> dict:
    """A copy of ``definition`` with the fix made. A path that is no longer there is passed over."""
    changed = copy.deepcopy(dict(definition))
    for path, value in fix.patch:
        _set(changed, path.split("."), value)
    return changed


def _set(holder, steps: list[str], value) -> None:
    for step in steps[:-1]:
        holder = _child(holder, step)
        if holder is None:
            return
    last = steps[-1]
    if isinstance(holder, list):
        if not last.isdigit() or int(last) >= len(holder):
            return
        if value is REMOVE:
            del holder[int(last)]
        else:
            holder[int(last)] = copy.deepcopy(value)
    elif isinstance(holder, dict):
        if value is REMOVE:
            holder.pop(last, None)
        else:
            holder[last] = copy.deepcopy(value)


def _child(holder, step: str):
    if isinstance(holder, list) and step.isdigit() and int(step) < len(holder):
        return holder[int(step)]
    return holder.get(step) if isinstance(holder, dict) else None
