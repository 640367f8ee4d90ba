"""Keeps ``UsageDay`` in step with the messages: days of which there is news are counted anew, as a whole.

News are lines that statuses and budgets add (``UsageNews``). One statement takes the lines of a day and counts its
messages in the same snapshot, so what came later has a line of its own, and counting twice gives the same. Only days
with news are read, over the index by business and time; a business rests twenty times as long as its last day took, so
a heavy one takes a twentieth of a worker at most.
"""

import logging
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import F, Min, OuterRef, Q, Subquery

from config import bulk
from config.clock import now
from contactcenter.costs import budgets
from contactcenter.costs.months import begins, day_of
from contactcenter.costs.prices import PREFIX, country_of, price
from contactcenter.models import Message, UsageBook, UsageDay, UsageNews
from tenants.models import Business
from tenants.tenancy import business_scope, every_business

logger = logging.getLogger(__name__)

RUN_SECONDS = 10.0
REST = 20
LEAST_REST = timedelta(seconds=4)
STALE = timedelta(minutes=10)
RECENT = timedelta(days=2)
"""Days as recent as this are looked at again so often while something on them is still on its way."""
FIRST_DAYS = 366
"""How far back a business is counted that had messages before there was a table."""
QUARTER = 15
CURRENCY = "USD"

_COUNT = """
WITH taken AS (
  DELETE FROM contactcenter_usagenews WHERE business_id = %(business)s AND at >= %(first)s AND at < %(end)s
), sent AS (
  SELECT m.phone_number_id, m.contact_id, m.rank >= 5 AS arrived, lower(m.pricing_type) AS pricing_type,
         coalesce(nullif(replace(lower(m.pricing_category), '-', '_'), ''), lower(t.category),
                  CASE WHEN m.kind = 'template' THEN 'unknown' ELSE 'service' END) AS category,
         (m.delivered_at AT TIME ZONE %(zone)s)::date AS delivered_on
  FROM contactcenter_message m LEFT JOIN templates_hsm_messagetemplate t ON t.id = m.template_id
  WHERE m.business_id = %(business)s AND m.at >= %(first)s AND m.at < %(end)s
    AND m.direction = 'outbound' AND m.rank <> 4
), who AS (
  SELECT c.contact_id, (
    SELECT left(ltrim(i.value, '+'), %(prefix)s) FROM contacts_identity i
    WHERE i.contact_id = c.contact_id AND i.kind IN ('wa_id', 'phone') ORDER BY i.kind DESC, i.id DESC LIMIT 1
  ) AS prefix FROM (SELECT DISTINCT contact_id FROM sent) c
)
SELECT s.phone_number_id, s.category, s.pricing_type, coalesce(w.prefix, ''), s.delivered_on, s.arrived, count(*)
FROM sent s JOIN who w ON w.contact_id = s.contact_id GROUP BY 1, 2, 3, 4, 5, 6
"""


def note(pairs):
    """Messages of these ``(business, moment they were written)`` changed. Adds a line for each quarter of an hour."""
    rows = sorted({(business, _quarter(at)) for business, at in pairs})
    bulk.insert(
        UsageNews,
        {"business_id": [business for business, _at in rows], "at": [at for _business, at in rows]},
        order=["business_id", "at"],
    )


def _quarter(at):
    """Every time zone of today begins its days at a quarter of an hour."""
    return at.replace(minute=at.minute - at.minute % QUARTER, second=0, microsecond=0)


def run_due():
    """Count the days of which there is news; how many were counted."""
    counted, ends = 0, time.monotonic() + RUN_SECONDS
    for pk in _due():
        if time.monotonic() > ends:
            break
        try:
            counted += count_business(pk, ends)
        except Exception:
            logger.exception("The usage of business %s could not be counted and is tried again.", pk)
    return counted


def _due():
    """Businesses with news, a moved clock, or something on its way for a while; not those that rest."""
    present = now()
    with every_business():
        fresh = Business.objects.annotate(
            zone=Subquery(UsageBook.objects.filter(business=OuterRef("pk")).values("zone")[:1])
        )
        fresh = fresh.filter(Q(zone=None) | ~Q(zone=F("time_zone"))).order_by("pk").values_list("pk", flat=True)
        news = UsageNews.objects.values("business_id").annotate(first=Min("at")).order_by("first")
        open_days = UsageDay.objects.filter(day__gte=present.date() - RECENT, coming__gt=0).values("business_id")
        stale = UsageBook.objects.filter(counted_at__lt=present - STALE, business_id__in=open_days)
        found = [*fresh, *(row["business_id"] for row in news), *stale.values_list("business_id", flat=True)]
        resting = UsageBook.objects.filter(business_id__in=found, due_at__gt=present)
        resting = set(resting.values_list("business_id", flat=True))
    return [pk for pk in dict.fromkeys(found) if pk not in resting]


def count_business(pk, ends=None):
    """Count every day of this business of which there is news, each in a transaction of its own; how many."""
    counted = 0
    while ends is None or time.monotonic() < ends:
        begun = time.monotonic()
        with business_scope(pk):
            book = _book(pk)
            day = book and _next_day(book)
            if day is not None:
                count_day(pk, day, book.zone)
                budgets.warn(Business.objects.get(pk=pk))
                counted += 1
            if book:
                rest = timedelta(seconds=REST * (time.monotonic() - begun))
                book.due_at, book.counted_at = now() + max(LEAST_REST, rest), now()
                book.save(update_fields=["due_at", "counted_at"])
        if not book or day is None:
            break
    return counted


def _book(pk):
    """The locked book of a business; ``None`` while another worker has it."""
    zone = Business.objects.values_list("time_zone", flat=True).get(pk=pk)
    _book, made = UsageBook.objects.get_or_create(business_id=pk, defaults={"zone": zone})
    book = UsageBook.objects.select_for_update(skip_locked=True).filter(business_id=pk).first()
    if book is None:
        return None
    if made:
        _count_the_past(pk, zone)
    elif book.zone != zone:
        _move_days(pk, zone)
        book.zone = zone
        book.save(update_fields=["zone"])
    elif book.counted_at and book.counted_at < now() - STALE:
        _look_again(pk, zone)
    return book


def _count_the_past(pk, zone):
    first = Message.objects.filter(business_id=pk).aggregate(first=Min("at"))["first"]
    if first is None:
        return
    last = now()
    day = max(day_of(first, zone), day_of(last, zone) - timedelta(days=FIRST_DAYS))
    note((pk, begins(one, zone)) for one in _days(day, day_of(last, zone)))


def _look_again(pk, zone):
    """Messages that waited or were on their way may have ended without a status: refused, withdrawn."""
    since = day_of(now(), zone) - RECENT
    days = UsageDay.objects.filter(business_id=pk, day__gte=since, coming__gt=0).values_list("day", flat=True)
    note((pk, begins(day, zone)) for day in set(days))


def _move_days(pk, new):
    """Another time zone: every day that had anything is counted anew, and so are its neighbours."""
    days = set(UsageDay.objects.filter(business_id=pk).values_list("day", flat=True))
    around = {day + timedelta(days=step) for day in days for step in (-1, 0, 1)}
    note((pk, begins(day, new)) for day in around)


def _days(first, last):
    return [first + timedelta(days=place) for place in range((last - first).days + 1)]


def _next_day(book):
    """The newest day of which there is news, or ``None``."""
    newest = UsageNews.objects.filter(business_id=book.business_id).order_by("-at").values_list("at", flat=True).first()
    return None if newest is None else day_of(newest, book.zone)


@dataclass(slots=True)
class _Sum:
    messages: int = 0
    delivered: int = 0
    billable: int = 0
    unpriced: int = 0
    cost: Decimal = Decimal(0)
    coming: Decimal = Decimal(0)


def count_day(pk, day, zone):
    """Write the rows of one day anew. Belongs inside the business's scope, with its book locked."""
    sums = defaultdict(_Sum)
    question = {
        "business": pk,
        "first": begins(day, zone),
        "end": begins(day + timedelta(days=1), zone),
        "zone": zone,
        "prefix": PREFIX,
    }
    for number, category, pricing_type, prefix, delivered_on, arrived, count in bulk.fetch(_COUNT, question):
        one = sums[number, category, country_of(prefix), pricing_type]
        amount = price(category, pricing_type, prefix, delivered_on or day)
        one.messages += count
        one.delivered += count if arrived else 0
        one.billable += count if amount is None or amount else 0
        one.unpriced += count if amount is None else 0
        if arrived:
            one.cost += (amount or 0) * count
        else:
            one.coming += (amount or 0) * count
    UsageDay.objects.filter(business_id=pk, day=day).delete()
    UsageDay.objects.bulk_create(
        UsageDay(
            business_id=pk,
            day=day,
            phone_number_id=number,
            category=category,
            country=country,
            pricing_type=pricing_type,
            currency=CURRENCY,
            **{name: getattr(one, name) for name in _Sum.__slots__},
        )
        for (number, category, country, pricing_type), one in sorted(sums.items())
    )
