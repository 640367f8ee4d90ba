"""One page for each question, and checking them all before sending (product row B1)."""

from copy import copy

from django.contrib import messages
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import NotReady, TransitionNotAllowed
from onboarding.forms import ContestForm
from onboarding.services import answers, applications, name_checks, screenings
from onboarding.views import documents, presenting, signing
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_POST
@role_required(*MANAGERS)
def start(request, business_slug):
    """Begin the application, or go on with the one that was begun; the advisor's answers come along."""
    application = applications.start(request.business, actor=request.user)
    advice = request.session.get("advisor")
    if advice and application.status == Status.DRAFT and not application.advisor_answers:
        application.advisor_answers, application.advice = advice["answers"], advice["advice"]
        application.save(update_fields=["advisor_answers", "advice"])
        del request.session["advisor"]
    if application.status != Status.DRAFT:
        return redirect("onboarding:overview", business_slug=business_slug)
    step = wizard.first_incomplete(application)
    if step is None:
        return redirect("onboarding:check", business_slug=business_slug)
    return redirect("onboarding:step", business_slug=business_slug, slug=step.slug)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def step(request, business_slug, slug):
    """Ask one question and save the answer into the draft."""
    asked = wizard.by_slug(slug)
    if asked is None:
        raise Http404
    application = answers.current(request.business)
    if application is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    if asked.slug == "signing":
        return signing.sign(request, application, asked)
    if asked.slug == "documents":
        return documents.step(request, application, asked)
    if application.status != Status.DRAFT:
        return _no_longer_a_draft(request, business_slug)
    if request.method == "POST":
        return _save(request, application, asked)
    form = asked.form(instance=copy(application))
    return _page(request, application, asked, form)


def _save(request, application, asked):
    if asked.slug == "display-name" and "check" in request.POST:
        return _check_name(request, application, asked)
    form = asked.form(request.POST, instance=copy(application))
    if not form.is_valid():
        return _page(request, application, asked, form, status=422)
    try:
        fresh = answers.save(application, form.answers, seen_version=form.cleaned_data["seen_version"] or 0)
    except answers.StaleAnswers as exc:
        return _stale(request, asked, exc.application)
    except answers.NotEditable:
        return _no_longer_a_draft(request, request.business.slug)
    follow_up(fresh)
    return redirect(_where_next(request, fresh, asked))


def follow_up(application):
    """What answers set in motion: the screening is asked again, the website read again for the name."""
    screenings.refresh(application)
    name_checks.request(application)


def _check_name(request, application, asked):
    """Keep the name and read the website for it, without going on."""
    form = asked.form(request.POST, instance=copy(application))
    form.is_valid()
    if "display_name" in form.errors:
        for name in [name for name in form.errors if name != "display_name"]:
            del form.errors[name]
        return _page(request, application, asked, form, status=422)
    try:
        values = {"display_name": form.cleaned_data["display_name"]}
        fresh = answers.save(application, values, seen_version=form.cleaned_data.get("seen_version") or 0)
    except answers.StaleAnswers as exc:
        return _stale(request, asked, exc.application)
    name_checks.request(fresh, again=True)
    return redirect("onboarding:step", business_slug=request.business.slug, slug=asked.slug)


def _stale(request, asked, fresh):
    """Newer answers exist: say so, show them, keep what was typed; saving once more is a decision."""
    data = request.POST.copy()
    data["seen_version"] = fresh.version
    form = asked.form(data, instance=copy(fresh))
    form.is_valid()
    form.add_error(
        None,
        _(
            "These answers were changed in the meantime, in another tab or by somebody else. What you typed is still "
            "here. Compare it with what is saved now; saving again replaces it."
        ),
    )
    saved = presenting.answer_rows(fresh, asked.fields)
    return _page(request, fresh, asked, form, status=422, saved_now=saved)


def _no_longer_a_draft(request, business_slug):
    messages.info(request, _("The application has been sent. Only what we ask you to correct can still change."))
    return redirect("onboarding:overview", business_slug=business_slug)


def _where_next(request, application, asked):
    slug = request.business.slug
    if asked.slug == "screening":
        return reverse("onboarding:verdict", args=[slug])
    following = wizard.after(asked)
    if request.GET.get("from") == "check":
        following = wizard.first_incomplete(application)
    if following is None:
        return reverse("onboarding:check", args=[slug])
    return reverse("onboarding:step", args=[slug, following.slug])


def _page(request, application, asked, form, status=200, **more):
    template = f"onboarding/steps/{asked.slug.replace('-', '_')}.html"
    context = presenting.journey(application, asked) | {"form": form} | more
    context |= presenting.extras(asked, application, form)
    return render(request, template, context, status=status)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def verdict(request, business_slug):
    """What the screening said, why, and the way to a person when it said no."""
    application = answers.current(request.business)
    result = screenings.latest(application) if application else None
    if result is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    form = ContestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and application.status == Status.DRAFT and form.is_valid():
        screenings.contest(application, form.cleaned_data["contest_text"], actor=request.user)
        messages.success(request, _("Noted. A person decides; you can go on with the application meanwhile."))
        return redirect("onboarding:verdict", business_slug=business_slug)
    context = presenting.journey(application, wizard.by_slug("screening")) | {
        "result": result,
        "explained": screenings.explained(result),
        "form": form,
        "is_draft": application.status == Status.DRAFT,
    }
    return render(request, "onboarding/verdict.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def check(request, business_slug):
    """Everything that was answered, each with its way back, and the button that sends it."""
    application = answers.current(request.business)
    if application is None or application.status != Status.DRAFT:
        return redirect("onboarding:overview", business_slug=business_slug)
    problem, status = "", 200
    if request.method == "POST":
        problem = _submit(request, application)
        if not problem:
            return redirect("onboarding:overview", business_slug=business_slug)
        status = 422
        application = answers.current(request.business)
    context = presenting.journey(application, None) | {
        "groups": presenting.groups(application),
        "missing": wizard.missing(application),
        "problem": problem,
        "name_line": name_checks.summary(name_checks.latest(application)),
        "advice": presenting.advice_lines(application),
    }
    return render(request, "onboarding/check.html", context, status=status)


def _submit(request, application):
    """Send exactly the version that was checked; return what stands in the way, or empty."""
    if request.POST.get("seen_version") != str(application.version):
        return _("An answer has changed since you opened this page. Look at it once more, then send.")
    try:
        with transaction.atomic():
            applications.submit(application, actor=request.user)
    except NotReady:
        return _("Something is still missing. It is listed below.")
    except TransitionNotAllowed as exc:
        return str(exc)
    return ""
