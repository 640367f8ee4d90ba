"""The list price of messages that are counted in groups, and the country that a number's beginning belongs to."""

from decimal import Decimal
from functools import lru_cache

import phonenumbers

from providers import rates
from sessions_24h.prices import price_of

FREE_TYPES = ("free_customer_service", "free_entry_point")
"""Meta's words for "nothing is charged" (webhook reference "messages", pricing object, 2026-05)."""
PREFIX = 4
"""So many digits tell a market, also within +1."""
_SAMPLE = "2345678"


@lru_cache(maxsize=20_000)
def country_of(prefix):
    """The country (ISO) of numbers that begin so, or ``""``.

    Where several countries share a code, a number is made up: the next digits decide within +1 and +7; elsewhere the
    code's main country stands for all.
    """
    if not prefix:
        return ""
    code = next((int(prefix[:n]) for n in (1, 2, 3) if int(prefix[:n]) in _codes()), None)
    if code is None:
        return ""
    if code in (1, 7):
        made_up = phonenumbers.PhoneNumber(code, int((prefix[1:] + _SAMPLE).ljust(10, "0")[:10]))
        found = phonenumbers.region_code_for_number(made_up)
        if found:
            return found
    found = _codes()[code][0]
    return found if len(found) == 2 and found.isalpha() else ""


def _codes():
    return phonenumbers.COUNTRY_CODE_TO_REGION_CODE


@lru_cache(maxsize=50_000)
def price(category, pricing_type, prefix, day):
    """What one delivered message costs in US dollars, or ``None`` if no card of ours tells.

    ``pricing_type`` is what Meta said, ``""`` before it said anything: then it is what we expect. Without a number the
    market isn't known, so neither is the price.
    """
    if pricing_type in FREE_TYPES:
        return Decimal(0)
    if not pricing_type:
        expected = price_of(category, prefix, in_window=category == "service", in_free_entry=False, on=day)
        return expected.amount if expected.is_free or prefix else None
    card = rates.card_on(day)
    if card is None or not prefix:
        return None
    market = rates.market_of(prefix, day)
    found = card.rate(market, category)
    if found is None and category == "authentication_international":
        found = card.rate(market, "authentication")
    return found
