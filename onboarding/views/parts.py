"""Asking a colleague for one page, and the page that the colleague gets (product row B1)."""

from copy import copy

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import NotPossible
from onboarding.forms.plain import PlainTextMixin
from onboarding.models import OnboardingApplication
from onboarding.services import answers, parts
from onboarding.views import documents, presenting
from onboarding.views.wizard import follow_up
from tenants.decorators import role_required
from tenants.enums import MANAGERS
from tenants.tenancy import business_scope

NOT_BY_OTHERS = {"signing"}
"""Whoever signs does it under an account of the business."""


class AskForm(PlainTextMixin, forms.Form):
    step = forms.ChoiceField(label=gettext_lazy("Which page?"))
    email = forms.EmailField(
        label=gettext_lazy("Your colleague's e-mail address"),
        help_text=gettext_lazy("No account needed. The link opens this one page and nothing else, for seven days."),
        max_length=200,
        error_messages={
            "required": gettext_lazy("Write the address to which the link goes."),
            "invalid": gettext_lazy("Write an address like name@yourcompany.com."),
        },
    )
    text = forms.CharField(
        label=gettext_lazy("A word to your colleague"),
        required=False,
        max_length=300,
        widget=forms.Textarea,
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["step"].choices = [
            (step.slug, step.title) for step in wizard.STEPS if step.slug not in NOT_BY_OTHERS
        ]


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def ask(request, business_slug):
    """Choose a page and an address; see who was asked and who has answered."""
    application = answers.current(request.business)
    if application is None or application.status != Status.DRAFT:
        return redirect("onboarding:overview", business_slug=business_slug)
    form = AskForm(request.POST if request.method == "POST" else None, initial={"step": request.GET.get("step", "")})
    if request.method == "POST" and form.is_valid():
        wish = form.cleaned_data
        try:
            parts.ask(application, wish["step"], wish["email"], actor=request.user, text=wish["text"])
        except NotPossible as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, _("The link is on its way to %(email)s.") % {"email": wish["email"]})
            return redirect("onboarding:ask_part", business_slug=business_slug)
    context = {"application": application, "form": form, "rows": rows_of(application)}
    return render(request, "onboarding/ask_part.html", context, status=422 if form.errors else 200)


@require_POST
@role_required(*MANAGERS)
def revoke(request, business_slug, reference):
    """Take a request back."""
    application = answers.current(request.business)
    if application is not None:
        parts.revoke(application, reference, actor=request.user)
        messages.success(request, _("The link is dead."))
    return redirect("onboarding:ask_part", business_slug=business_slug)


def rows_of(application):
    """Whom one has asked for which page, and what came of it, in the order of the pages."""
    asked = parts.by_step(application)
    return [
        {"step": step, "row": asked[step.slug], "words": words_of(asked[step.slug])}
        for step in wizard.STEPS
        if step.slug in asked
    ]


def words_of(row):
    """Who was asked for a page or has filled it in, in a line."""
    who = {"who": row.filled_by.full_name if row.filled_by else row.email}
    if row.filled_at:
        return _("Filled in by %(who)s") % who
    closed = parts.closed_because(row)
    return f"{row.email}: {closed}" if closed else _("%(who)s was asked") % who


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def part(request, token):
    """The one page that a link opens. Whoever holds it sees this page's answers and nothing else of the business."""
    invitation = parts.find(token)
    if invitation is None:
        raise Http404
    with business_scope(invitation.business), translation.override(_language(request, invitation)):
        return _part(request, invitation)


def _language(request, invitation):
    """The reader's own language when the browser names one we speak, else that of the business."""
    return request.LANGUAGE_CODE if request.headers.get("Accept-Language") else invitation.business.language


def _part(request, invitation):
    headers = {"X-Robots-Tag": "noindex"}
    step = wizard.by_slug(invitation.step)
    context = {"invitation": invitation, "step": step, "business": invitation.business, "colleague": True, "form": None}
    closed = parts.closed_because(invitation)
    if closed or step is None or step.slug in NOT_BY_OTHERS:
        return _answer(request, context | {"closed": closed}, headers)
    application = OnboardingApplication.objects.get(pk=invitation.application_id)
    application.business = invitation.business
    actor = request.user if request.user.is_authenticated and _is_member(request, invitation) else None
    fill = _fill_documents if step.slug == "documents" else _fill_answers
    form, done, more = fill(request, application, step, actor, "" if actor else invitation.email)
    if done:
        parts.filled(invitation, actor=actor, title=str(step.title))
        return _answer(request, context | {"closed": _("Saved. Thank you: nothing else is asked of you.")}, headers)
    context |= {"application": application, "form": form} | more
    return _answer(request, context, headers, status=422 if form.errors else 200)


def _answer(request, context, headers, status=200):
    response = render(request, "onboarding/part.html", context, status=status)
    for name, value in headers.items():
        response[name] = value
    return response


def _is_member(request, invitation):
    return request.user.memberships.filter(business=invitation.business).exists()


def _fill_answers(request, application, step, actor, by):
    if request.method != "POST":
        return step.form(instance=copy(application)), False, presenting.part_extras(step, application, None)
    form = step.form(request.POST, instance=copy(application))
    more = presenting.part_extras(step, application, form)
    if not form.is_valid():
        return form, False, more
    try:
        fresh = answers.save(application, form.answers, seen_version=form.cleaned_data["seen_version"] or 0)
    except answers.StaleAnswers as exc:
        data = request.POST.copy()
        data["seen_version"] = exc.application.version
        form = step.form(data, instance=copy(exc.application))
        form.is_valid()
        form.add_error(None, _("Somebody saved answers meanwhile. What you typed is still here; save it once more."))
        return form, False, more
    follow_up(fresh)
    return form, True, more


def _fill_documents(request, application, step, actor, by):
    form = documents.DocumentsForm(application)
    done = False
    if request.method == "POST":
        if reference := request.POST.get("remove"):
            documents.take_back(application, reference, actor=actor, by=by)
        else:
            form, _kept = documents.take(request, application, actor=actor, by=by)
            done = not form.errors and "add" not in request.POST and step.is_complete(application)
    return form, done, documents.page(application, form)
