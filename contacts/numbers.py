"""Telephone numbers that WhatsApp writes in two ways, brought to one.

Brazil put a 9 before mobile numbers, Mexico dropped the 1 after the country code, Argentina's mobiles carry a 9 that
people leave out. The provider reports the older form for accounts made before the change and the newer one otherwise,
so both name the same person.
"""

import re
from functools import cache, lru_cache

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_NOT_DIGITS = re.compile(r"[^0-9]+")


def digits(number):
    """The digits of a number as people write it."""
    return _NOT_DIGITS.sub("", number)


@lru_cache(maxsize=20_000)
def other_form(number):
    """The other way to write these digits, or ``None``."""
    if not number.isascii() or not number.isdigit():
        return None
    if number.startswith("55"):
        # Landlines begin with 2 to 5, so only what was mobile before the ninth digit has two forms.
        if len(number) == 12 and number[4] in "6789":
            return f"{number[:4]}9{number[4:]}"
        if len(number) == 13 and number[4] == "9" and number[5] in "6789":
            return number[:4] + number[5:]
    elif number.startswith("52"):
        if len(number) == 12:
            return f"521{number[2:]}"
        if len(number) == 13 and number[2] == "1":
            return f"52{number[3:]}"
    elif number.startswith("54"):
        if len(number) == 12:
            return f"549{number[2:]}"
        if len(number) == 13 and number[2] == "9":
            return f"54{number[3:]}"
    return None


def forms(number):
    """All ways to write these digits, this one first."""
    other = other_form(number)
    return [number, other] if other else [number]


def plain_form(number):
    """The one form that all ways of writing a number share: the longer one."""
    return max(forms(number), key=lambda form: (len(form), form))


@cache
def national_plan(region):
    """What a region's numbers look like: (country code, pattern of national numbers), or ``None``."""
    data = PhoneMetadata.metadata_for_region(region, None)
    if data is None:
        return None
    kinds = [data.mobile, data.fixed_line, data.toll_free, data.shared_cost, data.voip, data.uan]
    patterns = [kind.national_number_pattern for kind in kinds if kind is not None and kind.national_number_pattern]
    return str(data.country_code), re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")


@cache
def regions_by_code():
    """Country codes to the regions that share them, the main one first."""
    return {str(code): regions for code, regions in COUNTRY_CODE_TO_REGION_CODE.items()}


def national_part(number):
    """The digits behind the country code of a number that certainly exists, or ``""`` where only the library knows.

    That is a hundred times quicker than parsing. Regions that share a code (North America) are left to the library.
    """
    for length in (1, 2, 3):
        regions = regions_by_code().get(number[:length])
        if regions is not None:
            plan = national_plan(regions[0]) if len(regions) == 1 else None
            rest = number[length:]
            return rest if plan and plan[1].fullmatch(rest) else ""
    return ""
