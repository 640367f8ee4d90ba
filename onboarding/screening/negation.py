"""Which words of a clause are denied: "no vendemos armas", "sin alcohol", "garrafas nao inclusas"."""

from .text import Clause

_NOT = {"no", "nao", "not", "dont", "doesnt", "never", "nunca", "jamas", "neither", "nor", "tampoco", "ni", "nem", "cant", "wont",
        "cannot", "isnt", "arent", "nothing", "nada", "cero", "zero"}  # fmt: skip
_ACT = ("vend", "comercializ", "ofrec", "oferec", "trabaj", "trabalh", "manej", "hac", "faz", "sell", "sold", "sale", "offer", "stock",
        "trad", "provid", "deal", "carry", "carr", "entreg", "env", "ship", "promov", "promot", "distribu", "dispens", "realiz", "tenem",
        "temos", "hay", "incluy", "inclu", "acept", "aceit", "prest", "compr", "import", "produc", "fabric", "suminist", "fornec", "order",
        "pedido", "do", "se", "es", "e", "is", "are", "give", "permit", "llev", "intermedi", "deliver", "broker", "handle", "supply",
        "venta", "venda", "we", "recet", "prescri", "admit", "tak", "record", "cobr", "otorg", "brind", "hold")  # fmt: skip
_WITHOUT = {"sin", "sem", "without", "libre", "livre", "free"}
_AGAINST = {
    "contra",
    "against",
    "anti",
    "prevencion",
    "prevencao",
    "prevention",
    "preventing",
    "prevent",
    "combate",
    "avoid",
    "evita",
    "evitar",
}
_ONLY = {"solo", "so", "only", "just", "solamente", "apenas", "somente", "unicamente"}
_TURN = {
    "pero",
    "but",
    "mas",
    "sino",
    "except",
    "excepto",
    "exceto",
    "salvo",
    "aunque",
    "however",
    "tambien",
    "tambem",
    "also",
    "solo",
    "only",
}
_AFFIRM = ("vendemos", "vendo", "vende", "ofrecemos", "tenemos", "temos", "sell", "hacemos", "entregamos", "enviamos", "we", "compra", "compre",
           "pide", "order", "buy", "reserva")  # fmt: skip


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
            if _trailing(tokens, i):
                deny(_chunk_start(chunk, i, 5), i, i)
                deny(i, i + 3, i)
            elif any(a.startswith(_ACT) for a in ahead) or token in {
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
                deny(i + 1, _same_chunk(chunk, i, 3), i)
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
                deny(i + 1, _same_chunk(chunk, i, 3), i)
        elif token in _AGAINST:
            deny(i + 1, _same_chunk(chunk, i, 5), i)
    return by


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
        if chunk[j] != chunk[j - 1] and tokens[j].startswith(_AFFIRM):
            return j
    return len(tokens)


def _same_chunk(chunk: list[int], i: int, width: int) -> int:
    end = i + 1
    while end < len(chunk) and end < i + width and chunk[end] == chunk[i]:
        end += 1
    return end


def _chunk_start(chunk: list[int], i: int, width: int) -> int:
    start = i
    while start > 0 and chunk[start - 1] == chunk[i] and i - start < width:
        start -= 1
    return start
