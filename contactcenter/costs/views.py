"""Pages of costs: a month, its export, and the budgets."""

from datetime import timedelta

from babel import Locale
from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.templatetags.ui import phone
from contactcenter.costs import columns, figures, spending
from contactcenter.costs.forms import BudgetForm
from contactcenter.costs.months import Month, today
from contactcenter.models import Budget, UsageBook
from onboarding.models import PhoneNumber
from tenants import audit
from tenants.decorators import role_required
from tenants.enums import MANAGERS, Role

NAV = "costs"
READERS = (Role.OWNER, Role.ADMIN, Role.SUPERVISOR)


@require_GET
@never_cache
@role_required(*READERS)
def usage(request, business_slug):
    """What a month cost, by day, category, number and country, beside the month before."""
    business = request.business
    present = today(business)
    month, number = _asked(request)
    rows = figures.rows_of(business, month, number)
    sums = figures.total(rows)
    confirmed, expected = figures.told(rows)
    before = figures.rows_of(business, month.before, number)
    same_day = month.before.first + timedelta(days=min(present.day, month.before.length) - 1)
    is_present = month == Month.of(present)
    context = {
        "month": month,
        "is_present": is_present,
        "earlier": month.before,
        "later": month.after if month.after.first <= present else None,
        "number": number,
        "numbers": PhoneNumber.objects.filter(business=business).exclude(e164="").order_by("e164")[:200],
        "sums": sums,
        "total": shown(sums.amount),
        "confirmed": shown(confirmed),
        "expected": shown(expected),
        "before": shown(figures.total(before).amount),
        "before_same_day": shown(figures.spent_until(before, same_day)) if is_present else None,
        "same_day": same_day,
        "forecast": shown(figures.forecast(business, rows, month)),
        "chart": columns.draw(figures.per_day(rows, month), [label for _key, label, _words in figures.STACK]),
        "tables": _tables(rows, number),
        "budgets": [(one, shown(one.spent), min(one.percent, 100)) for one in spending.standings(business)],
        "may_change": request.role in MANAGERS,
        "book": UsageBook.objects.filter(business=business).first(),
        "nav_key": NAV,
    }
    return render(request, "contactcenter/costs/usage.html", context)


def shown(amount):
    """An amount as pages show it: cents, or four decimals below one dollar; ``None`` stays unknown."""
    return amount if amount is None else round(amount, 2 if amount >= 1 else 4)


def _asked(request):
    """``(month, number or None)`` of the address; what can't be read is the present month, or all numbers."""
    month = Month.read(request.GET.get("month")) or Month.of(today(request.business))
    reference = request.GET.get("number", "")
    number = next(
        (one for one in PhoneNumber.objects.filter(business=request.business) if reference == str(one.reference)), None
    )
    return month, number


def _tables(rows, number):
    """``(title, head, [(label, line, amount)])`` of each way to look at the month."""
    found = [
        (_("By category"), _("Category"), figures.by(rows, "category"), lambda word: str(figures.category_label(word))),
        (_("By country"), _("Country"), figures.by(rows, "country"), country_label),
        (
            _("By what WhatsApp said"),
            _("Price"),
            figures.by(rows, "pricing_type"),
            lambda word: figures.PRICING.get(word, word),
        ),
    ]
    if number is None:
        names = {one.pk: one for one in PhoneNumber.objects.all()}
        found.insert(
            1, (_("By number"), _("Number"), figures.by(rows, "phone_number"), lambda pk: _number_label(names.get(pk)))
        )
    return [
        (title, head, [(label(line.key), line, shown(line.amount)) for line in lines])
        for title, head, lines, label in found
    ]


def _number_label(number):
    return f"{phone(number.e164)} · {number.display_name}" if number else _("Unknown")


def country_label(code):
    """A country by name in the reader's language; without a code nobody knows."""
    names = Locale.parse(to_locale(get_language() or "en")).territories
    return names.get(code, code) or _("Unknown: no phone number")


@require_GET
@role_required(*READERS)
def usage_export(request, business_slug):
    """A month as CSV."""
    month, number = _asked(request)
    audit.record(audit.to_translate("usage exported"), request.business.name, actor=request.user, month=str(month))
    response = StreamingHttpResponse(
        figures.csv_lines(request.business, month, number), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="usage-{month}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def budget_edit(request, business_slug, reference=None):
    """A new budget, or a changed one."""
    row = get_object_or_404(Budget, business=request.business, reference=reference) if reference else None
    form = BudgetForm(request.POST or None, instance=row, business=request.business)
    if request.method == "POST" and form.is_valid():
        budget = form.save()
        audit.record(
            audit.to_translate("budget set"),
            request.business.name,
            actor=request.user,
            amount=str(budget.amount),
            warn_percent=budget.warn_percent,
            stops=budget.stops,
        )
        messages.success(request, _("The budget holds from now on."))
        return redirect("costs:usage", business_slug)
    context = {"form": form, "budget": row, "nav_key": NAV}
    return render(request, "contactcenter/costs/budget.html", context, status=422 if form.is_bound else 200)


@require_POST
@role_required(*MANAGERS)
def budget_delete(request, business_slug, reference):
    """Without the budget nothing warns or stops."""
    row = get_object_or_404(Budget, business=request.business, reference=reference)
    audit.record(
        audit.to_translate("budget removed"), request.business.name, actor=request.user, amount=str(row.amount)
    )
    row.delete()
    messages.success(request, _("The budget is gone. Nothing warns or stops any more."))
    return redirect("costs:usage", business_slug)
