"""Does the name stand for the business that applies, and does its page show so?"""

import re

from .evidence import PageEvidence
from .words import Lists, alike, distinctive, find, lists, plain_words, tokens, without_legal_form

FAIL, WARN = "fail", "warn"
NOT_FOUND, UNRELATED = "not_on_website", "unrelated_to_brand"
_BRANCH = plain_words("branch")
_ARTICLES = frozenset({"the", "el", "la", "los", "las", "o", "a", "os", "as"})


def relation(name: tuple[str, ...], brand: str, legal_name: str, page: PageEvidence) -> list[tuple[str, str]]:
    """The reasons against the relation of name, company and page (rules 3 to 6); empty if all is well.

    ``name`` holds the comparable words of the name, faults of form and legal suffix taken away.
    """
    known = lists()
    brand_words = without_legal_form(tokens(brand))
    legal_words = without_legal_form(tokens(legal_name))
    if "by" in name:
        return _by_company(name, brand_words, legal_words, page)
    core = _without_extras(name, brand_words, legal_words, page, known)
    own = set(distinctive(brand_words)) | set(distinctive(legal_words))
    related = _related(core, brand_words, own)
    if shows(page, core):
        if related:
            return [(NOT_FOUND, WARN)] if _only_part(core, brand_words, page) else []
        return _foreign_name(core, brand_words, legal_words, page, known)
    if not related:
        return [(NOT_FOUND, FAIL), (UNRELATED, FAIL)]
    if _initials(brand_words) == "".join(core) and shows(page, brand_words):
        return [(NOT_FOUND, WARN)]
    return [(NOT_FOUND, WARN if _words_are_there(core, brand_words, page) else FAIL)]


def shows(page: PageEvidence, words: tuple[str, ...]) -> bool:
    """The words stand side by side on the page, perhaps written together ("HazelBakery")."""
    if not words:
        return False
    if page.mentions(words):
        return True
    joined = "".join(w for w in words if w != "&")
    return len(words) > 1 and len(joined) >= 6 and any(joined in tokens(text) for _, text in page.all())


def _without_extras(
    name: tuple[str, ...], brand: tuple[str, ...], legal: tuple[str, ...], page: PageEvidence, known: Lists
) -> tuple[str, ...]:
    """The name without a department beside the brand and without a branch that the site lists."""
    if shows(page, name):
        return name
    for own in (brand, legal):
        if not own:
            continue
        for at in find(own, name):
            before, after = name[:at], name[at + len(own) :]
            if all(_is_extra(part, page, known) for part in (before, after)):
                return own
    return name


def _is_extra(words: tuple[str, ...], page: PageEvidence, known: Lists) -> bool:
    plain = tuple(w for w in words if w not in known.stop)
    if not plain or plain in known.departments or words in known.departments:
        return True
    if all(w.isdigit() and len(w) <= 2 for w in plain):
        return True
    stripped = {tuple(w for w in d if w not in known.stop) for d in known.departments}
    if plain in stripped:
        return True
    for size in range(1, len(plain)):
        if plain[:size] in stripped and _branch(plain[size:], page, known):
            return True
        if plain[size:] in stripped and _branch(plain[:size], page, known):
            return True
    return _branch(plain, page, known)


def _branch(words: tuple[str, ...], page: PageEvidence, known: Lists) -> bool:
    """A place the page names: "Gimnasio Titán Palermo", "… - Sucursal Palermo" where Palermo is among the branches."""
    words = tuple(w for w in words if w not in _BRANCH) or words
    if not page.mentions(words):
        return False
    return words in known.places or not any(w in known.generic for w in words)


def _by_company(
    name: tuple[str, ...], brand: tuple[str, ...], legal: tuple[str, ...], page: PageEvidence
) -> list[tuple[str, str]]:
    """Rule 4, "<brand> by <company>": both must be seen."""
    at = len(name) - 1 - name[::-1].index("by")
    left, right = name[:at], without_legal_form(name[at + 1 :])
    own = set(distinctive(brand)) | set(distinctive(legal))
    if shows(page, name) and (_related(left, brand, own) or _related(right, brand, own)):
        return []
    owner_known = _related(right, legal, own) or shows(page, right)
    left_ours = _related(left, brand, set(distinctive(brand)))
    if not left_ours and not _related(right, brand, own):
        on_page = shows(page, left) and shows(page, right)
        return [(UNRELATED, WARN)] if on_page else [(NOT_FOUND, FAIL), (UNRELATED, FAIL)]
    if shows(page, left) and owner_known:
        return []
    if not shows(page, left) and not shows(page, right):
        return [(NOT_FOUND, FAIL)]
    return [(NOT_FOUND, WARN)]


def _related(core: tuple[str, ...], brand: tuple[str, ...], own: set[str]) -> bool:
    if core == brand or "".join(core) == "".join(brand):
        return True
    if _initials(brand) == "".join(core) and len("".join(core)) >= 2:
        return True
    return any(alike(w, o) for w in distinctive(core) for o in own)


def _initials(words: tuple[str, ...]) -> str:
    return "".join(w[0] for w in words if w != "&" and w not in lists().stop)


def _only_part(core: tuple[str, ...], brand: tuple[str, ...], page: PageEvidence) -> bool:
    """Rule 6: the page shows the name only inside the longer brand, so words were dropped."""
    if core == brand or not find(core, brand):
        return False
    dropped = list(brand)
    for w in core:
        dropped.remove(w)
    if all(w in _ARTICLES for w in dropped):
        return False
    return not any(_stands_alone(core, brand, tokens(text)) for _, text in page.all())


def _stands_alone(core: tuple[str, ...], brand: tuple[str, ...], hay: tuple[str, ...]) -> bool:
    inside = {at + offset for at in find(brand, hay) for offset in find(core, brand)}
    return any(at not in inside for at in find(core, hay))


def _words_are_there(core: tuple[str, ...], brand: tuple[str, ...], page: PageEvidence) -> bool:
    """The distinctive words or the whole brand stand on the page, though not as the name has them."""
    if shows(page, brand):
        return True
    seen = {w for _, text in page.all() for w in tokens(text)}
    return all(any(alike(w, s) for s in seen if s[0] == w[0]) for w in distinctive(core))


def _foreign_name(
    core: tuple[str, ...], brand: tuple[str, ...], legal: tuple[str, ...], page: PageEvidence, known: Lists
) -> list[tuple[str, str]]:
    """The page shows a name that shares no word with the company: a partner's, a product's or the site's own."""
    if _beside_partner_words(core, page, known):
        return [(UNRELATED, FAIL)]
    company_named = shows(page, brand) or (len(distinctive(legal)) > 0 and shows(page, legal))
    if not company_named:
        return [(UNRELATED, WARN)]
    strong = {"title", "site_name", "structured_data", "logo", "heading", "brand_link"}
    if any(e.place in strong for e in page.mentions(core)):
        return []
    return [] if _ours(core, brand, page) else [(UNRELATED, FAIL)]


def _beside_partner_words(core: tuple[str, ...], page: PageEvidence, known: Lists) -> bool:
    for place, text in page.all():
        if place in {"title", "site_name", "structured_data", "logo"}:
            continue
        for sentence in re.split(r"[.!?|•·\n](?:\s|$)", text):
            hay = tokens(sentence)
            for at in find(core, hay):
                before = hay[max(0, at - 7) : at]
                if any(find(phrase, before) for phrase in known.partner):
                    return True
    return False


_OWN = re.compile(
    r"\b(our|nuestr[oa]s?|noss[oa]s?|product[oa]?s? of|producto de|produto d[aeo]|by|app|line|linea|linha|brand|marca|"
    r"servicio de|servico d[aeo]|service of|from|una marca|uma marca|a brand|launch|lanza|lancamos|meet|conoce|"
    r"conheca|new|nuev[oa]|nov[oa])\b"
)


def _ours(core: tuple[str, ...], brand: tuple[str, ...], page: PageEvidence) -> bool:
    """In running text the page calls the name its own, or lists it without saying whose it is."""
    for _, text in page.all():
        for sentence in re.split(r"[.!?|•·\n](?:\s|$)", text):
            hay = tokens(sentence)
            if find(core, hay) and (_OWN.search(" ".join(hay)) or len(hay) <= len(core) + 3):
                return True
    return False
