"""The staff's health page and its replays. Plain HTML first; htmx asks for the fragment now and then."""

from functools import wraps

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contactcenter.health import page
from contactcenter.health.forms import ReplayForm
from providers import replays
from providers.models import ReplayJob

LOOK = "providers.view_incident"
REPLAY = "providers.change_deadletter"


def staff_with(permission):
    """Let in staff who are logged in to the admin and have ``permission``; others log in or get a 403."""

    def decorate(view):
        @wraps(view)
        def wrapped(request, *args, **kwargs):
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        def guarded(request, *args, **kwargs):
            return admin.site.admin_view(wrapped)(request, *args, **kwargs)

        return never_cache(wraps(view)(guarded))

    return decorate


@staff_with(LOOK)
@require_GET
def health(request):
    """How the installation is doing, now and over time."""
    return _page(request, ReplayForm())


@staff_with(REPLAY)
@require_POST
def replay(request):
    """Write down a replay of the dead letters that the filter names."""
    form = ReplayForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    job = replays.ask(request.user.get_username(), **form.filters())
    if job is None:
        messages.warning(request, _("No open dead letter matches. Nothing was started."))
        return redirect("health")
    text = ngettext("%(count)s dead letter is handled again.", "%(count)s dead letters are handled again.", job.total)
    messages.success(request, text % {"count": job.total})
    return redirect("health_replay", job.reference)


@staff_with(LOOK)
@require_http_methods(["GET", "POST"])
def replay_detail(request, reference):
    """How far a replay came; POST stops it."""
    job = get_object_or_404(ReplayJob, reference=reference)
    may_stop = request.user.has_perm(REPLAY)
    if request.method == "POST":
        if not may_stop:
            raise PermissionDenied
        replays.stop(job)
        return redirect("health_replay", job.reference)
    context = {"job": job, "may_stop": may_stop}
    if request.htmx:
        return render(request, "contactcenter/health/_replay.html", context)
    context |= admin.site.each_context(request) | {"title": _("Replay of dead letters")}
    return render(request, "contactcenter/health/replay.html", context)


def _page(request, form, status=200):
    range_name = request.GET.get("range")
    range_name = range_name if range_name in page.RANGES else "hour"
    context = page.live(range_name) | {"range": range_name}
    if request.htmx and request.method == "GET":
        return render(request, "contactcenter/health/_live.html", context)
    context |= admin.site.each_context(request) | {
        "title": _("Health"),
        "ranges": [(name, label) for name, (label, _length, _steps) in page.RANGES.items()],
        "form": form,
        "may_replay": request.user.has_perm(REPLAY),
    }
    return render(request, "contactcenter/health/health.html", context, status=status)
