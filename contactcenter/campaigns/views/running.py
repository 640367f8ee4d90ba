"""Pages that show a campaign and act on it: the list, the check's result, the running view, the report."""

import re
from datetime import timedelta

from django.contrib import messages
from django.core.files.storage import default_storage
from django.db.models import Q
from django.http import FileResponse, Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from config.clock import now
from contactcenter.campaigns import hours, lifecycle, mapping, reasons, report
from contactcenter.campaigns.forms import WhenForm
from contactcenter.campaigns.views import common
from contactcenter.costs import spending
from contactcenter.models import Audience, Campaign, CampaignFile, CampaignRecipient, CampaignState, RecipientState
from contactcenter.presenting import with_files
from onboarding.services import written_first
from templates_hsm.preview import preview
from templates_hsm.views.media import HARMLESS
from tenants import audit
from tenants.decorators import role_required

PAGE = 50
PREVIEWS = 3
STATUSES_COME = timedelta(days=1)
LOOKS = {
    CampaignState.DRAFT: "pending",
    CampaignState.PREPARING: "now",
    CampaignState.READY: "info",
    CampaignState.SCHEDULED: "wait",
    CampaignState.RUNNING: "now",
    CampaignState.PAUSED: "warn",
    CampaignState.STOPPED: "stop",
    CampaignState.DONE: "ok",
    CampaignState.CANCELLED: "closed",
    CampaignState.FAILED: "stop",
}
AT_WORK = (CampaignState.PREPARING, CampaignState.SCHEDULED, CampaignState.RUNNING)
STARTED = (
    CampaignState.SCHEDULED,
    CampaignState.RUNNING,
    CampaignState.PAUSED,
    CampaignState.STOPPED,
    CampaignState.DONE,
    CampaignState.CANCELLED,
)


@require_GET
@role_required()
def campaign_list(request, business_slug):
    """The campaigns of the business, the newest first."""
    rows = Campaign.objects.select_related("template", "created_by").order_by("-created_at", "-pk")
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 18:
        last = Campaign.objects.filter(pk=int(after)).first()
        if last is not None:
            rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk))
    page = list(rows[: PAGE + 1])
    for row in page:
        row.look = LOOKS[CampaignState(row.state)]
    context = {
        "campaigns": page[:PAGE],
        "next_cursor": str(page[PAGE - 1].pk) if len(page) > PAGE else "",
        "may_run": request.role in lifecycle.RUNNERS,
        "nav_key": common.NAV,
    }
    return render(request, "contactcenter/campaigns/list.html", context)


@require_GET
@never_cache
@role_required()
def campaign_detail(request, business_slug, reference):
    """A campaign as it stands: what the check found, how far it is, what became of it."""
    return _page(request, common.find(reference))


def _page(request, row, form=None, status=200):
    context = _context(request, row)
    if row.state == CampaignState.READY:
        context |= {
            "form": form or WhenForm(campaign=row),
            "cost": report.estimated(row),
            "left_out": _left_out(row),
            "samples": _samples(row),
            "limit": written_first.usage(row.phone_number),
            "budget_left": _budget_left(row.phone_number),
            **_quiet(row),
        }
    elif row.state in STARTED and row.started_at:
        context |= _report(row, context["figures"])
    return render(request, "contactcenter/campaigns/detail.html", context, status=status)


def _quiet(row):
    """Whether it is quiet just now for all or some of the people, and when the first of them may get it."""
    awake = hours.awake_zones(row.zones, now(), row.quiet_from, row.quiet_until)
    asleep = [zone for zone in row.zones if zone not in awake]
    if not asleep:
        return {"quiet_now": ""}
    wakes_at = hours.wakes_at(asleep, now(), row.quiet_from, row.quiet_until)
    return {"quiet_now": "some" if awake else "all", "wakes_at": wakes_at}


def _budget_left(number):
    left = spending.left_for(number)
    return left if left is None else max(round(left, 2), 0)


@require_GET
@never_cache
@role_required()
def campaign_progress(request, business_slug, reference):
    """The part of the page that changes by itself, asked for every two seconds while something goes on."""
    row = common.find(reference)
    context = _context(request, row)
    changed = request.GET.get("state", row.state) != row.state
    response = render(request, "contactcenter/campaigns/_progress.html", context)
    if changed:
        response["HX-Refresh"] = "true"
    return response


def _context(request, row):
    figures = report.figures(row) if row.state not in (CampaignState.DRAFT, CampaignState.PREPARING) else None
    return {
        "campaign": row,
        "look": LOOKS[CampaignState(row.state)],
        "figures": figures,
        "is_at_work": row.state in AT_WORK,
        "refresh_seconds": _refresh_seconds(row),
        "is_started": row.state in STARTED,
        "checked_so_far": sum(row.counts.values()),
        "check_percent": _share(row),
        "problem": reasons.problem(row.problem) if row.problem else "",
        "stopped": reasons.stopped(row.stop_reason) if row.stop_reason else ("", ""),
        "may_run": request.role in lifecycle.RUNNERS,
        "nav_key": common.NAV,
    }


def _refresh_seconds(row):
    """How often an open page asks: soon while something leaves, now and then while statuses still come."""
    if row.state in AT_WORK:
        return 2
    last = row.finished_at or row.started_at
    return 10 if row.state in STARTED and last is not None and now() - last < STATUSES_COME else 0


def _share(row):
    if row.file_size:
        return min(99, 100 * row.bytes_read // row.file_size)
    return min(99, 100 * sum(row.counts.values()) // row.expected) if row.expected else 0


def _left_out(row):
    """``[(reason, sentence, count, its first lines, whether there are more)]``."""
    lines = report.lines_of(row) if row.audience == Audience.CSV else {}
    return [(reason, *words, *lines.get(reason, ((), False))) for reason, *words in report.left_out(row)]


def _samples(row):
    """What some real people would get."""
    rows = CampaignRecipient.objects.filter(campaign=row, state=RecipientState.WAITING).select_related("contact")
    files, definition = common.shown_files(row), row.template.definition
    return [
        {"row": one, "model": with_files(preview(definition, mapping.to_show(one.values)), files)}
        for one in rows.order_by("pk")[:PREVIEWS]
    ]


def _report(row, figures):
    stages = [
        (pgettext("messages", "Sent"), figures.sent),
        (pgettext("messages", "Delivered"), figures.delivered),
        (pgettext("messages", "Read"), figures.read),
        (_("Replied"), report.replied(row)),
    ]
    failures = report.failures(row)
    return {
        "stages": report.bars(stages, whole=figures.total),
        "failures": failures,
        "failure_bars": report.bars([(meaning.title, count) for _code, meaning, count in failures], look=2),
        "left_out": _left_out(row),
        "chart": report.over_time(row),
        "estimate": report.estimated(row),
        "cost": report.charged(row),
    }


def _act(request, reference, act):
    """Do something with a campaign and go back to its page; ``act(row)`` returns what to say."""
    row = common.find(reference)
    try:
        said = act(row)
    except lifecycle.NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        if said:
            messages.success(request, said)
    return redirect("campaigns:campaign_detail", row.business.slug, row.reference)


@require_POST
@role_required(*lifecycle.RUNNERS)
def campaign_check(request, business_slug, reference):
    """Go through everybody once more."""
    return _act(request, reference, lambda row: lifecycle.check(row, actor=request.user) and "")


@require_POST
@role_required(*lifecycle.RUNNERS)
def campaign_start(request, business_slug, reference):
    """Start it, now or later."""
    row = common.find(reference)
    if row.state != CampaignState.READY:
        return redirect(row)
    form = WhenForm(request.POST, campaign=row)
    if form.is_valid():
        data = form.cleaned_data
        try:
            lifecycle.start(
                row,
                actor=request.user,
                start_at=form.start_at(),
                quiet=(data["quiet_from"], data["quiet_until"]),
                time_zone=data["time_zone"],
                seen=form.seen_at(),
            )
        except lifecycle.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(row)
    return _page(request, row, form, status=422)


@require_POST
@role_required(*lifecycle.RUNNERS)
def campaign_pause(request, business_slug, reference):
    """Pause it."""

    def act(row):
        _row, leaving = lifecycle.pause(row, actor=request.user)
        if not leaving:
            return _("Paused. Nothing more leaves until you go on.")
        return ngettext(
            "Paused. %(count)d message was already leaving and can't be called back.",
            "Paused. %(count)d messages were already leaving and can't be called back.",
            leaving,
        ) % {"count": leaving}

    return _act(request, reference, act)


@require_POST
@role_required(*lifecycle.RUNNERS)
def campaign_resume(request, business_slug, reference):
    """Go on."""
    return _act(request, reference, lambda row: lifecycle.resume(row, actor=request.user) and _("It goes on."))


@require_POST
@role_required(*lifecycle.RUNNERS)
def campaign_cancel(request, business_slug, reference):
    """End it for good."""

    def act(row):
        lifecycle.cancel(row, actor=request.user)
        return _("Cancelled. Whoever didn't get it yet won't.")

    return _act(request, reference, act)


@require_POST
@role_required(*lifecycle.RUNNERS)
def campaign_delete(request, business_slug, reference):
    """Throw away one that was never started."""
    row = common.find(reference)
    try:
        lifecycle.throw_away(row, actor=request.user)
    except lifecycle.NotPossible as refusal:
        messages.error(request, str(refusal))
        return redirect(row)
    return redirect("campaigns:campaign_list", business_slug)


@require_GET
@role_required()
def campaign_file(request, business_slug, reference, file):
    """A file that the campaign's messages start with. Pictures and videos are shown in place, a PDF is handed out."""
    row = get_object_or_404(CampaignFile, campaign__reference=reference, reference=file)
    try:
        opened = default_storage.open(row.file, "rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        opened, as_attachment=row.kind == "DOCUMENT", filename=row.file_name, content_type=row.mime_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = HARMLESS
    response["Cache-Control"] = "private, max-age=86400"
    return response


@require_GET
@role_required(*lifecycle.RUNNERS)
def campaign_export(request, business_slug, reference):
    """Every person and line with what became of them, or only those left out, as CSV."""
    row = common.find(reference)
    only_left_out = request.GET.get("only") == "left-out"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", row.name).strip("-")[:60] or "campaign"
    name = f"left-out-{name}" if only_left_out else name
    audit.record(audit.to_translate("campaign exported"), row.name, actor=request.user, reference=str(row.reference))
    response = StreamingHttpResponse(
        report.lines(row, only_left_out=only_left_out), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
