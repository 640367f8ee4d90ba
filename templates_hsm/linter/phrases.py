"""Word lists and how they are found in a text.

A text is folded (case, accents, look-alikes and formatting signs put aside, every character in its place) and cut
into words; each list entry is a short pattern over words, whose notation ``data/promotion.toml`` explains. Entries are
looked up by their first word, so a long list costs little.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

VARIABLE = "¤"
NUMBER, PERCENT, MONEY, NAME, PRICE, SHARE = 1, 2, 4, 8, 16, 32
_FLAGS = {"#": NUMBER, "#%": PERCENT, "$#": MONEY, "_": NAME, "$9": PRICE, "9%": SHARE}
_LOOKALIKES = str.maketrans("авекмнорстухіјѕαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abekmhopctyxijsaeikvoptuxabezhikmnoptyx")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff\u0300-\u036f]")
_PLACEHOLDER = re.compile(r"\{\{?[^{}\n]{0,60}\}?\}")
_FIGURE = rf"(?:\d+(?:[.,]\d+)*|{VARIABLE}+)"
_TOKEN = re.compile(
    rf"(?P<p>{_FIGURE}\s?(?:%|por ciento|por cento|percent\b))"
    rf"|(?P<m>(?:us|r)?[$€£]\s?{_FIGURE}|s/\.?\s?{_FIGURE}"
    rf"|{_FIGURE}\s?(?:€|euros?\b|pesos\b|dolares\b|dollars?\b|reais\b|soles\b|bolivianos\b|usd\b|mxn\b|cop\b|ars\b))"
    rf"|(?P<v>{VARIABLE}+)|(?P<n>\d+(?:[.,]\d+)*(?![^\W\d_]))|(?P<w>[^\W_]+(?:['-][^\W_]+)*)|(?P<s>[.!?¡¿\n;…]+)"
)
_KIND = {"p": PERCENT | NUMBER, "m": MONEY | NUMBER, "v": NAME | NUMBER, "n": NUMBER}
MAX_LENGTH = 5000


class _Fold(dict):
    """One character for one character: lower case, no accent, formatting signs as blanks, Latin look-alikes."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in "*_~`\u00a0\u202f":
            folded = " "
        elif char in "’‘ʼ´":
            folded = "'"
        elif char in "‐‑–":
            folded = "-"
        else:
            plain = unicodedata.normalize("NFKD", char)[:1].lower()[:1] or " "
            folded = plain.translate(_LOOKALIKES)
        self[code] = folded
        return folded


_FOLD = _Fold({ord("\n"): "\n", ord("¤"): " ", ord("_"): " "})


def fold(text: str) -> tuple[str, list[int] | None]:
    """The folded text, and where each of its characters came from (``None``: from the same place)."""
    origin = None
    text = text[:MAX_LENGTH]
    if "{" in text:
        text = text.replace(VARIABLE, " ")
        text = _PLACEHOLDER.sub(lambda match: VARIABLE * len(match[0]), text)
        if _INVISIBLE.search(text):
            origin = [place for place, char in enumerate(text) if not _INVISIBLE.match(char)]
            text = _INVISIBLE.sub("", text)
        return "".join(VARIABLE if char == VARIABLE else _FOLD[ord(char)] for char in text), origin
    if _INVISIBLE.search(text):
        origin = [place for place, char in enumerate(text) if not _INVISIBLE.match(char)]
        text = _INVISIBLE.sub("", text)
    return text.translate(_FOLD), origin


@dataclass(slots=True)
class Words:
    """A text cut into words; ``None`` in ``words`` ends a sentence."""

    words: list
    flags: list[int]
    starts: list[int]
    ends: list[int]
    sentence: list[int]
    origin: list[int] | None

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the words ``first`` to ``last`` (included) stand in the text as typed."""
        start, end = self.starts[first], self.ends[last]
        if self.origin is not None:
            return self.origin[start], self.origin[end - 1] + 1
        return start, end


def cut(text: str) -> Words:
    """Fold ``text`` and cut it into words, figures, amounts, percentages and variables."""
    folded, origin = fold(text)
    cutting = Words([], [], [], [], [], origin)
    number = 0
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup
        if kind == "s":
            number += 1
            cutting.words.append(None)
            cutting.flags.append(0)
        else:
            flag = _KIND.get(kind, 0)
            if flag and VARIABLE in match[0]:
                flag |= NAME
            elif flag & MONEY:
                flag |= PRICE
            elif flag & PERCENT:
                flag |= SHARE
            cutting.words.append(match[0])
            cutting.flags.append(flag)
        cutting.starts.append(match.start())
        cutting.ends.append(match.end())
        cutting.sentence.append(number)
    return cutting


# An atom of a pattern: (exact words, beginnings, flags, gap, optional); a gap atom has only its number.
_Atom = tuple[frozenset, tuple, int, int, bool]


def spell_out(pattern: str) -> list[str]:
    """One entry as several, without alternatives of more than one word (``in+stock|new`` becomes two entries)."""
    if "+" not in pattern:
        return [pattern]
    ways = [""]
    for part in pattern.split():
        choices = part.split("|")
        runs = [choice.replace("+", " ") for choice in choices if "+" in choice]
        single = "|".join(choice for choice in choices if "+" not in choice)
        ways = [f"{way} {choice}".strip() for way in ways for choice in ([single] if single else []) + runs]
    return ways


def parse(pattern: str) -> tuple[_Atom, ...]:
    """Read one entry of a word list. Raises ``ValueError`` for an entry that could never be looked up."""
    atoms = []
    for part in pattern.split():
        if part.startswith("..") and part[2:].isdigit():
            atoms.append((frozenset(), (), 0, int(part[2:]), False))
            continue
        optional = part.endswith("?") and len(part) > 1
        exact, beginnings, flags = set(), [], 0
        for word in (part[:-1] if optional else part).split("|"):
            if word in _FLAGS:
                flags |= _FLAGS[word]
            elif word.endswith("*"):
                beginnings.append(word[:-1])
            elif word:
                exact.add(word)
        atoms.append((frozenset(exact), tuple(beginnings), flags, 0, optional))
    if not atoms or atoms[0][3] or atoms[0][4] or any(len(start) < 2 for start in atoms[0][1]):
        raise ValueError(f"A word list entry must begin with a word: {pattern!r}")
    return tuple(atoms)


def _match(atoms, at: int, words: list, flags: list, place: int) -> int:
    """The place after the last word when ``atoms[at:]`` fit from ``place``, else -1."""
    total, size = len(words), len(atoms)
    while at < size:
        exact, beginnings, wanted, gap, optional = atoms[at]
        if gap:
            for skipped in range(gap + 1):
                if skipped and (place + skipped > total or words[place + skipped - 1] is None):
                    return -1
                end = _match(atoms, at + 1, words, flags, place + skipped)
                if end >= 0:
                    return end
            return -1
        word = words[place] if place < total else None
        fits = word is not None and (
            word in exact or (wanted and flags[place] & wanted) or (beginnings and word.startswith(beginnings))
        )
        if fits and optional:
            end = _match(atoms, at + 1, words, flags, place + 1)
            if end >= 0:
                return end
        elif fits:
            place += 1
        elif not optional:
            return -1
        at += 1
    return place


class Index:
    """Many patterns, each with a label, looked up together by their first word."""

    def __init__(self):
        self._exact: dict[str, list] = {}
        self._by_two: dict[str, list] = {}
        self._by_three: dict[str, list] = {}
        self._by_flag: tuple = tuple((flag, []) for flag in _FLAGS.values())

    def add(self, pattern: str, label) -> None:
        """Take in one list entry; matches report ``label``."""
        for plain in spell_out(pattern):
            self._add(plain, label)

    def _add(self, pattern: str, label) -> None:
        atoms = parse(pattern)
        exact, beginnings, flags, _, _ = atoms[0]
        entry = (atoms, label)
        for word in exact:
            self._exact.setdefault(word, []).append(entry)
        for start in beginnings:
            shelf = self._by_three if len(start) >= 3 else self._by_two
            shelf.setdefault(start[: 3 if len(start) >= 3 else 2], []).append((start, entry))
        for flag, shelf in self._by_flag:
            if flags & flag:
                shelf.append(entry)

    def find(self, text: Words) -> list[tuple[object, int, int]]:
        """Every match as (label, first word, last word)."""
        words, flags, hits = text.words, text.flags, []
        exact, by_two, by_three = self._exact, self._by_two, self._by_three
        for place, word in enumerate(words):
            if word is None:
                continue
            candidates = exact.get(word)
            if candidates:
                for atoms, label in candidates:
                    end = _match(atoms, 1, words, flags, place + 1)
                    if end >= 0:
                        hits.append((label, place, end - 1))
            for shelf in (by_three.get(word[:3]), by_two.get(word[:2])):
                if shelf:
                    for start, (atoms, label) in shelf:
                        if word.startswith(start):
                            end = _match(atoms, 1, words, flags, place + 1)
                            if end >= 0:
                                hits.append((label, place, end - 1))
            flag = flags[place]
            if flag:
                for wanted, entries in self._by_flag:
                    if flag & wanted:
                        for atoms, label in entries:
                            end = _match(atoms, 1, words, flags, place + 1)
                            if end >= 0:
                                hits.append((label, place, end - 1))
        return hits


class Overlaps:
    """Answers quickly whether a run of words touches any of a set of runs."""

    def __init__(self, runs):
        self._runs = sorted(runs)
        self._starts = [start for start, _ in self._runs]

    def touches(self, first: int, last: int) -> bool:
        """Whether ``first`` to ``last`` shares a word with one of the runs."""
        for _start, end in self._runs[: bisect_right(self._starts, last)]:
            if end >= first:
                return True
        return False
