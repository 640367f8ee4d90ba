"""Is there money left? The gate asks before a template that costs, the outbox's writers take it in their transaction.

Spent is what ``UsageDay`` says of the month and what ``UsageNews`` notes since: both are read by one statement, and
counting moves an amount from one to the other in one transaction, so it is never missing and never there twice. Who
takes money holds the budgets' rows until the commit, so two can't take the same. Without a budget nothing is noted.

Free-form answers are noted and never stopped, whatever they cost: somebody who wrote must be able to get an answer.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from config import bulk
from config.clock import now
from contactcenter.costs.months import Month, day_of
from contactcenter.models import Budget, UsageNews

NOTHING = Decimal(0)

_SPENT = """
SELECT coalesce((SELECT sum(cost + coming) FROM contactcenter_usageday
                 WHERE business_id = %(business)s AND day BETWEEN %(first)s AND %(last)s
                   AND (%(number)s::bigint IS NULL OR phone_number_id = %(number)s)), 0)
     + coalesce((SELECT sum(amount) FROM contactcenter_usagenews
                 WHERE business_id = %(business)s AND at >= %(begins)s AND at < %(ends)s
                   AND (%(number)s::bigint IS NULL OR phone_number_id = %(number)s)), 0)
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands in a month."""

    budget: Any
    month: Month
    spent: Decimal

    @property
    def left(self):
        return self.budget.amount - self.spent

    @property
    def is_used_up(self):
        return self.left <= 0

    @property
    def percent(self):
        """How much of it is spent; a budget of nothing is used up from the start."""
        return 100 * self.spent / self.budget.amount if self.budget.amount else Decimal(100)

    @property
    def warns(self):
        return self.percent >= self.budget.warn_percent


def spent(business_id, zone, month, number_id=None):
    """What a business (or one number) spent in a month, with what is on its way and what waits to leave."""
    first, ends = month.bounds(zone)
    question = {"business": business_id, "number": number_id, "first": month.first, "last": month.last}
    [(amount,)] = bulk.fetch(_SPENT, question | {"begins": first, "ends": ends})
    return amount


def standings(business, at=None, *, number_id=None):
    """The budgets of a business in the month of ``at``; with ``number_id`` those that a message of it falls under."""
    return [_standing(budget, at or now()) for budget in _budgets(business.pk, number_id)]


def _budgets(business_id, number_id=None):
    rows = Budget.objects.filter(business_id=business_id).select_related("business", "phone_number").order_by("pk")
    if number_id is not None:
        rows = rows.filter(Q(phone_number=None) | Q(phone_number_id=number_id))
    return rows


def _standing(budget, at):
    zone = budget.business.time_zone
    month = Month.of(day_of(at, zone))
    return Standing(budget, month, spent(budget.business_id, zone, month, budget.phone_number_id))


def left_for(number, at=None):
    """How much templates of this number may still take, or ``None`` when no budget stops them."""
    found = [_standing(one, at or now()).left for one in _budgets(number.business_id, number.pk).filter(stops=True)]
    return min(found, default=None)


def has_room(number, amount, at=None):
    """May one message of this price (``None`` if nobody knows it) still be sent? Only asks; ``take`` takes."""
    if not amount:
        return True
    left = left_for(number, at)
    return left is None or amount <= left


def lock(business_id, number_id):
    """Wait until nobody else takes money of this number's budgets, and keep it so until the commit; are there any?"""
    rows = Budget.objects.filter(business_id=business_id).filter(Q(phone_number=None) | Q(phone_number_id=number_id))
    return bool(list(rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True)))


def take(number, amount, *, at, may_stop):
    """Note what a message written at ``at`` will cost. Returns whether it may go; nothing is noted if it may not.

    ``may_stop`` is ``True`` for templates. Answers are noted without waiting for anybody.
    """
    if not amount:
        return True
    if not may_stop:
        if _budgets(number.business_id, number.pk).exists():
            note(number, amount, at)
        return True
    if not lock(number.business_id, number.pk):
        return True
    if not has_room(number, amount, at):
        return False
    note(number, amount, at)
    return True


def fitting(number, prices, at):
    """Which of these prices fit one after the other, as a list of truth values; the budgets stay locked.

    Free messages and those of unknown price always fit.
    """
    if not any(prices) or not lock(number.business_id, number.pk):
        return [True] * len(prices)
    left, found = left_for(number, at), []
    for amount in prices:
        fits = not amount or left is None or amount <= left
        if fits and amount and left is not None:
            left -= amount
        found.append(fits)
    return found


def note(number, amount, at):
    """Money that messages written at ``at`` will take; ``usage`` replaces the line when it counts the day."""
    if amount and _budgets(number.business_id, number.pk).exists():
        UsageNews.objects.create(business_id=number.business_id, phone_number_id=number.pk, at=at, amount=amount)


def resumes_on(budget, at=None):
    """The first day on which the budget is whole again."""
    return Month.of(day_of(at or now(), budget.business.time_zone)).last + timedelta(days=1)
