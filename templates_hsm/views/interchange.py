"""Templates in and out as files, and copies for another business of the same person."""

import orjson
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from onboarding.models import Waba
from templates_hsm import presenting
from templates_hsm.exceptions import NotPossible
from templates_hsm.forms import AccountChoiceForm
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.services import interchange
from tenants.decorators import role_required
from tenants.enums import MANAGERS

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}


@require_GET
@role_required()
def template_export(request, business_slug, shape, reference=None):
    """All templates of the business as a file, or one."""
    rows = MessageTemplate.objects.filter(business=request.business).exclude(status=TemplateStatus.DELETED)
    if reference is not None:
        rows = [get_object_or_404(rows, reference=reference)]
    rows = list(rows) if reference is not None else list(rows.order_by("name", "language", "pk"))
    content = interchange.as_json(rows) if shape == "json" else interchange.as_csv(rows)
    name = rows[0].name[:60] if reference is not None else f"{request.business.slug}-templates"
    response = HttpResponse(content, content_type=TYPES[shape])
    response["Content-Disposition"] = f'attachment; filename="{name}.{shape}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def template_import(request, business_slug):
    """A file tried first: what comes in, what is refused and why. Then, with a second click, the drafts are made."""
    wabas = Waba.objects.filter(business=request.business).order_by("pk").prefetch_related("phone_numbers")
    form = AccountChoiceForm(request.POST or None, wabas=wabas)
    form.fields["waba"].required = False  # a copy from another business comes without one: the first account then
    context = {"form": form, "typed": request.POST.get("text", "")[: interchange.LARGEST_FILE], "nav_key": "templates"}
    if request.method == "GET" or not form.accounts or not form.is_valid():
        return render(request, "templates_hsm/template_import.html", context, status=422 if form.errors else 200)
    upload = request.FILES.get("file")
    content = upload.read(interchange.LARGEST_FILE + 1) if upload else request.POST.get("text", "").encode()
    try:
        rows = interchange.judged(form.cleaned_data["waba"], interchange.lines_of(content))
    except NotPossible as exc:
        return render(request, "templates_hsm/template_import.html", context | {"problem": str(exc)}, status=422)
    good = [row for row in rows if not row.problem]
    if request.POST.get("action") == "import" and good:
        made = interchange.take_in(form.cleaned_data["waba"], rows, actor=request.user)
        words = ngettext("%(n)s draft made.", "%(n)s drafts made.", made) % {"n": made}
        messages.success(request, words)
        return redirect("templates_hsm:template_list", business_slug)
    context |= {
        "rows": [
            {"row": row, "language": presenting.language_name(str(row.definition.get("language", "")))} for row in good
        ],
        "refused": [row for row in rows if row.problem],
        "text": orjson.dumps([row.definition for row in good]).decode(),
    }
    return render(request, "templates_hsm/template_import.html", context)


def other_businesses(request):
    """The other businesses in which this person may make templates."""
    memberships = request.user.memberships.filter(role__in=MANAGERS).exclude(business=request.business)
    return [membership.business for membership in memberships.select_related("business").order_by("business__name")]


def text_for_others(template):
    """The template as the import of another business takes it."""
    return interchange.as_json([template]).decode()
