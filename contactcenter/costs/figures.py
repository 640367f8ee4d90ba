"""Usage as pages, the export and the API read it: a month's rows, sums by one thing, a simple forecast."""

import csv
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from contactcenter.costs.months import today
from contactcenter.models import UsageDay
from contacts.imports.reasons import safe_cell
from tenants.tenancy import business_scope

CHUNK = 1000
ZERO = Decimal(0)

CATEGORIES = {
    "marketing": _("Marketing"),
    "marketing_lite": _("Marketing"),
    "utility": _("Utility"),
    "authentication": _("Authentication"),
    "authentication_international": _("Authentication, international"),
    "service": _("Answers"),
    "referral_conversion": _("Free after an ad"),
    "unknown": _("Template that is gone"),
}
STACK = (
    ("marketing", _("Marketing"), ("marketing", "marketing_lite")),
    ("utility", _("Utility"), ("utility",)),
    ("authentication", _("Authentication"), ("authentication", "authentication_international")),
    ("other", _("Answers and others"), ()),
)
"""What a column of the chart is made of, from the ground up; the last takes what is left."""
PRICING = {
    "": _("expected, WhatsApp hasn't said yet"),
    "regular": pgettext_lazy("price", "charged"),
    "free_customer_service": _("free: an answer in an open window"),
    "free_entry_point": _("free: the person came through an ad"),
}


def category_label(word):
    """A category as people read it; an unknown word stays itself."""
    return CATEGORIES.get(word, word)


@dataclass(frozen=True, slots=True)
class Line:
    """Sums of several rows. ``amount`` is ``None`` if no price of what is charged is known."""

    key: Any
    messages: int
    delivered: int
    billable: int
    unpriced: int
    cost: Decimal
    coming: Decimal

    @property
    def amount(self):
        """Together, or ``None`` when no price is known: never zero for what only isn't known."""
        together = self.cost + self.coming
        return None if self.unpriced and self.unpriced == self.billable else together


_SUMS = {name: Sum(name) for name in ("messages", "delivered", "billable", "unpriced", "cost", "coming")}


def rows_of(business, month, number=None):
    """The ``UsageDay`` rows of a month, of all numbers or of one."""
    rows = UsageDay.objects.filter(business=business, day__range=(month.first, month.last))
    return rows.filter(phone_number=number) if number else rows


def total(rows):
    """Everything of these rows as one ``Line``."""
    sums = rows.aggregate(**_SUMS)
    return Line("", *(sums[name] or 0 for name in _SUMS))


def told(rows):
    """``(delivered and told by Meta that it is charged, expected or not delivered yet)``."""
    confirmed = total(rows.exclude(pricing_type="")).cost
    together = total(rows)
    return confirmed, together.cost + together.coming - confirmed


def by(rows, field):
    """``Line``s by a field, the dearest first."""
    found = rows.order_by().values(field).annotate(rows=Count("pk"), **{f"{name}_": one for name, one in _SUMS.items()})
    lines = [Line(row[field], *(row[f"{name}_"] for name in _SUMS)) for row in found]
    return sorted(lines, key=lambda line: (-(line.cost + line.coming), -line.messages, str(line.key)))


def per_day(rows, month):
    """``[(day, [amount of each part of STACK])]`` for every day of the month."""
    place_of = {word: place for place, (_key, _label, words) in enumerate(STACK) for word in words}
    sums = {day: [ZERO] * len(STACK) for day in month.days}
    grouped = rows.order_by().values_list("day", "category").annotate(a=Sum("cost"), b=Sum("coming"))
    for day, category, cost, coming in grouped:
        sums[day][place_of.get(category, len(STACK) - 1)] += cost + coming
    return sorted(sums.items())


def spent_until(rows, day):
    """What was spent up to this day, with it."""
    one = total(rows.filter(day__lte=day))
    return one.cost + one.coming


def forecast(business, rows, month):
    """What the month will cost if its other days are like the full ones so far; ``None`` when nobody can say.

    Today counts as a full day, or as what it cost already if that is more: the forecast is never below the bill.
    """
    present = today(business)
    if not month.first < present <= month.last:
        return None
    full_days = (present - month.first).days
    amount = spent_until(rows, present - timedelta(days=1))
    if not amount:
        return None
    usual = amount / full_days
    so_far_today = spent_until(rows, present) - amount
    return amount + max(usual, so_far_today) + usual * (month.length - full_days - 1)


KEY = ("day", "phone_number_id", "category", "country", "pricing_type")


def key_of(row):
    """What orders rows: it stays the same when a day is counted anew."""
    return [getattr(row, name) for name in KEY]


def after(rows, values):
    """Those of ``rows`` that come after a key."""
    chosen = Q()
    for place, name in enumerate(KEY):
        same = dict(zip(KEY[:place], values, strict=False))
        chosen |= Q(**same, **{f"{name}__gt": values[place]})
    return rows.filter(chosen, day__gte=values[0])


class _Echo:
    """A file that hands back what is written."""

    @staticmethod
    def write(text):
        return text


HEAD = ["day", "number", "category", "country", "pricing", "messages", "delivered", "billable", "unpriced", "cost",
        "coming", "currency"]  # fmt: skip


def csv_lines(business, month, number=None):
    """The rows of a month as CSV text, in pieces, each read in a scope of its own."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(HEAD)
    last = None
    while True:
        with business_scope(business):
            rows = rows_of(business, month, number).select_related("phone_number").order_by(*KEY)
            rows = list((after(rows, last) if last else rows)[:CHUNK])
        yield "".join(writer.writerow(_cells(row)) for row in rows)
        if len(rows) < CHUNK:
            return
        last = key_of(rows[-1])


def _cells(row):
    is_unknown = row.unpriced and row.unpriced == row.billable
    amounts = ["", ""] if is_unknown else [f"{row.cost:f}", f"{row.coming:f}"]
    return [
        row.day.isoformat(),
        row.phone_number.e164,
        safe_cell(row.category),
        row.country,
        safe_cell(row.pricing_type or "expected"),
        row.messages,
        row.delivered,
        row.billable,
        row.unpriced,
        *amounts,
        row.currency,
    ]
