"""What a message costs: by category, market, day, window and free entry point."""

from datetime import date
from decimal import Decimal

import pytest

from providers import rates
from sessions_24h.services import price_of

BEFORE, SINCE = date(2026, 9, 30), date(2026, 10, 1)
COLOMBIA, MEXICO = "573001112233", "5215512345678"


def amount(category, number=COLOMBIA, on=SINCE, in_window=True, in_free_entry=False):
    price = price_of(category, number, in_window=in_window, in_free_entry=in_free_entry, on=on)
    return price.amount


def test_since_october_2026_free_form_costs_the_utility_rate():
    assert amount("service", on=BEFORE) == 0
    assert amount("service") == amount("utility") == Decimal("0.0008")


def test_utility_in_the_window_was_free_until_then():
    assert amount("utility", on=BEFORE) == 0
    assert amount("utility", on=BEFORE, in_window=False) == Decimal("0.0008")


@pytest.mark.parametrize("category", ["service", "utility", "MARKETING", "authentication"])
def test_everything_is_free_at_a_free_entry_point(category):
    price = price_of(category, COLOMBIA, in_window=True, in_free_entry=True, on=SINCE)

    assert price.is_free and price.why == "free_entry_point"


def test_marketing_is_always_charged_by_the_card_of_the_day():
    assert amount("marketing", MEXICO, on=BEFORE) == Decimal("0.0305")
    assert amount("marketing", MEXICO) == Decimal("0.0397")


def test_the_price_names_market_and_card():
    price = price_of("marketing", COLOMBIA, in_window=False, in_free_entry=False, on=SINCE)

    assert (price.market, price.card_date, price.currency) == ("Colombia", SINCE, "USD")


def test_before_the_first_card_nobody_knows():
    price = price_of("marketing", COLOMBIA, in_window=False, in_free_entry=False, on=date(2026, 6, 30))

    assert (price.amount, price.why) == (None, "no_card")


def test_an_international_rate_that_a_market_lacks_is_the_plain_one():
    assert amount("authentication-international") == amount("authentication")
    assert amount("authentication-international", "919812345678") == Decimal("0.0304")


@pytest.mark.parametrize(
    ("number", "market"),
    [
        ("+573001112233", "Colombia"), ("12025550123", "North America"), ("18095550123", "Rest of Latin America"),
        ("17875550123", "Rest of Latin America"), ("77011234567", "Kazakhstan"), ("79161234567", "Russia"),
        ("212612345678", "Morocco"), ("85291234567", "Hong Kong"), ("2990000", "Other"), ("", "Other"), (None, "Other"),
    ],
)  # fmt: skip
def test_the_calling_code_decides_the_market(number, market):
    assert rates.market_of(number, SINCE) == market


def test_markets_get_rates_of_their_own_on_their_day():
    assert rates.market_of("212612345678", BEFORE) == "Rest of Africa"
    assert rates.market_of("85291234567", date(2026, 6, 30)) == "Rest of Asia Pacific"


@pytest.mark.parametrize("card", rates.cards(), ids=lambda card: str(card.valid_from))
def test_every_market_has_a_line_on_the_card_of_its_day(card):
    numbers = ["54911", "8801", "5511", "9641", "7701", "21261", "9471", "38050", "97250", "4479", "3361", "81", "61"]

    for number in numbers:
        prices = card.rates[rates.market_of(number, card.valid_from)]
        assert {"marketing", "utility", "authentication"} <= prices.keys()
