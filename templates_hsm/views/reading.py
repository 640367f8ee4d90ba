"""The list of templates, one template, and its status while Meta decides."""

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from onboarding.models import Waba
from templates_hsm import presenting
from templates_hsm.forms import CopyForm
from templates_hsm.models import MessageTemplate, TemplateStatus
from templates_hsm.preview import preview
from templates_hsm.services import edits, templates
from templates_hsm.views.interchange import other_businesses, text_for_others
from templates_hsm.views.media import shown_files
from tenants.decorators import role_required
from tenants.enums import MANAGERS

SOON, LATE = 3, 60
"""Seconds between two looks of an open page: at first, and after a while."""


def find(request, reference, *, lock=False):
    """The template of this business, or 404. ``lock`` makes a second click wait for the first."""
    rows = MessageTemplate.objects.filter(business=request.business)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    return get_object_or_404(rows.select_related("waba", "business"), reference=reference)


@require_GET
@role_required()
def template_list(request, business_slug):
    """Every template by name, with its languages and where each stands."""
    rows = MessageTemplate.objects.filter(business=request.business).exclude(status=TemplateStatus.DELETED)
    rows = list(rows.select_related("waba").order_by("name", "waba_id", "language")[: presenting.MOST_IN_LIST])
    wanted = request.GET.get("status", "")
    wanted = wanted if wanted in presenting.FILTERS else ""
    tabs = [
        {
            "label": presenting.filter_label(name),
            "url": f"?status={name}" if name else reverse("templates_hsm:template_list", args=[business_slug]),
            "current": name == wanted,
            "count": sum(statuses is None or row.status in statuses for row in rows),
        }
        for name, statuses in presenting.FILTERS.items()
    ]
    shown = [row for row in rows if not wanted or row.status in presenting.FILTERS[wanted]]
    context = {
        "tabs": [tab for tab in tabs if tab["count"] or tab["current"]],
        "groups": presenting.groups_of(shown),
        "any": bool(rows),
        "cut": len(rows) == presenting.MOST_IN_LIST,
        "accounts": Waba.objects.filter(business=request.business).count(),
        "may_act": request.role in MANAGERS,
    }
    return render(request, "templates_hsm/template_list.html", context)


@require_GET
@role_required()
def template_detail(request, business_slug, reference):
    """One template: what the customer sees, where it stands, what happened, what can be done."""
    return detail_page(request, find(request, reference))


def accounts_of(request):
    """The WhatsApp accounts of the business, each with its numbers."""
    return Waba.objects.filter(business=request.business).order_by("pk").prefetch_related("phone_numbers")


def detail_page(request, template, *, copy_form=None, status=200):
    """The page of one template; ``copy_form`` is one that came back with errors."""
    others = MessageTemplate.objects.filter(business=request.business, waba=template.waba, name=template.name)
    others = others.exclude(status=TemplateStatus.DELETED).order_by("language")
    may_act = request.role in MANAGERS
    editable = presenting.editable(template)
    shown = edits.shown(template)
    checked = editable and (not template.is_changed_in_place or template.changes is not None)
    items = presenting.told(template.written, templates.findings_of(template)) if checked else []
    context = status_context(request, template)
    refused = checked and presenting.is_as_refused(template, context["trouble"], template.written)
    context |= {
        "model": preview(shown, files=shown_files(request, shown)),
        "others": [
            {
                "template": other,
                "language": presenting.language_name(other.language),
                "status": presenting.status_of(other),
            }
            for other in others
        ],
        "language": presenting.language_name(template.language),
        "findings": items,
        "summary": presenting.summary_of(items, refused=refused),
        "editable": editable and may_act,
        # What Meta refused is sent again from the builder, after something was changed.
        "ready": (template.status == TemplateStatus.DRAFT or bool(template.changes))
        and not any(item.kind == "stop" for item in items),
        "deletable": may_act
        and not template.provider_id
        and template.status in {TemplateStatus.DRAFT, TemplateStatus.REFUSED},
        "may_act": may_act,
        "copy_form": copy_form
        or CopyForm(
            initial={"name": template.name, "language": template.language, "account": template.waba.reference},
            wabas=accounts_of(request),
        ),
        "other_businesses": other_businesses(request) if may_act else [],
        "copy_text": text_for_others(template) if may_act else "",
        "nav_key": "templates",
    }
    return render(request, "templates_hsm/template_detail.html", context, status=status)


@require_GET
@never_cache
@role_required()
def template_status(request, business_slug, reference):
    """The part of the page that follows by itself."""
    return render(request, "templates_hsm/_status.html", status_context(request, find(request, reference)))


def _decided_at(template):
    """When Meta decided about what was handed in last; the decision about a former text says nothing."""
    handed_in, decided = template.submitted_at, template.decided_at
    return decided if decided and (handed_in is None or decided >= handed_in) else None


def status_context(request, template):
    """The status, its reason, the facts and the history, and when to look again."""
    looks = request.GET.get("n", "0")
    looks = min(int(looks), 99) if looks.isdecimal() and len(looks) < 4 else 0
    moving = template.status in presenting.MOVING or bool(template.wish)
    return {
        "template": template,
        "status": presenting.status_of(template),
        "trouble": presenting.trouble_of(template),
        "category": presenting.category_name(template.category),
        "previous_category": presenting.category_name(template.previous_category),
        "correct_category": presenting.category_name(template.correct_category),
        "quality": presenting.quality_of(template),
        "history": presenting.history_of(template),
        "decided_at": _decided_at(template),
        "moving": moving,
        "seconds": min(round(SOON * 1.15**looks), LATE) if moving else None,
        "looks": looks + 1,
    }
