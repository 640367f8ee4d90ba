"""What kind of number is this, and how should its code be requested?

Suitability follows Meta's client phone numbers page of 2026-02-27 (reference sections 5.1 to 5.3). Refusing premium
numbers is the house's rule: the platform merely advises against them.
"""

import re
from dataclasses import dataclass

import phonenumbers
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from phonenumbers import PhoneNumberFormat, PhoneNumberType, ValidationResult, shortnumberinfo

SMS, VOICE = "SMS", "VOICE"
STANDARD, NOT_RECOMMENDED, UNSUPPORTED = "standard", "not_recommended", "unsupported"
UNKNOWN, SHORT_CODE = "unknown", "short_code"

Text = str | Promise

_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed_line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed_line_or_mobile",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.UAN: "uan",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.VOICEMAIL: "uan",
}

_SUITABILITY = {
    "mobile": (STANDARD, STANDARD),
    "fixed_line_or_mobile": (STANDARD, STANDARD),
    "fixed_line": (NOT_RECOMMENDED, STANDARD),
    "toll_free": (NOT_RECOMMENDED, STANDARD),
    "premium": (UNSUPPORTED, UNSUPPORTED),
    "shared_cost": (NOT_RECOMMENDED, NOT_RECOMMENDED),
    "uan": (NOT_RECOMMENDED, STANDARD),
    "personal": (NOT_RECOMMENDED, NOT_RECOMMENDED),
    "voip": (NOT_RECOMMENDED, STANDARD),
    "pager": (UNSUPPORTED, UNSUPPORTED),
    SHORT_CODE: (UNSUPPORTED, UNSUPPORTED),
    UNKNOWN: (NOT_RECOMMENDED, STANDARD),
}

TYPE_NAMES: dict[str, Text] = {
    "mobile": _("Mobile"),
    "fixed_line_or_mobile": _("Mobile or landline"),
    "fixed_line": _("Landline"),
    "toll_free": _("Toll-free"),
    "premium": _("Premium rate"),
    "shared_cost": _("Shared cost"),
    "uan": _("Universal access number"),
    "personal": _("Personal number"),
    "voip": _("Internet telephony"),
    "pager": _("Pager"),
    SHORT_CODE: _("Short code"),
    UNKNOWN: _("Unknown"),
}

_HELP: dict[str, Text] = {
    "mobile": _("Keep the phone on and in range; it must take SMS and calls from abroad."),
    "fixed_line_or_mobile": _("If it is a mobile, SMS works best. If it is a landline, ask for the call."),
    "fixed_line": _("Ask for the call and have somebody answer. Switch forwarding and voice menus off until then."),
    "toll_free": _(
        "Ask for the call. The number must take calls from abroad, and its voice menu must let WhatsApp's call "
        "through to a person or a mailbox."
    ),
    "shared_cost": _(
        "Neither SMS nor calls are sure to arrive. Ask the operator whether calls from abroad get through."
    ),
    "uan": _("Ask for the call. The operator must let calls from abroad through to a person."),
    "personal": _("Neither SMS nor calls are sure to arrive. A mobile or a landline is safer."),
    "voip": _("Ask for the call. The provider must pass on verification calls."),
    "premium": _("Use a mobile, a landline or a toll-free number instead."),
    "pager": _("Use a mobile, a landline or a toll-free number instead."),
    SHORT_CODE: _("Use a full number with country and area code instead."),
    UNKNOWN: _("We could not tell the type. The call is the safer choice."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a number can't be used or is doubtful. ``blocks`` is False for a mere warning."""

    code: str
    text: Text
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What is known of a number from its digits alone. ``method`` is None where no code can arrive."""

    raw: str
    e164: str
    national: str
    international: str
    type: str
    type_name: Text
    country: str
    sms: str
    voice: str
    method: str | None
    problems: tuple[Problem, ...]
    help: Text

    @property
    def usable(self) -> bool:
        return bool(self.e164) and not any(p.blocks for p in self.problems)


def describe_number(raw: str, region: str | None = None) -> NumberFacts:
    """The facts of a typed number. ``region`` (ISO 3166-1 alpha-2) is used when the country code is missing.

    Never raises: what is wrong comes back in ``problems``.
    """
    typed = (raw or "").strip()
    home = (region or "").strip().upper() or None
    if home not in phonenumbers.SUPPORTED_REGIONS:
        home = None
    digits = re.sub(r"\D", "", typed)
    if not digits:
        return _refused(typed, Problem("empty", _("Write the number with its area code.")))
    if not typed.startswith(("+", "00")) and _is_short(digits, home):
        short = Problem("short_code", _("Short codes can't be used on WhatsApp. Write a full number."))
        return _refused(typed, short, SHORT_CODE, home or "")
    if typed.startswith("00"):
        typed_plus = "+" + digits[2:]
    else:
        typed_plus = typed
    try:
        number = phonenumbers.parse(typed_plus, home)
    except phonenumbers.NumberParseException as failure:
        return _refused(typed, _parse_problem(typed, failure, home), country=home or "")
    wrong = _length_problem(number)
    if wrong:
        return _refused(typed, wrong, country=phonenumbers.region_code_for_number(number) or home or "")
    return _facts(typed, number)


def grouped(typed: str, region: str = "") -> str:
    """The figures typed so far, in the groups of their country; empty when there is nothing to group."""
    plain = re.sub(r"[^0-9+]", "", typed)
    home = region.upper() if region.upper() in phonenumbers.SUPPORTED_REGIONS else "ZZ"
    if len(plain) < 4 or "+" in plain[1:]:
        return ""
    formatter = phonenumbers.AsYouTypeFormatter(home)
    text = ""
    for sign in plain[:20]:
        text = formatter.input_digit(sign)
    return text if re.sub(r"\D", "", text) == plain.lstrip("+") else ""


def _is_short(digits: str, region: str | None) -> bool:
    if len(digits) <= 5:
        return True
    if region is None or len(digits) > 6:
        return False
    number = phonenumbers.PhoneNumber(national_number=int(digits), country_code=_calling_code(region))
    return shortnumberinfo.is_valid_short_number_for_region(number, region) or not _possible(number)


def _calling_code(region: str) -> int:
    return phonenumbers.country_code_for_region(region)


def _possible(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.is_possible_number(number)


def _parse_problem(typed: str, failure: phonenumbers.NumberParseException, region: str | None) -> Problem:
    if failure.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
        if region is None and not typed.startswith(("+", "00")):
            return Problem("no_country", _("Add the country code, for example +57."))
        return Problem("bad_country", _("No country has this code. Check the first digits."))
    if failure.error_type == phonenumbers.NumberParseException.TOO_LONG:
        return Problem("too_long", _("The number has too many digits."))
    if failure.error_type in {
        phonenumbers.NumberParseException.TOO_SHORT_NSN,
        phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD,
    }:
        return Problem("too_short", _("The number has too few digits."))
    return Problem("not_a_number", _("This is not a phone number. Use digits only, with country and area code."))


def _length_problem(number: phonenumbers.PhoneNumber) -> Problem | None:
    result = phonenumbers.is_possible_number_with_reason(number)
    if result == ValidationResult.TOO_SHORT:
        return _short_by(_missing_digits(number))
    if result == ValidationResult.TOO_LONG:
        return Problem("too_long", _("The number has too many digits."))
    if result == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return Problem("no_area_code", _("The area code is missing."))
    if result == ValidationResult.INVALID_COUNTRY_CODE:
        return Problem("bad_country", _("No country has this code. Check the first digits."))
    if result == ValidationResult.INVALID_LENGTH:
        return Problem("bad_length", _("The number does not have the right count of digits."))
    return None


def _short_by(missing: int) -> Problem:
    if not missing:
        return Problem("too_short", _("The number has too few digits."))
    text = ngettext_lazy("%(count)d digit is missing.", "%(count)d digits are missing.", "count") % {"count": missing}
    return Problem("too_short", text)


def _missing_digits(number: phonenumbers.PhoneNumber) -> int:
    """How many digits the number lacks beside the shortest usual one of its country; 0 if none."""
    region = phonenumbers.region_code_for_country_code(number.country_code)
    usual = [
        len(phonenumbers.national_significant_number(example))
        for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
        if (example := phonenumbers.example_number_for_type(region, kind)) is not None
    ]
    have = len(phonenumbers.national_significant_number(number))
    return max(min(usual, default=0) - have, 0)


def _facts(typed: str, number: phonenumbers.PhoneNumber) -> NumberFacts:
    problems: list[Problem] = []
    kind = _TYPES.get(phonenumbers.number_type(number), UNKNOWN)
    valid = phonenumbers.is_valid_number(number)
    country = phonenumbers.region_code_for_number(number) or ""
    if not valid:
        kind = UNKNOWN
        missing = _missing_digits(number)
        problems.append(
            _short_by(missing)
            if missing
            else Problem("invalid", _("No such number exists in this country. Check the digits."))
        )
    elif kind == "premium":
        problems.append(Problem("premium", _("Premium-rate numbers are not accepted. This is our own rule.")))
    elif kind == "pager":
        problems.append(Problem("pager", _("Pager numbers can't be used on WhatsApp.")))
    elif kind in {"shared_cost", "personal"}:
        text = _("The code may never arrive at this type of number, by SMS or by call.")
        problems.append(Problem("both_doubtful", text, blocks=False))
    if number.extension:
        problems.append(Problem("extension", _("Leave the extension out; the code can't reach it.")))
    if country == "US" and phonenumbers.national_significant_number(number)[3:6] == "555":
        problems.append(Problem("fictitious", _("Numbers with 555 can't send messages on WhatsApp."), blocks=False))
    sms, voice = _SUITABILITY[kind]
    method = None if voice == UNSUPPORTED else SMS if sms == STANDARD else VOICE
    plain = phonenumbers.PhoneNumber(
        country_code=number.country_code,
        national_number=number.national_number,
        italian_leading_zero=number.italian_leading_zero,
        number_of_leading_zeros=number.number_of_leading_zeros,
    )
    return NumberFacts(
        raw=typed,
        e164=phonenumbers.format_number(plain, PhoneNumberFormat.E164),
        national=phonenumbers.format_number(plain, PhoneNumberFormat.NATIONAL),
        international=phonenumbers.format_number(plain, PhoneNumberFormat.INTERNATIONAL),
        type=kind,
        type_name=TYPE_NAMES[kind],
        country=country,
        sms=sms,
        voice=voice,
        method=method,
        problems=tuple(problems),
        help=_HELP[kind],
    )


def _refused(typed: str, problem: Problem, kind: str = UNKNOWN, country: str = "") -> NumberFacts:
    return NumberFacts(
        raw=typed,
        e164="",
        national="",
        international="",
        type=kind,
        type_name=TYPE_NAMES[kind],
        country=country,
        sms=UNSUPPORTED,
        voice=UNSUPPORTED,
        method=None,
        problems=(problem,),
        help=_HELP[kind],
    )
