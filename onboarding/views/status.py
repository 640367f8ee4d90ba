"""Where the application stands: the start, the task list of a draft, the timeline afterwards (product row C2)."""

from copy import copy

from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.exceptions import NotPossible, NotReady, TransitionNotAllowed
from onboarding.services import (
    answers,
    applications,
    estimates,
    overview,
    reminders,
    steps,
    thread,
    verification,
)
from onboarding.views import presenting, road
from onboarding.views.chosen import address, chosen, home_of
from onboarding.views.wizard import follow_up
from tenants import live
from tenants.decorators import role_required
from tenants.enums import MANAGERS

WITHOUT_SCRIPT = 30
"""Seconds after which a page without scripts is loaded again; with them it follows the live events."""


@require_GET
@role_required()
def home(request, business_slug):
    """Where onboarding begins: nothing yet, a draft, a path that is being walked, or numbers that are live."""
    application = answers.current(request.business)
    may_act = request.role in MANAGERS
    if application is None:
        return render(request, "onboarding/start.html", {"may_act": may_act, "estimate": estimates.estimate()})
    if application.status == Status.LIVE:
        return redirect("onboarding:numbers", business_slug=business_slug)
    if application.status == Status.DRAFT:
        tasks = presenting.tasks(application)
        context = {
            "application": application,
            "tasks": tasks,
            "done": sum(task["look"] == "ok" for task in tasks),
            "next": wizard.first_incomplete(application),
            "minutes": wizard.minutes_left(application),
            "may_act": may_act,
            "estimate": estimates.estimate(),
        }
        return render(request, "onboarding/tasks.html", context)
    return render(request, "onboarding/timeline.html", timeline_context(request, application))


@require_GET
@role_required()
def timeline(request, business_slug):
    """The path of an application, also after its end."""
    application = chosen(request)
    if application is None or application.status == Status.DRAFT:
        return redirect("onboarding:overview", business_slug=business_slug)
    return render(request, "onboarding/timeline.html", timeline_context(request, application))


def timeline_context(request, application, corrections=None):
    """What the status page shows. A page that was opened counts the messages as read by whoever may answer them; one
    that looks after itself (``X-Live``) doesn't, since nobody may sit before it."""
    last_event = live.current_number()
    may_act = request.role in MANAGERS
    path = road.timeline(application, may_act=may_act)
    context = {
        "application": application,
        "bar": road.answers_bar(application),
        "steps": path,
        "action": next((step for step in path if "url" in step and step["state"] != "done"), None),
        "again_url": address("onboarding:ask_again", application),
        "may_act": may_act,
        "unread": thread.unread(application, for_staff=False),
        "thread": thread.messages(application),
        "last_event": last_event,
        "is_open": application.status in {Status.SUBMITTED, Status.APPROVED, Status.CHANGES_REQUESTED},
        "seconds": WITHOUT_SCRIPT if application.status in {Status.SUBMITTED, Status.APPROVED} else 0,
        "chart": road.estimate_chart(application),
        "title": _headline(application),
        "verify": _verification(application),
        "next_reminder": reminders.next_for(application),
    }
    if context["next_reminder"]:
        context["quiet_url"] = reminders.link(context["next_reminder"], request.user.email)
    if may_act and "X-Live" not in request.headers:
        thread.mark_read(application, for_staff=False)
    if application.status == Status.CHANGES_REQUESTED:
        context["corrections"] = corrections or _corrections(application)
        context["to_sign"] = not wizard.by_slug("signing").is_complete(application)
    return context


def _verification(application):
    """What the section on business verification shows, while the company has to be verified."""
    step = steps.by_kind(application).get(StepKind.BUSINESS_VERIFICATION)
    open_states = {StepState.WAITING_FOR_META, StepState.WAITING_FOR_BUSINESS}
    if step is None or step.state not in open_states or application.status in {Status.REJECTED, Status.LIVE}:
        return None
    said, act = verification.meaning(step.data.get("verification"))
    return {
        "step": step,
        "word": step.data.get("verification", ""),
        "said": said,
        "act": act,
        "waits_for_meta": step.state == StepState.WAITING_FOR_META,
        "way": verification.way(application.country),
        "rows": verification.to_copy(application),
    }


def _headline(application):
    if application.status == Status.CHANGES_REQUESTED:
        return _("We need a correction from you")
    if application.status == Status.REJECTED:
        return _("We could not accept your application")
    if application.status == Status.LIVE:
        return _("Your number is live")
    actor = overview.next_actor(application)
    if application.status == Status.SUBMITTED and actor == overview.YOU:
        return _("In review, and Meta has to verify your company")
    if application.status == Status.SUBMITTED:
        return _("Your application is in review")
    return {
        "you": _("It is your turn"),
        "meta": _("Meta is deciding"),
        "us": _("We are on it"),
    }.get(actor, _("We are setting it up"))


# Corrections


def _corrections(application, data=None):
    """The open change requests with the form field that answers each, and the fields that hang on them."""
    requests = list(application.change_requests.filter(answered_at=None).select_related("requested_by").order_by("pk"))
    allowed = answers.editable_fields(application)
    forms = {}
    for name in allowed:
        step = wizard.step_of(name)
        if step and step.slug not in forms:
            posted = step.form.saved(application) if data is not None else None
            if data is not None:
                for field in step.form.base_fields:
                    if field in allowed or (field not in step.fields and field in data):
                        _take(posted, data, field)
            forms[step.slug] = step.form(posted, instance=copy(application))
    items = []
    for request in requests:
        step = wizard.step_of(request.field)
        if step is None:
            continue
        form = forms[step.slug]
        names = [request.field, *sorted(answers.DEPENDENT.get(request.field, ()))]
        if request.field == "phone":
            names.insert(0, "phone_region")
        if request.field == "recipient_countries":
            names.append("other_countries")
        items.append(
            {
                "request": request,
                "label": presenting.label(request.field),
                "old": _old(application, request),
                "fields": [form[name] for name in names if name in form.fields],
            }
        )
    return {"items": items, "forms": list(forms.values()), "allowed": allowed}


def _old(application, request):
    """The value that was objected to, as a person reads it while it is still the saved one."""
    saved = getattr(application, request.field)
    return presenting.shown(application, request.field) if str(saved) == request.old_value else request.old_value


def _take(posted, data, field):
    """Move one typed value into the values that a form is bound to; lists stay lists, unticked boxes are false."""
    if field == "recipient_countries":
        posted[field] = data.getlist(field)
    elif field == "name_is_permanent":
        posted[field] = field in data
    else:
        posted[field] = data.get(field, "")


@require_POST
@role_required(*MANAGERS)
def correct(request, business_slug):
    """Save the corrections that were asked for and send the application again."""
    application = answers.current(request.business)
    if application is None or application.status != Status.CHANGES_REQUESTED:
        return redirect("onboarding:overview", business_slug=business_slug)
    corrections = _corrections(application, request.POST)
    wrong = [form for form in corrections["forms"] if _errors_in(form, corrections["allowed"])]
    if not wrong:
        values = {
            name: form.cleaned_data[name]
            for form in corrections["forms"]
            for name in form._meta.fields
            if name in corrections["allowed"] and name in form.cleaned_data
        }
        seen = request.POST.get("seen_version", "")[:9]
        try:
            application = answers.save(application, values, seen_version=int(seen) if seen.isdecimal() else 0)
        except answers.StaleAnswers as exc:
            application = exc.application
            corrections["forms"][0].add_error(
                None, _("Somebody else corrected this in the meantime. Compare it and send it again.")
            )
        except answers.NotEditable:
            return redirect("onboarding:overview", business_slug=business_slug)
        else:
            follow_up(application)
            return _send_again(request, application)
    context = timeline_context(request, application, corrections)
    return render(request, "onboarding/timeline.html", context, status=422)


def _errors_in(form, allowed):
    """Errors in what may be corrected now; others can't be helped here."""
    form.is_valid()
    return {name for name in form.errors if name in allowed or name == "__all__" or name not in form._meta.fields}


def _send_again(request, application):
    slug = request.business.slug
    if not wizard.by_slug("signing").is_complete(application):
        messages.info(request, _("The correction is saved. What you signed has changed with it, so sign again."))
        return redirect("onboarding:step", business_slug=slug, slug="signing")
    try:
        with transaction.atomic():
            applications.submit(application, actor=request.user)
    except NotReady as exc:
        messages.error(request, _("Saved, but not sent: %(what)s") % {"what": "; ".join(map(str, exc.problems))})
    except TransitionNotAllowed as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, _("Sent. A person looks at it, usually within a working day."))
    return redirect("onboarding:overview", business_slug=slug)


@require_POST
@role_required(*MANAGERS)
def ask_again(request, business_slug):
    """Ask Meta about a step now instead of at the next turn."""
    application = chosen(request)
    kind = request.POST.get("kind", "")
    if application is not None and kind in StepKind.values:
        try:
            steps.ask_again(application, StepKind(kind), actor=request.user)
        except NotPossible as exc:
            messages.error(request, str(exc))
        else:
            messages.info(request, _("We ask Meta now. The answer appears here."))
    return redirect(home_of(application, business_slug))


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def propose_name(request, business_slug):
    """Another display name after WhatsApp refused the first one."""
    from onboarding.forms import ProposedNameForm
    from onboarding.services import name_checks

    application = chosen(request)
    step = steps.by_kind(application).get(StepKind.NAME_REVIEW) if application else None
    if step is None or step.state != StepState.WAITING_FOR_BUSINESS:
        return redirect(home_of(application, business_slug))
    form = ProposedNameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            steps.propose_name(application, name=form.cleaned_data["name"].strip(), actor=request.user)
        except NotPossible as exc:
            form.add_error(None, str(exc))
        else:
            name_checks.request(application)
            messages.success(request, _("We propose the name to WhatsApp now."))
            return redirect(home_of(application, business_slug))
    name = form["name"].value() or ""
    context = {
        "application": application,
        "form": form,
        "refused": application.display_name,
        "reason": overview.error_of(step),
        "findings": name_checks.findings(application, name) if name else None,
    }
    return render(request, "onboarding/propose_name.html", context, status=422 if form.errors else 200)
