"""The languages a template may be written in, as the platform lists them, with names and direction.

Source of the list: Meta, Supported languages for message templates, 4 Nov 2025. ``LISTED_ON`` dates it.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError

LISTED_ON = date(2025, 11, 4)
SOURCE = "Meta, Supported languages for message templates, 2025-11-04"

CODES = (
    "af sq ar ar_EG ar_AE ar_LB ar_MA ar_QA az be_BY bn bn_IN bg ca zh_CN zh_HK zh_TW hr cs da prs_AF nl nl_BE "
    "en en_GB en_US en_AE en_AU en_CA en_GH en_IE en_IN en_JM en_MY en_NZ en_QA en_SG en_UG en_ZA et fil fi "
    "fr fr_BE fr_CA fr_CH fr_CI fr_MA ka de de_AT de_CH el gu ha he hi hu id ga it ja kn kk rw_RW ko ky_KG lo lv "
    "lt mk ms ml mr nb ps_AF fa pl pt_BR pt_PT pa ro ru sr si_LK sk sl es es_AR es_CL es_CO es_CR es_DO es_EC "
    "es_HN es_MX es_PA es_PE es_ES es_UY sw sv ta te th tr uk ur uz vi zu"
).split()

_KNOWN = frozenset(CODES)
_BY_FOLDED = {code.lower(): code for code in CODES}
_RTL = frozenset({"ar", "fa", "he", "prs", "ps", "ur"})
_CLDR_CODE = {"prs": "fa_AF"}
_SEPARATOR = re.compile(r"[-_\s]+")

# The platform knows no plain form of these; the region says what most writers mean.
_USUAL_REGION = {
    "pt": "pt_BR", "zh": "zh_CN", "be": "be_BY", "rw": "rw_RW", "ky": "ky_KG",
    "ps": "ps_AF", "si": "si_LK", "prs": "prs_AF", "no": "nb", "tl": "fil", "iw": "he",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """One row for a selector: ``code`` as the platform writes it, a name, and the direction of its script."""

    code: str
    name: str
    direction: str


def is_known(code) -> bool:
    """Whether ``code`` stands in the platform's list exactly as written."""
    return isinstance(code, str) and code in _KNOWN


def base(code) -> str:
    """The language without its region: ``es_MX`` gives ``es``; anything that is no text gives an empty string."""
    return _SEPARATOR.split(code.strip().lower(), maxsplit=1)[0] if isinstance(code, str) else ""


def direction(code) -> str:
    """``rtl`` for Arabic, Hebrew, Persian, Dari, Pashto and Urdu, otherwise ``ltr``."""
    return "rtl" if base(code) in _RTL else "ltr"


def normalise(code) -> str | None:
    """The listed code a person most likely means, or ``None``.

    ``en-US`` and ``EN_us`` give ``en_US``; ``pt`` gives ``pt_BR``; a region that is not listed gives the plain
    language when that is listed (``es_GT`` gives ``es``).
    """
    if not isinstance(code, str):
        return None
    folded = "_".join(part for part in _SEPARATOR.split(code.strip().lower()) if part)
    language = folded.split("_", 1)[0]
    return _BY_FOLDED.get(folded) or _BY_FOLDED.get(language) or _USUAL_REGION.get(language)


@cache
def display_name(code: str, in_language: str = "en") -> str:
    """The name of a language for readers of ``in_language`` ("Spanish (Mexico)"); unknown codes come back as given."""
    try:
        name = Locale.parse(code).get_display_name(in_language)
    except (UnknownLocaleError, ValueError, TypeError):
        name = _composed_name(code, in_language)
    return name[:1].upper() + name[1:] if name else code


def _composed_name(code: str, in_language: str) -> str:
    """Language and region from the reader's own lists, for pairs that have no locale of their own."""
    try:
        reader = Locale.parse(in_language)
    except (UnknownLocaleError, ValueError, TypeError):
        return ""
    language, _, region = code.partition("_")
    name = reader.languages.get(language) or reader.languages.get(_CLDR_CODE.get(language, ""), "")
    place = reader.territories.get(region)
    return f"{name} ({place})" if name and place else name


def choices(in_language: str = "en") -> list[Language]:
    """Every listed language, sorted by its name in ``in_language``."""
    rows = [Language(code, display_name(code, in_language), direction(code)) for code in CODES]
    return sorted(rows, key=lambda row: row.name.casefold())
