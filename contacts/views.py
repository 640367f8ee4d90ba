"""Consent pages: who may be written to first, since when, and how that can be shown."""

import uuid

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from config.clock import now
from contacts import queries
from contacts.forms import ConsentForm, ProofForm
from contacts.models import ConsentEvent, ConsentKind, ConsentSource, Contact
from contacts.services import consent, proof
from tenants import audit
from tenants.decorators import role_required
from tenants.enums import ANSWERERS, MANAGERS

LINES = 200


@require_GET
@role_required()
def contact_list(request, business_slug):
    """People and whether they agreed, by name."""
    query = request.GET.get("q", "").strip()[:100]
    rows, cursor = queries.contact_page(query, after=_cursor(request.GET.get("after", "")))
    sources = dict(ConsentSource.choices)
    for row in rows:
        row.source_label = sources.get(row.consent_source, "")
    context = {
        "contacts": rows,
        "query": query,
        "next_cursor": f"{cursor[1]}~{cursor[0]}" if cursor else "",
        "is_first_page": "after" not in request.GET,
        "may_import": request.role in MANAGERS,
        "nav_key": "permissions",
    }
    return render(request, "contacts/contact_list.html", context)


def _cursor(text):
    pk, found, name_key = text.partition("~")
    return (name_key, int(pk)) if found and pk.isdecimal() and len(pk) < 18 else None


@require_GET
@role_required()
def contact_detail(request, business_slug, reference):
    """The ledger of one person."""
    return _page(request, _find(reference), ConsentForm())


def _find(reference):
    contact = get_object_or_404(Contact, reference=reference)
    while contact.merged_into_id is not None:
        contact = contact.merged_into
    return contact


def _page(request, contact, form, status=200):
    lines = ConsentEvent.objects.filter(contact=contact).select_related("actor", "version")
    context = {
        "contact": contact,
        "form": form,
        "answers": {name: consent.may_message(contact, category=name) for name in ("utility", "marketing")},
        "lines": lines.order_by("-occurred_at", "-pk")[:LINES],
        "numbers": [f"+{value}" for value in dict.fromkeys(_numbers(contact))],
        "may_write": request.role in ANSWERERS,
        "nav_key": "permissions",
    }
    return render(request, "contacts/contact_detail.html", context, status=status)


def _numbers(contact):
    kinds = ["wa_id", "phone"]
    return contact.identities.filter(kind__in=kinds).order_by("pk").values_list("value", flat=True)


@require_GET
@role_required()
def contact_proof(request, business_slug, reference):
    """What the ledger said about somebody at any moment, with every line that it held, to look at and to print."""
    contact = _find(reference)
    asked = {"at": "", "purpose": "utility"} | {
        name: request.GET[name] for name in ("at", "purpose") if name in request.GET
    }
    form = ProofForm(asked)
    found = None
    if form.is_valid():
        purpose = form.cleaned_data["purpose"] or "utility"
        found = proof.consent_at(contact, purpose, form.cleaned_data["at"] or now())
    context = {
        "contact": contact,
        "name": contact.name or contact.username or _("Unknown person"),
        "numbers": [f"+{value}" for value in dict.fromkeys(_numbers(contact))],
        "form": form,
        "proof": found,
        "purpose_label": dict(form.fields["purpose"].choices).get(found.purpose) if found else "",
        "made_at": now(),
        "nav_key": "permissions",
    }
    return render(request, "contacts/proof.html", context, status=200 if found else 422)


@require_POST
@role_required(*ANSWERERS)
def consent_record(request, business_slug, reference):
    """Add an opt-in or a request to stop that somebody gave outside WhatsApp."""
    contact = _find(reference)
    form = ConsentForm(request.POST)
    if not form.is_valid():
        return _page(request, contact, form, status=422)
    data = form.cleaned_data
    agreed = data["kind"] == ConsentKind.OPT_IN
    record = consent.record_opt_in if agreed else consent.record_opt_out
    new = record(
        contact,
        source=data["source"],
        key=f"by_hand:{data['key'] or uuid.uuid4()}",
        wording=data["wording"],
        proof={"by": str(request.user)},
        occurred_at=data["occurred_at"],
        actor=request.user,
    )
    if new:
        audit.record(
            audit.to_translate("opt-in recorded") if agreed else audit.to_translate("opt-out recorded"),
            contact.reference,
            actor=request.user,
        )
    messages.success(
        request,
        _("Written down. Templates may be sent now.") if agreed else _("Written down. No template goes out any more."),
    )
    return redirect("contacts:contact_detail", business_slug=business_slug, reference=contact.reference)
