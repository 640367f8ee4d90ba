"""What staff chose at one moment: the changes of house rules that held then.

The rulebook itself knows no database. Whoever judges says with ``in_force`` (``rulebook.house``) which state counts;
without one the data files alone speak.
"""

import datetime as dt
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a house rule as it was stored: from ``valid_from`` on, ``rule`` has ``value``."""

    pk: int
    rule: str
    value: Any
    valid_from: dt.datetime


@dataclass(frozen=True, slots=True)
class HouseState:
    """The changes that had begun at a moment, of those stored up to the one with the key ``upto`` (all if None)."""

    at: dt.datetime
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, changes, at, upto=None):
        begun = (c for c in changes if c.valid_from <= at and (upto is None or c.pk <= upto))
        return cls(at, tuple(sorted(begun, key=lambda c: (c.valid_from, c.pk))))

    def last(self, rule) -> Change | None:
        """The change of one rule that holds; of two that begin together, the one stored later."""
        return next((change for change in reversed(self.changes) if change.rule == rule), None)

    @property
    def version(self) -> int:
        """The key of the newest change that had begun; 0 while nobody changed anything."""
        return max((change.pk for change in self.changes), default=0)

    @property
    def off(self) -> frozenset[str]:
        """The rules that staff switched off."""
        latest = {change.rule: change.value for change in self.changes}
        return frozenset(rule for rule, value in latest.items() if value is False)


_state: ContextVar[HouseState | None] = ContextVar("house_state", default=None)


def current() -> HouseState | None:
    """The state that was put in force around the present call, or None."""
    return _state.get()


@contextmanager
def in_force(state: HouseState):
    """Judge by this state inside the block."""
    token = _state.set(state)
    try:
        yield state
    finally:
        _state.reset(token)
