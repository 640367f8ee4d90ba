"""Which words of a clause are denied: "no vendemos armas", "sin alcohol", "garrafas nao inclusas"."""

from onboarding.rulebook.book import words

from .text import Clause

_NOT = words("denial", "not")
_ACT = words("denial", "act")
_WITHOUT = words("denial", "without")
_AGAINST = words("denial", "against")
_HARM = words("denial", "harm")
_QUIT = words("denial", "quit")
_LEFT = words("denial", "left")
_ONLY = words("denial", "only")
_TURN = words("denial", "turn")
_AFFIRM = words("denial", "affirm")
_OPEN = words("denial", "open")
_OR = {"or", "nor", "o", "u", "ou", "ni", "nem"}
_WITH = {"con", "com", "with"}


def denied(clause: Clause) -> list[int]:
    """For each word the index of the word that denies it, or -1."""
    tokens, chunk = clause.tokens, clause.chunk
    by = [-1] * len(tokens)

    def deny(start: int, end: int, cause: int) -> None:
        for i in range(max(start, 0), min(end, len(tokens))):
            if by[i] < 0:
                by[i] = cause

    for i, token in enumerate(tokens):
        ahead = tokens[i + 1 : i + 4]
        if token in _NOT:
            if ahead and ahead[0] in _ONLY:
                continue
            if ahead[:2] == ["questions", "asked"] or ahead[:1] in (["preguntes"], ["dudes"], ["pierdas"], ["importa"]):
                continue
            if _closes(tokens, chunk, i):
                deny(_after_joiner(tokens, _chunk_start(chunk, i, 5), i), i, i)
            elif _trailing(tokens, i):
                deny(_chunk_start(chunk, i, 5), i, i)
                deny(i, i + 3, i)
            elif any(a.startswith(_ACT.beginnings) for a in ahead) or token in {
                "nada",
                "cero",
                "ni",
                "nem",
                "nor",
                "neither",
                "never",
                "nunca",
            }:
                deny(i + 1, _scope_end(tokens, chunk, i), i)
            else:
                deny(i + 1, _listed(tokens, chunk, _same_chunk(chunk, i, 3)), i)
        elif token in _WITHOUT:
            if token == "free":
                if ahead[:1] in (["of"], ["from"]):
                    deny(i + 2, _same_chunk(chunk, i, 5), i)
                elif i and tokens[i - 1] in {
                    "alcohol",
                    "nicotine",
                    "drug",
                    "sugar",
                    "tobacco",
                    "thc",
                    "cbd",
                    "steroid",
                    "smoke",
                    "gun",
                }:
                    deny(i - 1, i, i)
            elif any(a.startswith(("vent", "vend", "sale", "pedido", "compra")) for a in ahead[:2]):
                deny(i + 1, _scope_end(tokens, chunk, i), i)
            elif token in {"libre", "livre"}:
                if ahead[:1] == ["de"]:
                    deny(i + 2, _same_chunk(chunk, i, 4), i)
            else:
                deny(i + 1, _listed(tokens, chunk, _same_chunk(chunk, i, 3)), i)
        elif token in _AGAINST:
            deny(i + 1, _same_chunk(chunk, i, 5), i)
        elif token in _HARM or (token in _QUIT and not any(a in _LEFT for a in ahead[:1])):
            deny(i + 1, _same_chunk(chunk, i, 7), i)
    return by


def deny_asked(clause: Clause, answer: Clause, by: list[int], after: list[int]) -> None:
    """ "tobacco? no, only coffee": a question that a lone "no" answers denies its last words, not what follows.

    Changes ``by`` (of the question) and ``after`` (of the answer).
    """
    alone = len(answer.tokens) == 1 or answer.chunk[1] != answer.chunk[0]
    if answer.tokens[0] not in {"no", "nao"} or not alone or not _OPEN.isdisjoint(clause.tokens):
        return
    outside = len(clause.tokens)
    for i in range(_chunk_start(clause.chunk, outside - 1, 5), outside):
        if by[i] < 0:
            by[i] = outside
    rest = denied(Clause(answer.field, answer.tokens[1:], answer.chunk[1:]))
    after[1:] = [cause + 1 if cause >= 0 else -1 for cause in rest]


def _closes(tokens: list[str], chunk: list[int], i: int) -> bool:
    """ "tabaqueria no", "bitcoin no aceptamos": a denial that ends the chunk speaks of what stands before it there."""
    before = tokens[_chunk_start(chunk, i, 99) : i]
    after = [t for t, c in zip(tokens[i + 1 :], chunk[i + 1 :], strict=True) if c == chunk[i]]
    if tokens[i] not in {"no", "nao"} or not before or not _OPEN.isdisjoint(before):
        return False
    return not after or (len(after) == 1 and after[0].startswith(_ACT.beginnings))


def _after_joiner(tokens: list[str], start: int, end: int) -> int:
    """Only the last item of "armas y tabaco no" is denied."""
    joined = [j for j in range(start, end) if tokens[j] in {"y", "e", "and", "con", "com", "with"}]
    return joined[-1] + 1 if joined else start


def _trailing(tokens: list[str], i: int) -> bool:
    """ "bottles not included", "no se venden", "not for sale" at the end speak of what stands before them."""
    rest = tokens[i + 1 :]
    if not rest or i == 0:
        return False
    if rest[0].startswith(("inclu", "included")) or rest[:2] in (
        ["for", "sale"],
        ["a", "venda"],
        ["estan", "incluidas"],
    ):
        return True
    return rest[0] in {"se", "sold"} and len(rest) <= 3 and tokens[0] != "no"


def _scope_end(tokens: list[str], chunk: list[int], i: int) -> int:
    for j in range(i + 2, len(tokens)):
        if tokens[j] in _TURN:
            return j
        if chunk[j] != chunk[j - 1] and tokens[j].startswith(_AFFIRM.beginnings):
            return j
    return len(tokens)


def _same_chunk(chunk: list[int], i: int, width: int) -> int:
    end = i + 1
    while end < len(chunk) and end < i + width and chunk[end] == chunk[i]:
        end += 1
    return end


def _listed(tokens: list[str], chunk: list[int], end: int) -> int:
    """ "no alcohol or drugs": what "or" joins to the denied word is denied with it."""
    if end < len(tokens) and chunk[end] == chunk[end - 1] and _OR.isdisjoint(tokens[end - 1 : end]):
        end += tokens[end] in _OR
    if end < len(tokens) and chunk[end] == chunk[end - 1] and tokens[end - 1] in _OR and tokens[end] not in _WITH:
        end += 1
    return end


def _chunk_start(chunk: list[int], i: int, width: int) -> int:
    start = i
    while start > 0 and chunk[start - 1] == chunk[i] and i - start < width:
        start -= 1
    return start
