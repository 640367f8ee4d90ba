"""Words that stand for no goods: the name of a place ("restaurante La Espada") and a colour ("color habano")."""

from collections.abc import Mapping, Sequence

from .lexicon import SHARED, Span, scoped
from .text import Clause

_VENUE, _STREET, _STREET_AFTER = (scoped(SHARED, name) for name in ("venue", "street", "street_after"))
_HEAD, _SHADE, _COLOURED, _SHADE_NAME = (
    scoped(SHARED, name) for name in ("colour_head", "colour", "coloured", "colour_name")
)
_ARTICLES = {"el", "la", "los", "las", "the"}
"""Without the Portuguese "o" and "a": "restaurante o licorería" is Spanish for two trades."""
_NAMED = {"llamado", "llamada", "chamado", "chamada", "called", "named", "de", "del", "da", "do", "das", "dos"}
_JOINERS = {"y", "e", "and", "o", "or", "u", "ou", "en", "em", "in"}
_LONGEST = 2


def is_name(clause: Clause, spans: Mapping[str, Sequence[Span]], span: Span) -> bool:
    """Whether the span is what a place is called: "hotel El Cañón", "calle de las Armas", "Musket Street".

    A venue needs an article before its name, since "restaurante vino" says what it pours; a street needs none.
    Shops and bars are no venues here: theirs may well be the goods.
    """
    if span.end - span.start > _LONGEST:
        return False
    for venue in spans.get(_VENUE, ()):
        between = _between(clause, venue, span)
        if between and not _ARTICLES.isdisjoint(between[-1:]) and set(between[:-1]) <= _NAMED:
            return True
    for street in spans.get(_STREET, ()):
        between = _between(clause, street, span)
        if between is not None and set(between) <= _ARTICLES | _NAMED:
            return True
    return _followed(clause, spans.get(_STREET_AFTER, ()), span)


def is_colour(clause: Clause, spans: Mapping[str, Sequence[Span]], span: Span) -> bool:
    """Whether the span is a shade that follows "color", alone or in a list of shades: "color negro, habano y vino".

    Only words that also name a shade, in the singular; "azul y cigarros" are a colour and goods.
    """
    if any(s.start <= span.start and span.end <= s.end for s in spans.get(_SHADE_NAME, ())):
        return True
    shades = {i for s in spans.get(_SHADE, ()) for i in range(s.start, s.end) if not clause.tokens[i].endswith("s")}
    if not shades.issuperset(range(span.start, span.end)):
        return False
    if _followed(clause, spans.get(_COLOURED, ()), span):
        return True
    heads = {s.end - 1 for s in spans.get(_HEAD, ())}
    at = span.start - 1
    while at >= 0 and at not in heads and (at in shades or clause.tokens[at] in _JOINERS):
        at -= 1
    return at in heads


def _followed(clause: Clause, after: Sequence[Span], span: Span) -> bool:
    """Whether one of these stands right behind the span, no comma between."""
    return any(s.start == span.end and clause.chunk[s.start] == clause.chunk[span.end - 1] for s in after)


def _between(clause: Clause, lead: Span, span: Span) -> list[str] | None:
    """The words between the two in the same chunk; None if they stand elsewhere."""
    if lead.end > span.start or clause.chunk[lead.end - 1] != clause.chunk[span.start]:
        return None
    return clause.tokens[lead.end : span.start]
