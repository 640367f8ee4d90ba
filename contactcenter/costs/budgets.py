"""Warnings about budgets: one mail to each manager for each threshold, month and amount."""

from django.conf import settings
from django.urls import reverse

from config.clock import now
from contactcenter.costs import spending
from contactcenter.models import BudgetNotice
from tenants import audit, mail
from tenants.enums import MANAGERS
from tenants.models import Membership

USED_UP = 100


def warn(business, at=None):
    """Tell the managers which budgets reached a threshold; returns how many thresholds were new."""
    told = 0
    for standing in spending.standings(business, at or now()):
        reached = {standing.budget.warn_percent} if standing.warns else set()
        if standing.is_used_up:
            reached.add(USED_UP)
        # Who is at the end need not hear of the way there as well.
        for percent in sorted(reached, reverse=True):
            made = _note(standing, percent)
            told += made
            if made and percent == max(reached):
                _tell(business, standing, percent)
    return told


def _note(standing, percent):
    budget = standing.budget
    _row, made = BudgetNotice.objects.get_or_create(
        budget=budget,
        month=standing.month.first,
        percent=percent,
        amount=budget.amount,
        defaults={"business_id": budget.business_id},
    )
    return made


def _tell(business, standing, percent):
    budget = standing.budget
    audit.record(audit.to_translate("budget reached"), business.name, percent=percent, amount=str(budget.amount))
    for row in Membership.objects.filter(business=business, role__in=MANAGERS).select_related("user").order_by("pk"):
        mail.queue(
            "contactcenter/email/budget_reached",
            row.user.email,
            language=row.user.language or business.language,
            key=f"budget:{budget.pk}:{standing.month}:{percent}:{budget.amount}:{row.user_id}",
            business=business,
            number=budget.phone_number,
            amount=budget.amount,
            spent=standing.spent,
            percent=percent,
            used_up=standing.is_used_up,
            stops=budget.stops,
            whole_again=spending.resumes_on(budget),
            link=settings.PUBLIC_URL + reverse("costs:usage", args=[business.slug]),
        )
