"""What the cells of a list mean: which column is which, which number and which day are written there."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import phonenumbers

from contacts.names import fold
from contacts.numbers import national_part, national_plan, other_form

FIELDS = ("phone", "name", "date", "evidence")
_HEADERS = Path(__file__).resolve().parent.parent / "data" / "import_headers.json"
_SCIENTIFIC = re.compile(r"[\d.,]+[eE]\+?\d+")
_EXCEL_TEXT = re.compile(r'^=\s*"(.*)"$')
_SIGNS = re.compile(r"[\s().\-–—/\u00a0\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff']+")


@cache
def _names_of_columns():
    data = json.loads(_HEADERS.read_text())
    return {field: {name: place for place, name in enumerate(data[field])} for field in FIELDS}


def guess(headers):
    """Which column is which, by its name: ``{field: index}`` for the fields that were found."""
    names = [fold(header) for header in headers]
    chosen = {}
    for field, known in _names_of_columns().items():
        fits = [(known[name], at) for at, name in enumerate(names) if name in known and at not in chosen.values()]
        if fits:
            chosen[field] = min(fits)[1]
    return chosen


def has_header(first, country):
    """Whether the first record names the columns: it holds no telephone number."""
    return not any(phone(cell, country)[0] for cell in first)


class Refused(Exception):
    """A record can't go into the ledger; ``reason`` is a word for programs (``reasons.TEXTS``)."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Person:
    """What one record says."""

    line: int
    phone: str
    name: str
    occurred_at: datetime
    evidence: str


class Rules:
    """How the cells of one import are read. ``time_zone`` is the business's: days in the list are days there."""

    def __init__(self, *, columns, width, country, day_first, default_at, time_zone, until):
        self.columns, self.width, self.country = columns, width, country
        self.day_first, self.default_at, self.until = day_first, default_at, until
        self.zone = ZoneInfo(time_zone)

    def person(self, record):
        """The ``Person`` of a record; raises ``Refused``."""
        if record.problem:
            raise Refused(record.problem)
        cells = record.cells
        if len(cells) > self.width and any(cell.strip() for cell in cells[self.width :]):
            raise Refused("too_many_cells")
        number, problem = phone(self._cell(cells, "phone"), self.country)
        if problem:
            raise Refused(problem)
        at = self._when(self._cell(cells, "date"))
        name = " ".join(self._cell(cells, "name").split())[:256]
        return Person(record.line, number, _printable(name), at, _printable(self._cell(cells, "evidence"))[:500])

    def _cell(self, cells, field):
        at = self.columns.get(field)
        return cells[at].strip() if at is not None and at < len(cells) else ""

    def _when(self, text):
        if not text:
            if self.default_at is None:
                raise Refused("no_date")
            return self.default_at
        at = moment(text, self.day_first, self.zone)
        if at is None:
            raise Refused("bad_date")
        if at > self.until:
            raise Refused("future_date")
        return at


def _printable(text):
    return "".join(sign for sign in text if sign.isprintable()) if not text.isprintable() else text


# ---- Days -----------------------------------------------------------------------------------------------------------

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?", re.I
)
_BY_HAND = re.compile(
    r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d{2})(?:[, T]+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap])?\.?\s?m?\.?)?", re.I
)


@lru_cache(maxsize=4096)
def moment(text, day_first, zone):
    """The moment that a cell names, or ``None``; days and times without a zone are the business's own."""
    try:
        if found := _ISO.fullmatch(text):
            year, month, day, hour, minute, second, offset = found.groups()
            at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0))
            if offset:
                return datetime.fromisoformat(f"{at.isoformat()}{offset.upper().replace('Z', '+00:00')}").astimezone(
                    UTC
                )
        elif found := _BY_HAND.fullmatch(text):
            one, two, year, hour, minute, second, half = found.groups()
            day, month = (int(one), int(two)) if day_first else (int(two), int(one))
            hours = int(hour or 0)
            if half:
                hours = hours % 12 + (12 if half.lower() == "p" else 0)
            at = datetime(
                int(year) + (2000 if len(year) == 2 else 0), month, day, hours, int(minute or 0), int(second or 0)
            )
        else:
            return None
        if not 1990 <= at.year <= 2200:
            return None
        return at.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# ---- Numbers --------------------------------------------------------------------------------------------------------


def phone(text, country):
    """The digits of the number written in a cell, with country code: ``(digits, "")`` or ``("", reason)``.

    Numbers without a country code are read as numbers of ``country``. Most numbers are settled by the pattern of their
    region; whatever doesn't fit is asked of the whole library, which is a hundred times slower.
    """
    text = text.strip()
    if found := _EXCEL_TEXT.match(text):
        text = found[1]
    for prefix in ("tel:", "whatsapp:"):
        text = text.removeprefix(prefix)
    if not text:
        return "", "no_phone"
    if len(text) > 60:
        return "", "bad_phone"
    if _SCIENTIFIC.fullmatch(text):
        return "", "rounded_phone"
    bare = _SIGNS.sub("", text)
    if bare.isdecimal() and not bare.isascii():
        bare = "".join(str(int(sign)) for sign in bare)
    international = bare[:1] == "+" or bare[:2] == "00"
    digits = bare[1:] if bare[:1] == "+" else bare[2:] if international else bare
    if digits.isascii() and digits.isdigit():
        if international:
            if quick := _quick_international(digits):
                return quick, ""
        elif quick := _quick_national(digits, country):
            return quick, ""
    return _slow(text, f"+{digits}" if international else bare, country)


def _quick_international(digits):
    return digits if national_part(digits) else ""


def _quick_national(digits, country):
    known = national_plan(country) if country else None
    if known is None:
        return ""
    code, pattern = known
    if pattern.fullmatch(digits):
        return code + digits
    if digits.startswith(code) and len(digits) > 10 and pattern.fullmatch(digits[len(code) :]):
        return digits
    return ""


def _slow(text, bare, country):
    try:
        number = phonenumbers.parse(bare if bare else text, country or None)
    except phonenumbers.NumberParseException as error:
        no_country = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and bare[:1] != "+"
        return "", "no_country" if no_country else "bad_phone"
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:]
    if phonenumbers.is_valid_number(number):
        return digits, ""
    # Numbers in their older form (Brazil, Mexico, Argentina) are somebody's WhatsApp number, though nobody dials them.
    other = other_form(digits)
    if other and phonenumbers.is_valid_number(phonenumbers.parse(f"+{other}")):
        return digits, ""
    return "", "bad_phone"
