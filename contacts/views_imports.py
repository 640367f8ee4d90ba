"""Lists of consents: upload, say what the columns are, try, import, and see what was refused."""

import csv
import re

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from contacts.forms_imports import MappingForm, UploadForm
from contacts.imports import cells, files, job, reading, reasons
from contacts.models import ConsentImport, ConsentImportLine, ConsentKind, ImportState
from contacts.services import wordings
from tenants import audit
from tenants.decorators import role_required
from tenants.enums import MANAGERS
from tenants.tenancy import business_scope

SHOWN = 50
FIRST_REFUSED = 20
REPORT_CHUNK = 2000


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def imports(request, business_slug):
    """The lists of this business, and the form for another one."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = files.take_in(request.business, form.cleaned_data["file"], actor=request.user)
        except reading.NotCsv as refusal:
            form.add_error("file", reasons.text_of(refusal.reason))
        else:
            return redirect("contacts:import_prepare", business_slug=business_slug, reference=row.reference)
    context = {
        "form": form,
        "imports": ConsentImport.objects.select_related("created_by").order_by("-created_at", "-pk")[:SHOWN],
        "nav_key": "permissions",
    }
    return render(request, "contacts/imports.html", context, status=422 if form.is_bound else 200)


def _find(reference):
    rows = ConsentImport.objects.select_related("business", "version", "created_by")
    return get_object_or_404(rows, reference=reference)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def import_prepare(request, business_slug, reference):
    """Say which column is which and what the people agreed to; then a worker tries the list."""
    row = _find(reference)
    if row.state not in (ImportState.DRAFT, ImportState.CHECKED):
        return redirect("contacts:import_detail", business_slug=business_slug, reference=row.reference)
    names = [request.business.name]
    form = MappingForm(request.POST or None, job=row, names=names)
    if request.method == "POST" and form.is_valid():
        _keep(row, form, request)
        job.begin(row, ImportState.CHECKING)
        return redirect("contacts:import_detail", business_slug=business_slug, reference=row.reference)
    try:
        sample = files.first_rows(row)
    except OSError:
        sample = []
    context = {
        "job": row,
        "form": form,
        "sample": [(cells_of + [""] * len(row.headers))[: len(row.headers)] for cells_of in sample],
        "columns": [header or _("Column %(n)s") % {"n": at + 1} for at, header in enumerate(row.headers)],
        "nav_key": "permissions",
    }
    return render(request, "contacts/import_prepare.html", context, status=422 if form.is_bound else 200)


def _keep(row, form, request):
    data = form.cleaned_data
    row.columns, row.country = form.columns, data["country"]
    row.day_first = data["day_first"] == "yes"
    row.kind, row.occurred_on = data["kind"], data["occurred_on"]
    row.source = data["source"] or "import"
    text = data["wording"].strip()
    row.version = wordings.keep(request.business.pk, text, actor=request.user) if text else None


@require_GET
@never_cache
@role_required(*MANAGERS)
def import_detail(request, business_slug, reference):
    """Where the list stands: what the trial found, how far the import is, what was refused."""
    return render(request, "contacts/import_detail.html", _state(request, _find(reference)))


@require_GET
@never_cache
@role_required(*MANAGERS)
def import_progress(request, business_slug, reference):
    """What an open page asks now and then: the figures, or "load yourself again" at the end of a phase."""
    row = _find(reference)
    if not row.is_working:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "contacts/_import_progress.html", _state(request, row))


def _state(request, row):
    phase = "run" if row.started_at else "check"
    if row.state == ImportState.CANCELLED and not row.started_at:
        phase = "check"
    refused = ConsentImportLine.objects.filter(consent_import=row, phase=phase).order_by("line")[:FIRST_REFUSED]
    counts = row.counts or row.checked_counts
    width = len(row.headers)
    return {
        "job": row,
        "phase": phase,
        "counts": counts,
        "total": sum(counts.values()),
        "percent": min(99, round(100 * row.bytes_read / row.file_size)) if row.file_size else 0,
        "refused": [{"line": one.line, "text": one.text, "why": reasons.text_of(one.reason)} for one in refused],
        "is_opt_out": row.kind == ConsentKind.OPT_OUT,
        "problem": reasons.text_of(row.problem) if row.problem else "",
        "columns": [
            {"field": field, "header": row.headers[at] or _("Column %(n)s") % {"n": at + 1}}
            for field, at in row.columns.items()
            if field in cells.FIELDS and at < width
        ],
        "nav_key": "permissions",
    }


@require_POST
@role_required(*MANAGERS)
def import_start(request, business_slug, reference):
    """Bring a tried list into the ledger."""
    row = get_object_or_404(ConsentImport.objects.select_for_update(), reference=reference)
    if row.state == ImportState.CHECKED:
        job.begin(row, ImportState.RUNNING)
        audit.record(
            audit.to_translate("list of consents imported"),
            row.file_name,
            actor=request.user,
            reference=str(row.reference),
            lines=row.checked_counts.get("good", 0),
        )
    return redirect("contacts:import_detail", business_slug=business_slug, reference=reference)


@require_POST
@role_required(*MANAGERS)
def import_cancel(request, business_slug, reference):
    """Stop the trial or the import."""
    row = _find(reference)
    if job.cancel(row):
        messages.success(request, _("Stopped. What is in the ledger already stays there."))
    return redirect("contacts:import_detail", business_slug=business_slug, reference=reference)


@require_GET
@role_required(*MANAGERS)
def import_report(request, business_slug, reference):
    """The refused lines as a CSV file: number of the line, the reason in words, and what stood there."""
    row = _find(reference)
    phase = "run" if row.started_at else "check"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", row.file_name.rpartition(".")[0] or "list").strip("-")[:60] or "list"
    response = StreamingHttpResponse(_report(row, phase), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{name}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


class _Echo:
    """A file that hands back what is written."""

    @staticmethod
    def write(text):
        return text


def _report(row, phase):
    """The lines of the report, in scopes of their own: the page's scope is closed when they are sent."""
    writer = csv.writer(_Echo())
    head = [_("Line"), _("Why it was refused"), _("What stands there")]
    words = {reason: str(text) for reason, text in reasons.TEXTS.items()}

    def lines():
        yield "\ufeff" + writer.writerow(head)
        last = 0
        while True:
            with business_scope(row.business_id):
                rows = list(
                    ConsentImportLine.objects.filter(consent_import=row, phase=phase, line__gt=last)
                    .order_by("line")
                    .values_list("line", "reason", "text")[:REPORT_CHUNK]
                )
            yield "".join(
                writer.writerow([line, words.get(reason, reason), reasons.safe_cell(text)])
                for line, reason, text in rows
            )
            if len(rows) < REPORT_CHUNK:
                return
            last = rows[-1][0]

    return lines()
