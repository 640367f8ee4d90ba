"""Ordinary trades: the positive evidence that "allowed" rests on (``policy/ordinary.toml``)."""

from onboarding.rulebook.book import BOOK, read_files
from onboarding.rulebook.editions import per_edition

from .decide import Reading
from .lexicon import ordinary_lexicon, scoped

RULE = "house.screening.no_trade"
_FILE = "policy/ordinary"
_BESIDE = scoped(_FILE, "beside")
_NAMES_ALONE = 3


@per_edition(BOOK)
def _weights() -> dict[str, int]:
    concepts = read_files()[_FILE]["concepts"]
    return {scoped(_FILE, name): entry.get("weight", _NAMES_ALONE) for name, entry in concepts.items()}


@per_edition(BOOK)
def _need() -> int:
    return read_files()[_FILE]["need"]


def names_a_trade(reading: Reading, *, brand_alone: bool = False) -> bool:
    """Whether the text says in concrete, undenied words what is sold or done: one trade, or three broad words.

    A broad word counts once, however often it stands. A trade in the brand ("Colegio Los Cedros") is one broad word:
    names are chosen freely, so it helps a text, but stands for one only with ``brand_alone``, where the text says
    nothing. Editions of the rulebook from before 2026-11-23 have no such list; ask only where the rule holds.
    """
    book, weights, need = ordinary_lexicon(), _weights(), _need()
    broad: set[str] = set()  # the brand's words count as one
    for index, clause in enumerate(reading.clauses):
        found = book.spans(clause)
        beside = found.pop(_BESIDE, ())
        for concept, spans in found.items():
            for span in spans:
                if reading.is_denied(index, span):
                    continue
                if any(b.start <= span.start and span.end <= b.end for b in beside):
                    continue
                if weights[concept] >= need and (brand_alone or clause.field != "brand"):
                    return True
                broad.add("brand" if clause.field == "brand" else clause.tokens[span.start])
                if len(broad) >= need:
                    return True
    return False
