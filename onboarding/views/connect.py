"""Facebook's window as the other door (Embedded Signup): the page, the way out, the way back, and what comes of it.

Without scripts the window is a page that one goes to and comes back from. With them it is a popup; the page behind it
listens to what the window says and follows the state. The code never stands in a page: the address that carries it is
answered with a redirect.
"""

import json

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from config.templatetags.ui import phone as phone_text
from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import NotPossible
from onboarding.models import SignupSession, Waba
from onboarding.services import signup, signup_access, signup_door, signup_launch, signup_words
from onboarding.views.chosen import address, chosen, home_of
from tenants.decorators import role_required
from tenants.enums import MANAGERS

State = SignupSession.State
MAX_EVENT = 4000


def _lets_popups_speak(response, value):
    """The window and the page that opened it must be able to see each other."""
    response["Cross-Origin-Opener-Policy"] = value
    return response


@require_GET
@never_cache
@role_required(*MANAGERS)
def connect(request, business_slug):
    """What will happen and who owns what; then the state of the last window."""
    application = chosen(request)
    if application is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    session = signup_door.latest(application)
    closed = signup.why_closed(application)
    state = session.state if session else ""
    context = {
        "application": application,
        "session": session,
        "closed": closed if state not in {State.CONNECTED, *SignupSession.UNDER_WAY} else "",
        "problem": signup_words.problem_of(session) if session and state in {State.CANCELLED, State.FAILED} else None,
        "screen": signup_words.screen_of(session) if session else "",
        "is_moving": state in SignupSession.UNDER_WAY,
        "is_open": state == State.OPEN,
        "flows": _flows(application),
        "origin": signup_launch.origin(),
        "prefilled": _prefilled(application),
        "next_step": wizard.first_incomplete(application) if application.status == Status.DRAFT else None,
        "home": home_of(application, business_slug),
        "urls": {
            name: address(f"onboarding:signup_{name}", application)
            for name in ("start", "progress", "event", "closed", "give_up")
        },
        "connected": _connected(session) if state == State.CONNECTED else None,
        "ends": signup_access.ends_soon(application),
        "mark": _mark(session),
    }
    response = render(request, "onboarding/connect.html", context)
    # Browsers hold redirects after a form to the same rule as the form itself.
    policy = settings.CONTENT_SECURITY_POLICY
    response["Content-Security-Policy"] = policy.replace(
        "form-action 'self'", f"form-action 'self' {signup_launch.origin()}"
    )
    return _lets_popups_speak(response, "same-origin-allow-popups")


def _flows(application):
    if not signup_launch.may_coexist(application):
        return []
    return [
        {
            "value": SignupSession.Flow.STANDARD,
            "title": _("The number works here only"),
            "hint": _("It isn't used on WhatsApp, or you delete its account there first."),
        },
        {
            "value": SignupSession.Flow.COEXISTENCE,
            "title": _("The number stays in the WhatsApp Business app, too"),
            "hint": _("You go on answering on the phone as well. No official badge is possible then."),
        },
    ]


def _prefilled(application):
    """What we fill in at Meta, as rows for the page."""
    setup = signup_launch.setup(application)
    business, phone = setup.get("business", {}), setup.get("phone", {})
    rows = [
        (_("Business"), business.get("name", "")),
        (_("Business ID"), business.get("id", "")),
        (_("Display name"), phone.get("displayName", "")),
        (_("Phone number"), phone_text(application.phone) if application.phone else ""),
        (_("Website"), business.get("website", "")),
    ]
    return [(label, value) for label, value in rows if value]


def _connected(session):
    waba = Waba.objects.filter(waba_id=session.waba_id).first()
    number = session.application.phone_numbers.first()
    return {
        "waba": waba,
        "number": number if session.phone_number_id else None,
        "differs": [pair for name, pair in session.differences.items() if name == "display_name"],
        "is_draft": session.application.status == Status.DRAFT,
    }


def _mark(session):
    return f"{session.pk}-{session.state}-{session.problem}-{session.screen}" if session else ""


@require_POST
@role_required(*MANAGERS)
def start(request, business_slug):
    """Open the window: a redirect to Meta, in the popup or in this very tab."""
    application = chosen(request)
    if application is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    flow = request.POST.get("flow", "")
    try:
        target = signup.start(
            application,
            flow=flow if flow in SignupSession.Flow.values else SignupSession.Flow.STANDARD,
            is_popup=request.POST.get("popup") == "1",
            actor=request.user,
            login=request.session.session_key,
        )
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect(address("onboarding:connect", application))
    return _lets_popups_speak(redirect(target), "unsafe-none")


@require_GET
@never_cache
@login_not_required
@sensitive_variables("code")
def come_back(request):
    """Where Meta sends people back to: the same address for every business, so the state says which."""
    code, state = request.GET.get("code", ""), request.GET.get("state", "")
    error = request.GET.get("error_description") or request.GET.get("error_message") or request.GET.get("error", "")
    if not request.user.is_authenticated or len(state) > 200:
        return _nothing_changed(request)
    try:
        session = signup.arrive(
            state=state, user=request.user, login=request.session.session_key, code=code, error=error or "no code"
        )
    except signup.NotYours:
        return _nothing_changed(request)
    except signup.AnsweredBefore as exc:
        session = exc.session
    if session.is_popup:
        target = reverse("onboarding:signup_done")
    else:
        query = f"?number={session.application.reference}" if session.application.parent_id else ""
        target = reverse("onboarding:connect", args=[session.business.slug]) + query
    return _lets_popups_speak(redirect(target), "unsafe-none")


def _nothing_changed(request):
    """The state isn't known, or it is somebody else's: a page that tells nothing about whose."""
    response = render(request, "onboarding/connect_stranger.html", status=400)
    return _lets_popups_speak(response, "unsafe-none")


@require_GET
@login_not_required
def done(request):
    """The last page of the popup: it closes itself."""
    return _lets_popups_speak(render(request, "onboarding/connect_done.html"), "unsafe-none")


@require_GET
@never_cache
@role_required(*MANAGERS)
def progress(request, business_slug):
    """What an open page asks now and then: nothing new, or "load yourself again"."""
    application = chosen(request)
    session = signup_door.latest(application) if application else None
    if session is None:
        return HttpResponse(status=404)
    if _mark(session) != request.GET.get("mark"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    looks = request.GET.get("n", "0")[:6]
    looks = min(int(looks), 999) + 1 if looks.isdecimal() else 1
    context = {
        "session": session,
        "mark": _mark(session),
        "seconds": min(15, 1 + looks // 8),
        "looks": looks,
        "urls": {"progress": address("onboarding:signup_progress", application)},
        "is_open": session.state == State.OPEN,
    }
    return render(request, "onboarding/_connect_wait.html", context)


@require_POST
@role_required(*MANAGERS)
def event(request, business_slug):
    """What the window told the page behind it; only hints, so a wrong one is dropped without a word."""
    application = chosen(request)
    text = request.POST.get("event", "")
    try:
        told = json.loads(text[:MAX_EVENT])
        name, data = told["event"], told.get("data") or {}
        if told["type"] == "WA_EMBEDDED_SIGNUP" and application is not None:
            signup.note_event(application, event=name, data=data, login=request.session.session_key)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    return HttpResponse(status=204)


@require_POST
@role_required(*MANAGERS)
def closed(request, business_slug):
    """The page saw the window close; without scripts the person says so."""
    application = chosen(request)
    if application is not None:
        signup.window_closed(application, login=request.session.session_key)
    if request.POST.get("quiet") == "1":
        return HttpResponse(status=204)
    return redirect(address("onboarding:connect", application) if application else "home")


@require_POST
@role_required(*MANAGERS)
def give_up(request, business_slug):
    """Back to the usual way: we open the account."""
    application = chosen(request)
    if application is None:
        return redirect("onboarding:overview", business_slug=business_slug)
    try:
        signup.give_up(application, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect(address("onboarding:connect", application))
    messages.success(request, _("We open the account in your company's name. You don't need Facebook's window."))
    return redirect(home_of(application, business_slug))
