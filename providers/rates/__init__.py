"""What a message costs: dated rate cards of Meta's, looked up by the recipient's market.

Meta changes rates on the first day of a quarter (docs "Pricing on the WhatsApp Business Platform", as of 11 September
2026). A card is a file named after its first day; markets come from the recipient's calling code.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Card:
    """The list prices from one day on, in US dollars: ``rates[market][category]``."""

    valid_from: date
    currency: str
    rates: dict

    def rate(self, market, category):
        """The price of one delivered message, or ``None`` when this card doesn't charge or know it."""
        prices = self.rates.get(market) or self.rates[OTHER]
        return prices.get(category)


@cache
def cards():
    """All cards, the newest first."""
    found = []
    for path in (HERE / "cards").glob("*.json"):
        data = json.loads(path.read_text())
        rates = {
            market: {category: Decimal(amount) for category, amount in prices.items()}
            for market, prices in data["rates"].items()
        }
        found.append(Card(date.fromisoformat(path.stem), data["currency"], rates))
    return sorted(found, key=lambda card: card.valid_from, reverse=True)


def card_on(day):
    """The card in force on ``day``, or ``None`` before the first one that we keep."""
    return next((card for card in cards() if card.valid_from <= day), None)


def market_of(number, day):
    """The market of a telephone number (digits, a leading + is fine) on ``day``; the longest known prefix decides.

    Without a number, or with one that nobody knows, it is "Other".
    """
    digits = (number or "").lstrip("+")
    prefixes = _prefixes()
    for length in range(min(len(digits), 4), 0, -1):
        known = prefixes.get(digits[:length])
        if known:
            market, changes = known
            for first_day, later in changes:
                if first_day <= day:
                    market = later
            return market
    return OTHER


@cache
def _prefixes():
    data = json.loads((HERE / "markets.json").read_text())
    found = {}
    for market, prefixes in data["markets"].items():
        for prefix in prefixes:
            found[prefix] = (market, [])
    for first_day, moved in data["moved"].items():
        for market, prefixes in moved.items():
            for prefix in prefixes:
                found[prefix][1].append((date.fromisoformat(first_day), market))
    for _market, changes in found.values():
        changes.sort()
    return found
