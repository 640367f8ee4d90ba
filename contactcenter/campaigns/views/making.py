"""Pages that make a campaign, step by step: what, who, which values; and the rules and segments behind it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contactcenter.campaigns import audience, lifecycle, mapping, reasons, rules, segments
from contactcenter.campaigns.forms import RulesForm, ValuesForm, WhatForm, WhoForm
from contactcenter.campaigns.views import common
from contactcenter.models import Audience, CampaignRules, Segment
from contactcenter.presenting import with_files
from contacts.imports import reading
from templates_hsm.preview import preview
from templates_hsm.views.media import shown_files
from tenants import audit
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_http_methods(["GET", "POST"])
@role_required(*lifecycle.RUNNERS)
def campaign_new(request, business_slug):
    """The first step: its name, the number and the template."""
    form = WhatForm(request.POST or None, initial={"template": request.GET.get("template")})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = lifecycle.create(data["name"], data["number"], data["template"], actor=request.user)
        except lifecycle.NotPossible as refusal:
            form.add_error("template", str(refusal))
        else:
            return redirect("campaigns:campaign_people", business_slug, row.reference)
    context = {
        "form": form,
        "has_number": form.fields["number"].queryset.exists(),
        "has_template": not form.is_empty,
        "nav_key": common.NAV,
    }
    return render(request, "contactcenter/campaigns/new.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@role_required(*lifecycle.RUNNERS)
def campaign_people(request, business_slug, reference):
    """The second step: a list, a filter over contacts, or a saved segment."""
    row = common.find(reference)
    if not row.is_open:
        return redirect(row)
    form = WhoForm(request.POST or None, request.FILES or None, campaign=row)
    if request.method == "POST" and form.is_valid():
        try:
            _choose(request, row, form)
        except reading.NotCsv as refusal:
            form.add_error("file", reasons.problem(refusal.reason))
        except lifecycle.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("campaigns:campaign_values", business_slug, row.reference)
    context = {"campaign": row, "form": form, "nav_key": common.NAV}
    return render(request, "contactcenter/campaigns/people.html", context, status=422 if form.is_bound else 200)


def _choose(request, row, form):
    data = form.cleaned_data
    if data["audience"] == Audience.CSV:
        if data["file"]:
            lifecycle.choose_list(row, data["file"])
        else:
            lifecycle.choose_kept_list(row)
        return
    if data["audience"] == Audience.SEGMENT:
        lifecycle.choose_contacts(row, {}, segment=data["segment"])
        return
    chosen = form.rules()
    name = data["save_as"].strip()
    if name:
        segments.save(row.business_id, name, chosen, actor=request.user)
    lifecycle.choose_contacts(row, chosen)


@require_http_methods(["GET", "POST"])
@role_required(*lifecycle.RUNNERS)
def campaign_values(request, business_slug, reference):
    """The third step: columns and values, beside a preview with the first real person; then a worker checks all."""
    row = common.find(reference)
    if not row.is_open:
        return redirect(row)
    if not row.audience:
        return redirect("campaigns:campaign_people", business_slug, row.reference)
    form = ValuesForm(request.POST or None, request.FILES or None, campaign=row)
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.choose_values(
                row, form.mapping(), columns=form.list_columns(), country=form.cleaned_data.get("country")
            )
            lifecycle.check(row, actor=request.user)
        except lifecycle.NotPossible as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(row)
    sample = []
    if row.audience == Audience.CSV:
        try:
            sample = audience.first_rows(row)
        except OSError:
            form.add_error(None, reasons.problem("gone")) if form.is_bound else None
    width = len(row.headers)
    context = {
        "campaign": row,
        "form": form,
        "columns": [header or _("Column %(n)s") % {"n": at + 1} for at, header in enumerate(row.headers)],
        "sample": [(cells + [""] * width)[:width] for cells in sample],
        "model": with_files(
            preview(
                row.template.definition,
                mapping.to_show(_first_values(row, sample)),
                files=shown_files(request, row.template.definition),
            ),
            common.shown_files(row),
        ),
        "nav_key": common.NAV,
    }
    return render(request, "contactcenter/campaigns/values.html", context, status=422 if form.is_bound else 200)


def _first_values(row, sample):
    cells = sample[0] if sample else []
    at = row.columns.get("name", -1)
    name = cells[at].strip() if 0 <= at < len(cells) else ""
    return mapping.fill(row.mapping, cells=cells, name=name)


@require_http_methods(["GET", "POST"])
@role_required(*lifecycle.RUNNERS)
def campaign_rules(request, business_slug):
    """What the business holds its campaigns to, and its saved segments."""
    row = CampaignRules.objects.filter(business=request.business).first()
    held = rules.of_business(request.business.pk)
    form = RulesForm(
        request.POST or None,
        instance=row or CampaignRules(business=request.business),
        initial={field: getattr(held, field) for field in rules.FIELDS},
    )
    may_change = request.role in MANAGERS
    if request.method == "POST" and may_change and form.is_valid():
        form.save()
        audit.record(audit.to_translate("rules of campaigns changed"), request.business.name, actor=request.user)
        messages.success(request, _("Saved. Campaigns that run keep their own quiet hours."))
        return redirect("campaigns:campaign_rules", business_slug)
    context = {
        "form": form,
        "may_change": may_change,
        "segments": Segment.objects.order_by("name")[:200],
        "nav_key": common.NAV,
    }
    return render(request, "contactcenter/campaigns/rules.html", context, status=422 if form.is_bound else 200)


@require_POST
@role_required(*lifecycle.RUNNERS)
def segment_delete(request, business_slug, reference):
    """Forget a segment. Campaigns that were made with it keep their people."""
    segment = get_object_or_404(Segment, reference=reference)
    segments.delete(segment, actor=request.user)
    return redirect("campaigns:campaign_rules", business_slug)
