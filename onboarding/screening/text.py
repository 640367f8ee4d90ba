"""From typed text to tokens: accents, clauses, chunks between commas, stems and sounds."""

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest

from onboarding.rulebook.book import BOOK, read_files
from onboarding.rulebook.editions import per_edition

_BREAK = re.compile(r"([.;!?\n\r•|()\[\]{}–—/]+|\s-\s|:\s)")
_WORD = re.compile(r"[a-z0-9]+|[,&]")
_LEET = str.maketrans("013457", "oieast")
_SPACED = re.compile(r"\b(?:[a-z] ){3,}[a-z]\b")


def fold(text: str) -> str:
    """Lower case without accents, apostrophes and compatibility forms; ``n't`` becomes ``nt``."""
    flat = unicodedata.normalize("NFKD", text)
    flat = "".join(c for c in flat if not unicodedata.combining(c)).lower()
    flat = re.sub(r"['’`´]", "", flat)
    flat = re.sub(r"(?<=\d)[.,](?=\d)", "", flat)
    flat = re.sub(r"(?<=\d):(?=\d)", " ", flat)
    return _SPACED.sub(lambda m: m.group().replace(" ", ""), flat)


@per_edition(BOOK)
def _signs() -> dict[int, str]:
    """Emoji that say what is sold, as a table for ``str.translate``."""
    pairs = (pair.split("=") for pair in read_files()["reading"]["signs"]["words"].split())
    return {ord(sign): f" {word} " for sign, word in pairs}


@dataclass(slots=True)
class Clause:
    """A stretch of one field between full stops; ``chunk`` numbers the parts between its commas.

    ``asked`` says that it ends with a question mark or trails off, so that a "no" after it may answer it.
    """

    field: str
    tokens: list[str] = field(default_factory=list)
    chunk: list[int] = field(default_factory=list)
    asked: bool = False


def clauses(field_name: str, text: str) -> list[Clause]:
    """The clauses of a field, empty ones left out."""
    found = []
    parts = _BREAK.split(fold(text.translate(_signs())))
    for part, mark in zip_longest(parts[::2], parts[1::2], fillvalue=""):
        clause, chunk = Clause(field_name, asked="?" in mark or mark.startswith("..")), 0
        for word in _WORD.findall(part or ""):
            if word == ",":
                chunk += 1
            elif word != "&":
                clause.tokens.append(word)
                clause.chunk.append(chunk)
        if clause.tokens:
            found.append(clause)
    return found


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A light stem shared by the three languages: plural endings go, nothing else."""
    if len(word) <= 3 or word.isdigit():
        return word
    if word.endswith(("oes", "aes")):
        return word[:-3] + "ao"
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("ces"):
        return word[:-3] + "z"
    if word.endswith("ns"):
        return word[:-2] + "m" if len(word) > 5 and word[-3] in "aeiou" and word[-3] in "ie" else word[:-1]
    if word.endswith(("ais", "eis", "ois")) and len(word) > 5:
        return word[:-2] + "l"
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("e") and len(word) > 5:
        word = word[:-1]
    return word


_SMALL = re.compile(r"(?:e?[cz]it|e?cill|z?inh|it)[oa]$")


@lru_cache(maxsize=65536)
def enlarged(word: str) -> tuple[str, ...]:
    """What a diminutive may be a small form of: ``cohetito`` -> ``cohet``, ``coheto``, ...; none for other words."""
    base = stem(word)
    root = _SMALL.sub("", base)
    if root == base or len(root) < 4:
        return ()
    root = root[:-2] + "c" if root.endswith("qu") else root
    return tuple(dict.fromkeys(stem(root + ending) for ending in ("", "o", "a", "e")))


_SOUNDS = (
    (re.compile(r"ph"), "f"), (re.compile(r"qu"), "k"), (re.compile(r"c(?=[eiy])"), "s"), (re.compile(r"ch"), "X"),
    (re.compile(r"h"), ""), (re.compile(r"[zx]"), "s"), (re.compile(r"c"), "k"), (re.compile(r"[vw]"), "b"),
    (re.compile(r"g(?=[eiy])"), "j"), (re.compile(r"ll"), "y"), (re.compile(r"i(?=[aeo])"), "y"),
    (re.compile(r"n(?=[bp])"), "m"), (re.compile(r"(.)\1+"), r"\1"),
)  # fmt: skip


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """A key equal for words that Spanish and Portuguese speakers confuse when spelling."""
    key = stem(word)
    for pattern, by in _SOUNDS:
        key = pattern.sub(by, key)
    return key


def unleet(word: str) -> str:
    """Digits posing as letters: ``v4p3s`` becomes ``vapes``; other words come back unchanged."""
    if len(word) < 4 or word.isdigit() or not any(c.isdigit() for c in word) or word[0].isdigit():
        return word
    return word.translate(_LEET)
