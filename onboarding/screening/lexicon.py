"""Concept lexicons compiled from the rulebook's data, and their search in a clause.

A term is a sequence of words. ``a|b`` is a choice, ``x*`` a beginning, ``~3`` a gap of up to three words, ``@name``
any span of another concept. After a gap every ``|`` separates whole phrases; in the first part of a term the words
before the first choice belong to each of its phrases.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from onboarding.rulebook.book import BOOK, read_files
from onboarding.rulebook.editions import per_edition

from .text import Clause, enlarged, fold, sound, stem, unleet

SHARED = "policy/_shared"
_FUZZY_FROM = 7
_WIDE = 5

Element = frozenset[str] | int | str
"""Words (``stem`` or ``prefix*``), a gap, or the name of a concept."""


@dataclass(frozen=True, slots=True)
class Span:
    concept: str
    start: int
    end: int


@dataclass
class Lexicon:
    """All concepts of all files, indexed by the first word of their terms."""

    by_word: dict[str, list[tuple[str, tuple[Element, ...]]]] = field(default_factory=lambda: defaultdict(list))
    late: dict[str, list[tuple[str, tuple[Element, ...]]]] = field(default_factory=lambda: defaultdict(list))
    by_concept: list[tuple[str, str, tuple[Element, ...]]] = field(default_factory=list)
    stems: set[str] = field(default_factory=set)
    prefixes: set[str] = field(default_factory=set)
    sounds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    long_words: dict[tuple[str, int], list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def spans(self, clause: Clause) -> dict[str, list[Span]]:
        """Where each concept stands in the clause."""
        words = [self.word_keys(token) for token in clause.tokens]
        found: dict[str, list[Span]] = defaultdict(list)
        seen: set[tuple[str, int, int]] = set()

        def add(concept: str, start: int, end: int) -> None:
            if (concept, start, end) not in seen:
                seen.add((concept, start, end))
                found[concept].append(Span(concept, start, end))

        for start, keys in enumerate(words):
            for key in keys:
                for concept, elements in self.by_word.get(key, ()):
                    for end in _match(elements, 1, words, start + 1, found, clause.chunk):
                        add(concept, start, end)
        for start, keys in enumerate(words):
            for key in keys:
                for concept, elements in self.late.get(key, ()):
                    for end in _match(elements, 1, words, start + 1, found, clause.chunk):
                        add(concept, start, end)
        for concept, first, elements in self.by_concept:
            for span in list(found.get(first, ())):
                for end in _match(elements, 1, words, span.end, found, clause.chunk):
                    add(concept, span.start, end)
        return found

    def word_keys(self, token: str) -> frozenset[str]:
        return _word_keys(self, token)

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


@lru_cache(maxsize=65536)
def _word_keys(lexicon: Lexicon, token: str) -> frozenset[str]:
    keys = _exact_keys(lexicon, token)
    if keys or token in _everyday():
        return frozenset(keys)
    plain = unleet(token)
    if plain != token:
        keys = _exact_keys(lexicon, plain)
    elif len(token) >= 5 and token.isalpha():
        keys = {k for k in enlarged(token) if k in lexicon.stems}
    if not keys and plain == token and len(token) >= 5 and token.isalpha():
        keys = {k for k in lexicon.sounds.get(sound(token), ()) if abs(len(k) - len(token)) <= 2}
        if not keys and len(token) >= _FUZZY_FROM:
            from rapidfuzz.distance import OSA  # 3 MiB in each process; most never meet a misspelling
            from rapidfuzz.process import extract

            sized = (lexicon.long_words.get((token[0], len(token) + d), ()) for d in (-2, -1, 0, 1))
            near = extract(token, [w for words in sized for w in words], scorer=OSA.distance, score_cutoff=1, limit=3)
            keys = {stem(word) for word, _, _ in near}
    return frozenset(keys)


@per_edition(BOOK)
def _everyday() -> frozenset[str]:
    """Words that are themselves and no misspelling (``data/everyday.toml``; editions before 2026-11-23 had none)."""
    return frozenset(read_files().get("everyday", {"words": ""})["words"].split())


def _exact_keys(lexicon: Lexicon, token: str) -> set[str]:
    base = stem(token)
    keys = {base} if base in lexicon.stems else set()
    keys.update(f"{token[:k]}*" for k in range(2, len(token) + 1) if token[:k] in lexicon.prefixes)
    return keys


def _match(
    elements: tuple[Element, ...],
    index: int,
    words: list[frozenset[str]],
    at: int,
    found: dict[str, list[Span]],
    chunk: list[int],
) -> Iterator[int]:
    if index == len(elements):
        yield at
        return
    element = elements[index]
    if isinstance(element, int):
        for skip in range(element + 1):
            if at + skip > len(words) or (element < _WIDE and skip and _past_comma(chunk, at, at + skip)):
                return
            yield from _match(elements, index + 1, words, at + skip, found, chunk)
    elif isinstance(element, str):
        for span in found.get(element, ()):
            if span.start == at:
                yield from _match(elements, index + 1, words, span.end, found, chunk)
    elif at < len(words) and not element.isdisjoint(words[at]):
        yield from _match(elements, index + 1, words, at + 1, found, chunk)


def _past_comma(chunk: list[int], before: int, after: int) -> bool:
    """A narrow gap ends at a comma."""
    return after < len(chunk) and chunk[after] != chunk[before - 1]


def scoped(file: str, name: str) -> str:
    return f"{file}:{name}"


@per_edition(BOOK)
def lexicon() -> Lexicon:
    """The compiled lexicon of every data file of the policy that judges."""
    return _compiled("")


@per_edition(BOOK)
def ordinary_lexicon() -> Lexicon:
    """The lexicon of ordinary trades, kept apart so that its words never hide a misspelled forbidden one."""
    return _compiled("ordinary")


def _compiled(which: str) -> Lexicon:
    built = Lexicon()
    files = {
        name: content
        for name, content in read_files().items()
        if name.startswith("policy/") and content.get("lexicon", "") == which
    }
    built.names = {scoped(f, c) for f, content in files.items() for c in content.get("concepts", ())}
    long_words: set[str] = set()
    for file, content in files.items():
        for concept, entry in content.get("concepts", {}).items():
            for term in entry["terms"].replace("\n", " ").split(","):
                for elements in compile_term(term, file, built.names):
                    _index(built, scoped(file, concept), elements, long_words)
    for word in sorted(long_words):
        built.long_words.setdefault((word[0], len(word)), []).append(word)
    return built


def _index(built: Lexicon, concept: str, elements: tuple[Element, ...], long_words: set[str]) -> None:
    for element in elements:
        if isinstance(element, frozenset):
            for key in element:
                if key.endswith("*"):
                    built.prefixes.add(key[:-1])
                    continue
                built.stems.add(key)
                if len(key) >= 4 and key.isalpha() and len(sound(key)) >= 4:
                    built.sounds[sound(key)].add(key)
                if len(key) >= _FUZZY_FROM - 1 and key.isalpha():
                    long_words.add(key)
    first = elements[0]
    if isinstance(first, str):
        built.by_concept.append((concept, first, elements))
    elif isinstance(first, frozenset):
        index = built.late if any(isinstance(e, str) for e in elements) else built.by_word
        for key in first:
            index[key].append((concept, elements))


def compile_term(term: str, file: str, names: set[str]) -> list[tuple[Element, ...]]:
    """The patterns of one term; several if phrases are offered as choices. ValueError on unknown concepts."""
    patterns: list[list[Element]] = [[]]
    segment: list[str] = []
    first = True
    for word in [*term.split(), "~end"]:
        if not word.startswith("~"):
            segment.append(word)
            continue
        if segment:
            options = _segment(segment, first, file, names)
            patterns = [left + right for left in patterns for right in options]
            first = False
        segment = []
        if word != "~end":
            patterns = [[*p, int(word[1:] or 3)] for p in patterns]
    return [tuple(p) for p in patterns if p]


def _segment(words: list[str], first: bool, file: str, names: set[str]) -> list[list[Element]]:
    choices = [i for i, w in enumerate(words) if "|" in w]
    if not choices or (first and len(choices) == 1):
        return [[_element(w.split("|"), file, names) for w in words]]
    lead = words[: choices[0]] if first else []
    phrases = [p.split() for p in " ".join(words[len(lead) :]).split("|") if p.strip()]
    singles = [p[0] for p in phrases if len(p) == 1]
    options = [[_element([w], file, names) for w in p] for p in phrases if len(p) > 1]
    if singles:
        plain = [w for w in singles if not w.startswith("@")]
        options += [[_element(plain, file, names)]] if plain else []
        options += [[_element([w], file, names)] for w in singles if w.startswith("@")]
    before = [_element([w], file, names) for w in lead]
    return [before + option for option in options]


def _element(words: list[str], file: str, names: set[str]) -> Element:
    if words[0].startswith("@"):
        for owner in (file, SHARED):
            if scoped(owner, words[0][1:]) in names:
                return scoped(owner, words[0][1:])
        raise ValueError(f"{file} names the unknown concept {words[0]}")
    return frozenset(f"{fold(w[:-1])}*" if w.endswith("*") else stem(fold(w)) for w in words if w)
