"""Faults of form: what is wrong with a name as it is written, and the name with the fault taken away."""

import re
import unicodedata
from functools import lru_cache

from .evidence import PageEvidence
from .words import fold

MIN_LENGTH, MAX_LENGTH = 3, 75

_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U0001f1e6-\U0001f1ff⌚⌛⏩-⏬⏰⏳◽◾☔☕♈-♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽"
    "✅✊✋✨❌❎❓-❕❗❤➕-➗➰➿⬛⬜⭐⭕❣♥♡☀☎✈✂✉]\ufe0f?|[^\\W\\d_]?[☀-➿]\ufe0f|[0-9#*]\ufe0f?\u20e3"
)
_DROPPED = re.compile("[\u200d\ufe0f\ufe0e\u20e3]")
_INVISIBLE = re.compile("[\u200b\u200c\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069]")
_TLDS = (
    "com|net|org|info|biz|online|shop|store|app|site|web|io|co|ai|me|tv|us|uk|ca|mx|ar|br|cl|pe|ec|uy|py|bo|ve|cr|pa|gt|"
    "hn|sv|ni|do|es|pt|fr|de|it|eu|lat|club|tech|digital|travel|bank|example"
)
_WEB_PREFIX = re.compile(r"\bhttps?://|\bwww\.", re.IGNORECASE)
_WEB_NAME = re.compile(rf"(?<![\w@])([^\W_][\w-]*)((?:\.(?:{_TLDS}))+)(?:/\S*)?(?![\w])", re.IGNORECASE)
_PHONE = re.compile(r"(?:\(?\+?\d[\d\s().-]{5,}\d)")
_SPACED_LETTERS = re.compile(r"\b(?:[^\W\d_]\s+){2,}[^\W\d_]\b")
_REPEATED = re.compile(r"([!?.,;:_\-*~#=+/&'\"|¡¿])\1+|[!?]{2,}|_")
_ODD = re.compile(r"[*~#=^|\\<>{}\[\]\"“”„«»;`_¬]")
_EDGE = re.compile(r"^[\s.,;:!?\-–—/&+'*~]+|[\s,;:!?\-–—/&+*~]+$")
_SYMBOLS = frozenset("®™©℠℗•●○◆◇■□▪▫►▶◄◀★☆✦✧✪✯✰✔✓✗✘☑→←↑↓»«§¶†‡°")
_META = re.compile(
    r"(?<![\w-])(meta|insta\s?gram|whats\s?app|face\s?book|instagram|whatsapp|facebook)(?![\w-])", re.IGNORECASE
)
_META_INSIDE = re.compile(r"whatsapp|facebook|instagram", re.IGNORECASE)


def find_faults(name: str, brand: str, page: PageEvidence) -> tuple[list[str], str]:
    """The codes of all faults of form, and the name without them.

    Style exceptions of the guideline (capitals, signs, web address) hold when the site itself writes the name so.
    """
    faults: list[str] = []
    styled = styled_on(page, name.strip())
    clean = _homoglyphs(name, brand, faults)
    clean = _symbols(clean, faults)
    clean = _phone(clean, faults)
    clean = _web_address(clean, page, faults)
    clean = _spacing(clean, styled, faults)
    clean = _punctuation(clean, styled, page, faults)
    clean = _meta(clean, faults)
    clean = _capitals(clean, brand, page, faults)
    if len(name.strip()) < MIN_LENGTH:
        faults.append("too_short")
    elif len(name.strip()) > MAX_LENGTH:
        faults.append("too_long")
    return list(dict.fromkeys(faults)), re.sub(r"\s+", " ", clean).strip()


def styled_on(page: PageEvidence, written: str) -> bool:
    """Whether the page writes exactly this, case and signs included, as words of their own."""
    if not written:
        return False
    pattern = re.escape(written.replace("’", "'"))
    return bool(re.search(rf"(?<!\w){pattern}(?!\w)", page.raw.replace("’", "'")))


def _homoglyphs(name: str, brand: str, faults: list[str]) -> str:
    letters = [c for c in name if c.isalpha()]
    foreign = [c for c in letters if not _latin(c)]
    if not foreign or len(foreign) == len(letters) and not any(_latin(c) for c in brand if c.isalpha()):
        return name
    fixed = "".join(_as_latin(c) if c.isalpha() and not _latin(c) else c for c in name)
    if fixed != name:
        faults.append("homoglyph")
    return fixed


@lru_cache(maxsize=4096)
def _latin(char: str) -> bool:
    name = unicodedata.name(char, "")
    return name.startswith(("LATIN", "FEMININE", "MASCULINE"))


@lru_cache(maxsize=4096)
def _as_latin(char: str) -> str:
    plain = unicodedata.normalize("NFKC", char)
    if plain != char and all(_latin(c) for c in plain):
        return plain
    from confusable_homoglyphs import confusables  # 6 MiB of tables that only foreign letters need

    for found in confusables.is_confusable(char, greedy=True, preferred_aliases=["latin"]) or ():
        for other in found["homoglyphs"]:
            if len(other["c"]) == 1 and other["c"].isalpha() and _latin(other["c"]):
                return other["c"].lower() if char.islower() else other["c"]
    return char


def _symbols(name: str, faults: list[str]) -> str:
    without = _EMOJI.sub(" ", name)
    if without != name:
        faults.append("emoji")
    without = _DROPPED.sub("", without)
    kept = "".join(" " if _is_symbol(c) else c for c in without)
    kept = _INVISIBLE.sub("", kept)
    if kept != without:
        faults.append("bad_characters")
    if faults and faults[-1] in {"emoji", "bad_characters"}:
        kept = _tidy(name, kept)
    return kept


def _tidy(before: str, after: str) -> str:
    """Blanks left by what was taken away are no fault of the applicant."""
    if re.search(r"\S\s{2,}\S", re.sub(r"\s*[^\w\s&.,'!?()+-]+\s*", " ", before)):
        return after.strip()
    return re.sub(r"\s{2,}", " ", after).strip()


def _is_symbol(char: str) -> bool:
    return char in _SYMBOLS or unicodedata.category(char) in {"So", "Co", "Cc"} and char not in "\t\n"


def _phone(name: str, faults: list[str]) -> str:
    for match in _PHONE.finditer(name):
        digits = re.sub(r"\D", "", match.group())
        if 7 <= len(digits) <= 15 and not re.fullmatch(r"\s*(?:19|20)\d\d\s*-\s*(?:19|20)\d\d\s*", match.group()):
            faults.append("phone_in_name")
            return _EDGE.sub("", (name[: match.start()] + " " + name[match.end() :])).strip(" -–:|") + _kept_signs(name)
    return name


def _kept_signs(name: str) -> str:
    """Repeated signs stay for the punctuation check though the number beside them went."""
    found = _REPEATED.search(name)
    return found.group() if found else ""


def _web_address(name: str, page: PageEvidence, faults: list[str]) -> str:
    prefixed = _WEB_PREFIX.sub("", name)
    match = _WEB_NAME.search(prefixed)
    if prefixed == name and (match is None or styled_on(page, match.group()) and _brand_like(page, match.group())):
        return name
    faults.append("url_in_name")
    return _WEB_NAME.sub(lambda m: m.group(1), prefixed)


def _brand_like(page: PageEvidence, written: str) -> bool:
    """Written so in a place that names the site, not just as a link or a mail address."""
    places = ("title", "site_name", "structured_data", "logo", "brand_link", "heading")
    return any(
        re.search(rf"(?<![\w@./]){re.escape(written)}(?![\w/])", text)
        for place in places
        for text in page.texts.get(place, ())
    )


def _spacing(name: str, styled: bool, faults: list[str]) -> str:
    clean = name
    if _SPACED_LETTERS.search(clean) and not styled:
        faults.append("spacing")
        clean = re.sub(r"(?:(?<=\s)|^)[^\W\d_](?:\s[^\W\d_])+(?=\s|$)", lambda m: re.sub(r"\s", "", m.group()), clean)
    if re.search(r"\s{2,}|[\t\n\u00a0\u2000-\u200a\u3000]", clean) or clean != clean.strip():
        faults.append("spacing")
    return re.sub(r"\s+", " ", clean).strip()


def _punctuation(name: str, styled: bool, page: PageEvidence, faults: list[str]) -> str:
    bare = name
    if not styled or "_" in name:
        wrong = bool(_REPEATED.search(name) or _ODD.search(name))
        edge = _EDGE.sub("", name)
        if edge != name and not _sign_is_style(name, page):
            wrong = True
        if re.search(r"[!?¡¿]", edge) and not _sign_is_style(name, page):
            wrong = True
        if edge.endswith(".") and not re.search(r"(?:\b\w{1,5}|\w\.\w)\.$", edge):
            wrong = True
        if edge.startswith("(") and edge.endswith(")"):
            wrong = True
        if wrong:
            faults.append("punctuation_format")
            bare = _REPEATED.sub(" ", _ODD.sub(" ", name))
            bare = re.sub(r"[!?¡¿]", " ", _EDGE.sub("", bare)).strip(" ().")
    return bare


def _sign_is_style(name: str, page: PageEvidence) -> bool:
    """The site itself writes the signs, perhaps with a word (department, place) of the name elsewhere."""
    signed = [w for w in name.split() if re.search(r"[!?¡¿]|^[.\-&+']|[&+\-]$", w)]
    return bool(signed) and all(styled_on(page, w) or w in page.raw for w in signed) and not _REPEATED.search(name)


def _meta(name: str, faults: list[str]) -> str:
    found = _META.search(fold(name)) or _META_INSIDE.search(fold(name))
    if not found:
        return name
    faults.append("meta_brand")
    return re.sub(r"\s+", " ", _META_INSIDE.sub(" ", _META.sub(" ", name))).strip()


def _capitals(name: str, brand: str, page: PageEvidence, faults: list[str]) -> str:
    words = [w for w in re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", name)]
    loud = [w for w in words if len(w) >= 2 and w.isupper()]
    odd = [w for w in words if _random_case(w) and w not in brand and not styled_on(page, w)]
    if not loud and not odd:
        return name
    whole = len(loud) == len([w for w in words if len(w) >= 2])
    if whole and styled_on(page, name):
        loud = []
    else:
        loud = [w for w in loud if not _may_shout(w, words, brand, page, whole)]
    if not loud and not odd:
        return name
    faults.append("all_caps")
    return name


def _may_shout(word: str, words: list[str], brand: str, page: PageEvidence, whole: bool) -> bool:
    if styled_on(page, word) and (len(words) == 1 or not whole or len(word) <= 4):
        return True
    plain_elsewhere = any(
        w != word and w.lower() == word.lower() for w in re.findall(r"[^\W\d_]+", f"{brand} {page.raw}")
    )
    if plain_elsewhere:
        return False
    vowels = sum(fold(c) in "aeiou" for c in word)
    if len(word) <= 3 or vowels == 0:
        return True
    if not whole:
        return len(word) <= 5 or word in brand
    return len(words) == 1 and len(word) <= 5


def _random_case(word: str) -> bool:
    """ "pAnAdErIa": more than one small letter followed by a capital."""
    flips = sum(a.islower() and b.isupper() for a, b in zip(word, word[1:], strict=False))
    return flips >= 2
