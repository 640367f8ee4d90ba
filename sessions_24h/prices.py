"""What a message would cost (docs "Pricing on the WhatsApp Business Platform", as of 11 September 2026).

Since 1 October 2026 free-form messages cost the utility rate of the recipient's market, and utility templates inside
the window are charged too; before, both were free there. Within a free entry point everything is free. Meta charges
on delivery and may apply volume tiers, so this is the list price: an estimate until the statuses tell.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from config.clock import now
from providers import rates

SERVICE_CHARGED_FROM = date(2026, 10, 1)
FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class Price:
    """``amount`` in ``currency``, or ``None`` if no card of ours covers that day; ``why`` is a word for programs.

    ``why``: ``charged``, ``free_entry_point``, ``free_in_window``, ``no_card``.
    """

    amount: Decimal | None
    market: str
    card_date: date | None
    why: str
    currency: str = "USD"

    @property
    def is_free(self):
        return self.amount == FREE


def price_of(category, number, *, in_window, in_free_entry, on=None):
    """The list price of one message of ``category`` to ``number``.

    ``category`` is ``service`` (free-form), ``utility``, ``authentication``, ``authentication_international`` or
    ``marketing`` in any case. ``number`` is the recipient's, or ``""`` if only a user ID is known: then the market is
    "Other". ``on`` is a day or a moment (default: now).
    """
    moment = on or now()
    day = moment.date() if isinstance(moment, datetime) else moment
    category = category.lower().replace("-", "_")
    market = rates.market_of(number, day)
    card = rates.card_on(day)
    card_date = card.valid_from if card else None
    if in_free_entry:
        return Price(FREE, market, card_date, "free_entry_point")
    if day < SERVICE_CHARGED_FROM and (category == "service" or (category == "utility" and in_window)):
        return Price(FREE, market, card_date, "free_in_window")
    amount = card.rate(market, category) if card else None
    if amount is None and card and category == "authentication_international":
        amount = card.rate(market, "authentication")
    return Price(amount, market, card_date, "charged" if amount is not None else "no_card")
