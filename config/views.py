"""Pages of the product itself: home, preferences, health."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config import readiness
from config.context_processors import THEMES

YEAR = 365 * 24 * 3600


@login_not_required
@require_GET
def home(request):
    """The public page; people who are logged in go on to their work."""
    if request.user.is_authenticated:
        return redirect("tenants:start")
    return render(request, "home.html")


def _back(request):
    target = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if safe else "/")


@login_not_required
@require_POST
def set_theme(request):
    """Remember light or dark; anything else follows the system."""
    response = _back(request)
    theme = request.POST.get("theme")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    else:
        response.delete_cookie("theme")
    return response


@login_not_required
@require_POST
def set_language(request):
    """Remember the language in a cookie and, for people who are logged in, with the person."""
    response = _back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=YEAR, samesite="Lax")
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


@login_not_required
@never_cache
@require_GET
def healthz(request):
    """The process answers."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_GET
def readyz(request):
    """Whether everything that serving needs is at work, and why not: ``{"ready", each thing, "reasons"}``."""
    reasons = readiness.reasons()
    ready = not any(reasons.values())
    state = {name: not reason for name, reason in reasons.items()}
    missing = {name: reason for name, reason in reasons.items() if reason}
    response = JsonResponse({"ready": ready, **state, "reasons": missing}, status=200 if ready else 503)
    response._has_been_logged = True  # whoever asks reads the answer; it is no error of the program
    return response


@login_not_required
@never_cache
@require_GET
def metrics(request):
    """Counters for Prometheus."""
    from config.metrics import render_metrics  # reads several tables; only this page needs it

    return HttpResponse(render_metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")
