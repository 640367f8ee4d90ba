"""Which WhatsApp does a company need? Public; the answers stay in the session until the person applies (row A1)."""

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from onboarding.advisor import API, APP, PERSONAL, AdvisorAnswers, advise, comparison, figures
from onboarding.forms import AdvisorForm

SESSION_KEY = "advisor"


@login_not_required
@require_http_methods(["GET", "POST"])
def advisor(request):
    """Take the answers, keep them in the session, and show the recommendation with the figures that decided."""
    if request.method == "POST":
        form = AdvisorForm(request.POST)
        if form.is_valid():
            answers = form.answers()
            request.session[SESSION_KEY] = {"answers": answers.as_dict(), "advice": _kept(advise(answers))}
            return redirect(reverse("onboarding:advisor") + "#result")
        return _page(request, form, None, status=422)
    kept = request.session.get(SESSION_KEY)
    answers = AdvisorAnswers(**kept["answers"]) if kept else None
    form = AdvisorForm(initial=kept["answers"] if kept else {})
    return _page(request, form, answers)


def _kept(advice):
    """An advice as plain values, for the session, the application and its reviewer."""
    return {
        "recommendation": advice.recommendation,
        "headline": str(advice.name),
        "reasons": [str(reason) for reason in advice.reasons],
        "hints": [str(hint) for hint in advice.hints],
        "figures": [{"code": item.code, "value": item.value, "limit": item.limit} for item in advice.deciding],
    }


def _page(request, form, answers, status=200):
    advice = advise(answers) if answers else None
    known = figures()
    columns = [(PERSONAL, _("WhatsApp")), (APP, _("WhatsApp Business app")), (API, _("WhatsApp Business API"))]
    context = {
        "form": form,
        "advice": advice,
        "columns": columns,
        "pick": advice.recommendation if advice else "",
        "is_api": advice is not None and advice.recommendation == API,
        "rows": [
            (row.label, [(key, getattr(row, key)) for key in (PERSONAL, APP, API)])
            for row in (advice.table if advice else comparison(known))
        ],
        "since": known["from"],
        "source": known["source"],
    }
    return render(request, "onboarding/advisor.html", context, status=status)
