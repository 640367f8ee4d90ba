"""Usage of all businesses in a month, for staff."""

from django.contrib import admin
from django.db.models import Sum
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from config.clock import now
from contactcenter.costs.figures import Line
from contactcenter.costs.months import Month
from contactcenter.costs.views import shown
from contactcenter.health.views import staff_with
from contactcenter.models import UsageDay

MOST = 500
_NAMES = ("messages", "delivered", "billable", "unpriced", "cost", "coming")


@staff_with("tenants.view_business")
@require_GET
def businesses(request):
    """What each business sent and what it cost in a month, the dearest first."""
    present = Month.of(now().date())
    month = Month.read(request.GET.get("month")) or present
    rows = UsageDay.objects.filter(day__range=(month.first, month.last)).order_by()
    sums = {f"{name}_": Sum(name) for name in _NAMES}
    grouped = rows.values("business_id", "business__name", "business__slug").annotate(**sums)
    grouped = grouped.order_by("-cost_", "-messages_", "business_id")[:MOST]
    lines = [(row, Line("", *(row[f"{name}_"] for name in _NAMES))) for row in grouped]
    context = admin.site.each_context(request) | {
        "title": _("Usage of businesses"),
        "month": month,
        "earlier": month.before,
        "later": month.after if month.after.first <= present.last else None,
        "lines": [(row["business__name"], row["business__slug"], line, shown(line.amount)) for row, line in lines],
        "together": shown(sum(line.cost + line.coming for _row, line in lines)),
        "unpriced": sum(line.unpriced for _row, line in lines),
        "most": MOST if len(lines) == MOST else 0,
    }
    return render(request, "contactcenter/costs/staff.html", context)


urlpatterns = [path("", businesses, name="usage_of_businesses")]
