"""Every kind of fault: how often it is tried, how it strikes, and how many sends it may leave unknown."""

from collections.abc import Callable
from dataclasses import dataclass

KINDS = {}


class Broken(AssertionError):
    """A promise that shows to be broken while the fault is still there."""

    def __init__(self, promise, words):
        super().__init__(words)
        self.promise = promise


@dataclass(frozen=True, slots=True)
class Kind:
    """``strike(world, rng)`` does one trial and returns how many sends may have become unknown by it.

    ``trials`` are made by default and ``quick`` in CI; ``group`` of them follow each other before everything is healed
    and checked. ``settle`` is how long the backlog may take: a minute, and longer only where the provider asked for it.
    """

    name: str
    strike: Callable
    trials: int
    quick: int = 0
    group: int = 5
    settle: float = 60.0
    numbered: bool = False
    """Whether ``strike`` is told the number of the trial, too."""

    def once(self, world, rng, index):
        return self.strike(world, rng, index) if self.numbered else self.strike(world, rng)


def kind(name, trials, quick=0, group=5, settle=60.0):
    """Register a function as a kind of fault."""

    def register(function):
        KINDS[name] = Kind(name, function, trials, quick, group, settle)
        return function

    return register
