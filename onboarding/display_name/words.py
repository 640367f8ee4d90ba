"""Names as tokens, and the word lists of the rulebook."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from onboarding.rulebook.book import BOOK, read_files
from onboarding.rulebook.editions import WordList, per_edition

_JOINED = {"and", "y", "e", "et", "&", "+"}
_TOKEN = re.compile(r"[^\W_]+|&")
_INITIALS = re.compile(r"\b(?:[a-z]\.\s?){2,}(?:[a-z]\b)?")


def fold(text: str) -> str:
    """Lower case without accents and apostrophes; initials with dots joined (``s.a.`` becomes ``sa``)."""
    flat = unicodedata.normalize("NFKD", text)
    flat = "".join(c for c in flat if not unicodedata.combining(c)).lower()
    flat = re.sub(r"['’‘`´ʼ]", "", flat)
    return _INITIALS.sub(lambda m: re.sub(r"[.\s]", "", m.group()) + " ", flat)


@lru_cache(maxsize=4096)
def tokens(text: str) -> tuple[str, ...]:
    """Comparable words of a name or a page; every "and" is ``&``."""
    return tuple("&" if t in _JOINED else t for t in _TOKEN.findall(fold(text)))


@dataclass(frozen=True)
class Lists:
    legal: frozenset[str]
    stop: frozenset[str]
    generic: frozenset[str]
    departments: tuple[tuple[str, ...], ...]
    places: frozenset[tuple[str, ...]]
    slogans: frozenset[str]
    verbs: frozenset[str]
    partner: frozenset[tuple[str, ...]]
    roles: frozenset[tuple[str, ...]]
    given: frozenset[str]
    surnames: frozenset[str]
    titles: frozenset[str]


@per_edition(BOOK)
def lists() -> Lists:
    """The word lists of ``names.toml``, with the countries of the world among the places."""
    data = read_files()["names"]
    words = data["words"]

    def phrases(name: str) -> set[tuple[str, ...]]:
        return {tokens(p) for p in words[name].replace("\n", " ").split(",") if p.strip()}

    return Lists(
        legal=frozenset(data["legal_forms"].split()),
        stop=frozenset(data["stopwords"].split()),
        generic=frozenset(words["generic"].split()),
        departments=tuple(sorted(phrases("departments"), key=len, reverse=True)),
        places=frozenset(phrases("places") | _territories()),
        slogans=frozenset(words["slogans"].split()),
        verbs=frozenset(words["slogan_verbs"].split()),
        partner=frozenset(phrases("partner")),
        roles=frozenset(phrases("roles")),
        given=frozenset(words["given_names"].split()),
        surnames=frozenset(words["surnames"].split()),
        titles=frozenset(words["titles"].split()),
    )


def plain_words(name: str) -> WordList:
    """A word list of the section ``whole`` of ``names.toml``."""
    return WordList(lambda: _plain(name))


@per_edition(BOOK)
def _plain(name: str) -> frozenset[str]:
    return frozenset(read_files()["names"]["whole"][name].split())


def _territories() -> set[tuple[str, ...]]:
    from babel import Locale  # reading three locales is slow, so only when the lists are first needed

    return {
        tokens(name)
        for code in ("en", "es", "pt")
        for key, name in Locale(code).territories.items()
        if len(key) == 2 and tokens(name)
    }


def without_legal_form(words: tuple[str, ...]) -> tuple[str, ...]:
    """The name without "S.A. de C.V.", "Ltda." and the like at its end."""
    legal = lists().legal
    end = len(words)
    while end > 1 and (
        words[end - 1] in legal or (words[end - 1] == "de" and end < len(words)) or words[end - 1] == "&"
    ):
        end -= 1
    return words[:end]


def distinctive(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words that tell this name from others: no articles, trades, departments or legal forms."""
    known = lists()
    plain = [w for w in words if w not in known.stop and w not in known.legal]
    return tuple(w for w in plain if w not in known.generic) or tuple(plain)


def find(needle: tuple[str, ...], hay: tuple[str, ...]) -> list[int]:
    """Every position at which the words stand side by side."""
    if not needle:
        return []
    first, n = needle[0], len(needle)
    return [i for i, w in enumerate(hay) if w == first and hay[i : i + n] == needle]


def alike(a: str, b: str) -> bool:
    """Equal, or singular and plural, or one the abbreviation of the other."""
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    return len(short) >= 3 and long.startswith(short) and (len(long) - len(short) <= 2 or len(short) >= 4)
