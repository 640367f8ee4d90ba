"""Asking for further numbers, and what became of each (product row B5)."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import NumberDecision, StepState
from onboarding.exceptions import NotPossible
from onboarding.forms import FurtherNumberForm
from onboarding.services import answers, further_numbers, overview
from onboarding.views import presenting
from onboarding.views.chosen import address
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def further(request, business_slug):
    """The numbers asked for beside the first one, with their price and state, and the form for one more."""
    application = answers.current(request.business)
    if application is None or application.status == Status.REJECTED:
        return redirect("onboarding:overview", business_slug=business_slug)
    form = FurtherNumberForm(application, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        wish = form.cleaned_data
        try:
            further_numbers.ask(
                application,
                e164=wish["phone"],
                code_method=wish["code_method"],
                display_name=wish["display_name"],
                area=wish["area"],
                justification=wish["justification"],
                actor=request.user,
            )
        except NotPossible as exc:
            form.add_error("phone", str(exc))
        else:
            messages.success(request, _("Asked for. Our team decides on each number by itself."))
            return redirect("onboarding:further_numbers", business_slug=business_slug)
    most, verified = further_numbers.limit(application)
    rows = rows_of(application)
    context = {
        "application": application,
        "form": form,
        "rows": rows,
        "cost": further_numbers.cost(),
        "most": most,
        "verified": verified,
        "over": 1 + sum(row["counts"] for row in rows) >= most and not verified,
        "facts": presenting.number_facts(form["phone"].value() or "", form["phone_region"].value() or "")
        if form.is_bound
        else None,
    }
    return render(request, "onboarding/further_numbers.html", context, status=422 if form.errors else 200)


@require_POST
@role_required(*MANAGERS)
def withdraw(request, business_slug, reference):
    """Take back a number on which nobody has decided."""
    application = answers.current(request.business)
    if application is not None and further_numbers.withdraw(application, reference, actor=request.user):
        messages.success(request, _("The number is withdrawn."))
    else:
        messages.info(request, _("Our team has decided on this number already."))
    return redirect("onboarding:further_numbers", business_slug=business_slug)


def rows_of(application):
    """Each further number with its state as (look, word), what it waits for, and where its own way is told."""
    rows = []
    for row in further_numbers.of(application):
        look, word, more = _state(row)
        rows.append(
            {
                "row": row,
                "look": look,
                "word": word,
                "more": more,
                "url": address("onboarding:timeline", row.opened) if row.opened else "",
                "counts": row.decision != NumberDecision.REFUSED,
                "may_withdraw": row.decision == NumberDecision.PENDING,
            }
        )
    return rows


def _state(row):
    if row.decision == NumberDecision.REFUSED:
        return "stop", row.get_decision_display(), row.decision_note
    if row.decision == NumberDecision.PENDING:
        return "wait", row.get_decision_display(), _("Our team looks at area and reason.")
    if row.opened is None:
        return "ok", row.get_decision_display(), _("It starts when your application is approved.")
    if row.opened.status == Status.LIVE:
        return "ok", _("Live"), ""
    actor = overview.next_actor(row.opened)
    if actor == overview.YOU:
        return "now", _("Your turn"), _("Follow its steps; the next one is yours.")
    stuck = row.opened.steps.filter(state=StepState.BROKEN).exists()
    return ("warn", _("Stuck, our team is on it"), "") if stuck else ("wait", _("Being set up"), "")
