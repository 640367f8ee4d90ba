"""Activation: ask for the code, enter it, see the PIN once (product row C4). Clicks write wishes, workers ask Meta."""

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.clock import now
from onboarding.enums import CodeMethod, StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.forms import CodeForm, CodeRequestForm
from onboarding.models import AttemptKind
from onboarding.phone_types import STANDARD
from onboarding.services import activation_words, overview, quotas, steps
from onboarding.views import presenting, road
from onboarding.views.chosen import address, chosen
from tenants.decorators import role_required
from tenants.enums import MANAGERS, Role

NOT_YET, IN_USE, ASK, ASKING, ENTER, CHECKING, REGISTERING, PIN, DONE = (
    "not_yet", "in_use", "ask", "asking", "enter", "checking", "registering", "pin", "done",
)  # fmt: skip
MOVING = {ASKING, CHECKING, REGISTERING}
PATIENCE_SECONDS = 60
"""How long a code may take before it makes sense to ask for another one."""


@require_GET
@never_cache
@role_required(*MANAGERS)
def activation(request, business_slug):
    """The page of the activation in whatever state it is."""
    application = chosen(request)
    if application is None or where(application) == NOT_YET:
        return redirect("onboarding:overview", business_slug=business_slug)
    return _page(request, application)


@require_GET
@never_cache
@role_required(*MANAGERS)
def activation_progress(request, business_slug):
    """What an open page asks now and then: nothing new, or "load yourself again"."""
    application = chosen(request)
    if application is None:
        return HttpResponse(status=404)
    mark = road.state_mark(application)
    if mark != request.GET.get("mark"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    looks = request.GET.get("n", "0")[:6]
    looks = min(int(looks), 999) + 1 if looks.isdecimal() else 1
    return render(request, "onboarding/_activation_wait.html", _waiting(application, looks, mark))


@require_POST
@role_required(*MANAGERS)
def request_code(request, business_slug):
    """Write the wish for a code; a worker asks for it."""
    application = chosen(request)
    if application is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    form = CodeRequestForm(request.POST)
    if form.is_valid():
        wish = form.cleaned_data
        try:
            steps.request_code(
                application,
                method=wish["method"],
                language=wish["language"],
                key=wish["key"] or uuid.uuid4().hex,
                actor=request.user,
            )
        except NotPossible as exc:
            form.add_error(None, str(exc))
        else:
            return redirect(address("onboarding:activation", application))
    return _page(request, application, request_form=form, status=422)


@require_POST
@role_required(*MANAGERS)
def enter_code(request, business_slug):
    """Hand in the six figures; a worker shows them to Meta."""
    application = chosen(request)
    if application is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            steps.enter_code(
                application,
                code=form.cleaned_data["code"],
                key=form.cleaned_data["key"] or uuid.uuid4().hex,
                actor=request.user,
            )
        except NotPossible as exc:
            form.add_error("code", str(exc))
        else:
            return redirect(address("onboarding:activation", application))
    return _page(request, application, code_form=form, status=422)


@require_POST
@never_cache
@role_required(Role.OWNER)
def show_pin(request, business_slug):
    """Show the two-step PIN, once in its life. The answer is not a redirect, because it can't be asked for again."""
    application = chosen(request)
    pin = steps.reveal_pin(application, actor=request.user) if application else None
    if pin is None:
        messages.info(request, _("The PIN was shown before. If it is lost, set a new one on the number's page."))
        return redirect(address("onboarding:activation", application))
    return _page(request, application, pin=pin)


def where(application):
    """In which of its states the activation is."""
    known = steps.by_kind(application)
    if not known:
        return NOT_YET
    if known[StepKind.NUMBER_ADDED].state == StepState.WAITING_FOR_BUSINESS:
        return IN_USE
    if known[StepKind.CODE_REQUESTED].state == StepState.WAITING:
        return NOT_YET
    asked, verified = known[StepKind.CODE_REQUESTED], known[StepKind.CODE_VERIFIED]
    if verified.state == StepState.DONE:
        registered = known[StepKind.REGISTERED].state
        if registered == StepState.WAITING_FOR_BUSINESS:
            return PIN
        return DONE if registered == StepState.DONE else REGISTERING
    if asked.state in {StepState.DUE, StepState.BROKEN, StepState.WAITING_FOR_META}:
        return ASKING
    if asked.state == StepState.WAITING_FOR_BUSINESS:
        return ASK
    if verified.state in {StepState.DUE, StepState.BROKEN, StepState.WAITING_FOR_META}:
        return CHECKING
    return ENTER if verified.state == StepState.WAITING_FOR_BUSINESS else ASKING


def _page(request, application, *, request_form=None, code_form=None, pin="", status=200):
    mark = road.state_mark(application)  # before the state: a worker may move it while we read
    state = where(application)
    known = steps.by_kind(application)
    asked = known.get(StepKind.CODE_REQUESTED)
    verified = known.get(StepKind.CODE_VERIFIED)
    method = (asked.data.get("method") if asked else "") or application.code_method or CodeMethod.SMS
    language = (asked.data.get("language") if asked else "") or _language(request)
    place, total, _entry = road.place(application)
    times = asked.data.get("asked", []) if asked else []
    last = max(times, default=None)
    waited = now().timestamp() - last if last else None
    facts = presenting.number_facts(application.phone, "")
    context = {
        "application": application,
        "state": state,
        "place": place,
        "total": total,
        "method": method,
        "request_form": request_form
        or CodeRequestForm(initial={"method": method, "language": language, "key": uuid.uuid4().hex}),
        "code_form": code_form or CodeForm(initial={"key": uuid.uuid4().hex}),
        "obstacle": _trouble(known, state),
        "codes_left": quotas.left(application.phone_numbers.first(), AttemptKind.CODE),
        "pin_left": quotas.left(application.phone_numbers.first(), AttemptKind.PIN),
        "is_owner": request.role == Role.OWNER,
        "tries_again_at": known[StepKind.NUMBER_ADDED].next_attempt_at if state == IN_USE else None,
        "wrong_left": steps.WRONG_CODES - (verified.data.get("wrong", 0) if verified else 0),
        "patience": max(0, round(PATIENCE_SECONDS - waited)) if waited is not None else 0,
        "pin": pin,
        "number": application.phone_numbers.first(),
        "is_moving": state in MOVING,
        "facts": facts,
    } | _waiting(application, 0, mark)
    _recommend(context["request_form"], facts)
    return render(request, "onboarding/activation.html", context, status=status)


_STANDS_AT = {
    IN_USE: StepKind.NUMBER_ADDED,
    ASK: StepKind.CODE_REQUESTED,
    ENTER: StepKind.CODE_VERIFIED,
    REGISTERING: StepKind.REGISTERED,
    PIN: StepKind.REGISTERED,
}


def _trouble(known, state):
    """What stands in the way where the activation is, in words."""
    kind = _STANDS_AT.get(state)
    return activation_words.trouble(known[kind]) if kind in known else None


def _recommend(form, facts):
    """Say at each way how well it suits this number."""
    if facts is None:
        return
    doubtful = _("Many numbers of this type don't receive it.")
    fits = {CodeMethod.VOICE: facts.voice, CodeMethod.SMS: facts.sms}
    form.fields["method"].hints = {way: doubtful for way, word in fits.items() if word != STANDARD}
    form.fields["method"].ends = {facts.method: _("Recommended")} if facts.method else {}


def _waiting(application, looks, mark):
    """The words of the waiting line, how long the page waits before it looks again, and what it was made from."""
    state = where(application)
    known = steps.by_kind(application)
    kind = {
        ASKING: StepKind.CODE_REQUESTED,
        CHECKING: StepKind.CODE_VERIFIED,
        REGISTERING: StepKind.REGISTERED,
    }.get(state)
    step = known.get(kind) if kind else None
    words = {
        ASKING: _("We are asking Meta to send the code…"),
        CHECKING: _("Meta is checking the code…"),
        REGISTERING: _("The code was right. We are registering the number with a PIN…"),
    }.get(state, "")
    trouble = ""
    if step is not None and (step.state == StepState.BROKEN or (step.attempts and step.last_error)):
        trouble = overview.body_of(step)
    return {
        "words": words,
        "trouble": trouble,
        "seconds": min(20, 2 + 2 * (looks // 8)),
        "looks": looks,
        "mark": mark,
        "progress_url": address("onboarding:activation_progress", application, mark=mark, n=looks),
    }


def _language(request):
    return {"es": "es", "pt": "pt_BR"}.get(request.LANGUAGE_CODE[:2], "en_US")
