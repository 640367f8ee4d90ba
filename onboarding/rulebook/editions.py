"""Editions of the data files: which texts a verdict was reached with, and how to read with older ones again.

Rules carry dates, but word lists grow without them. So each verdict names the fingerprint of the files it was reached
with, and ``services.editions`` keeps those files. ``reading(edition)`` puts kept files in the place of those on disk.
"""

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
KEPT_BESIDE = 3
"""How many older editions stay compiled in a process at once."""


class Edition:
    """The data files of one folder as they were at one time. ``texts`` maps a path such as ``policy/weapons.toml``."""

    def __init__(self, folder: str, texts: Mapping[str, str]) -> None:
        self.folder, self.texts = folder, dict(sorted(texts.items()))

    @cached_property
    def fingerprint(self) -> str:
        digest = hashlib.sha256()
        for path, text in self.texts.items():
            digest.update(path.encode())
            digest.update(text.encode())
        return digest.hexdigest()[:12]

    @cached_property
    def parsed(self) -> dict[str, dict[str, Any]]:
        """Every file's content by its path without suffix."""
        return {path.removesuffix(".toml"): tomllib.loads(text) for path, text in self.texts.items()}


_on_disk: dict[str, Edition] = {}
_folders: dict[str, Path] = {}
_reading: ContextVar[Mapping[str, Edition]] = ContextVar("editions", default={})  # noqa: B039  never changed in place


def register(folder: str, path: Path) -> None:
    """Give a folder of data files its name."""
    _folders[folder] = path


def folders() -> tuple[str, ...]:
    return tuple(_folders)


def on_disk(folder: str) -> Edition:
    """The edition that this program came with, read once."""
    if folder not in _on_disk:
        root = _folders[folder]
        paths = sorted(root.rglob("*.toml"))
        _on_disk[folder] = Edition(
            folder, {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}
        )
    return _on_disk[folder]


def edition(folder: str) -> Edition:
    """The edition that counts for the present call."""
    return _reading.get().get(folder) or on_disk(folder)


@contextmanager
def reading(chosen: Edition) -> Iterator[None]:
    """Read with this edition of its folder inside the block."""
    token = _reading.set({**_reading.get(), chosen.folder: chosen})
    try:
        yield
    finally:
        _reading.reset(token)


def per_edition(folder: str) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Cache a function of hashable arguments once per edition of a folder; a few older editions stay."""

    def wrap(function: Callable[..., T]) -> Callable[..., T]:
        made: dict[str, dict[tuple, T]] = {}

        @wraps(function)
        def cached(*args):
            mark = edition(folder).fingerprint
            kept = made.get(mark)
            if kept is None:
                for old in [m for m in list(made) if m != on_disk(folder).fingerprint][
                    : max(0, len(made) - KEPT_BESIDE)
                ]:
                    made.pop(old, None)
                kept = made.setdefault(mark, {})
            try:
                return kept[args]
            except KeyError:
                found = kept[args] = function(*args)
                return found

        return cached

    return wrap


@lru_cache(maxsize=64)
def _as_tuple(found: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(found))


class WordList(Set):
    """A word list that follows the edition being read; for module constants."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[], frozenset[str]]) -> None:
        self._read = read

    @classmethod
    def _from_iterable(cls, found):
        return frozenset(found)

    def __contains__(self, word: object) -> bool:
        return word in self._read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    @property
    def beginnings(self) -> tuple[str, ...]:
        """The words as ``str.startswith`` takes them."""
        return _as_tuple(self._read())

    def isdisjoint(self, other) -> bool:
        return self._read().isdisjoint(other)
