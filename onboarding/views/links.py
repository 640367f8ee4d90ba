"""Links that open a chat: make one, hand it out as address, button and QR code, see who came through it."""

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.clock import now
from onboarding.forms.reach import ChatLinkEditForm, ChatLinkForm, numbers_of
from onboarding.models import ChatLink, ChatStart
from onboarding.services import chat_links, short_links
from onboarding.views.pictures import bars, picture_response
from tenants import audit
from tenants.decorators import role_required
from tenants.enums import MANAGERS

DAYS = 30
NEWEST = 20
SHOWN = 200


@require_http_methods(["GET", "POST"])
@role_required()
def links(request, business_slug):
    """Every link with how many chats it opened, and the form for another one."""
    may_write = request.role in MANAGERS
    form = ChatLinkForm(request.POST or None, business=request.business)
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if form.is_valid():
            data = form.cleaned_data
            link = chat_links.create(
                data["phone_number"], name=data["name"], greeting=data["greeting"], actor=request.user
            )
            audit.record(audit.to_translate("chat link made"), link.name, actor=request.user)
            return redirect("onboarding:chat_link", business_slug=business_slug, reference=link.reference)
    rows = list(
        ChatLink.objects.filter(business=request.business)
        .select_related("phone_number")
        .order_by("archived_at", "-pk")[:SHOWN]
    )
    counts = chat_links.people(rows)
    for row in rows:
        row.chats, row.people, row.newest = counts.get(row.pk, (0, 0, None))
    context = {
        "links": rows,
        "form": form if may_write and numbers_of(request.business).exists() else None,
        "may_write": may_write,
        "tab": "links",
    }
    return render(request, "onboarding/links.html", context, status=422 if form.is_bound else 200)


def _find(request, reference):
    rows = ChatLink.objects.select_related("phone_number", "phone_number__waba")
    return get_object_or_404(rows, business=request.business, reference=reference)


@require_http_methods(["GET", "POST"])
@role_required()
def link(request, business_slug, reference):
    """One link: its address, button and QR code, and who came."""
    row = _find(request, reference)
    may_write = request.role in MANAGERS
    form = ChatLinkEditForm(request.POST or None, initial={"name": row.name, "greeting": row.greeting})
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied
        if form.is_valid():
            _edit(request, row, form.cleaned_data)
            return redirect("onboarding:chat_link", business_slug=business_slug, reference=reference)
    url = chat_links.url_of(row)
    starts = ChatStart.objects.filter(link=row).select_related("contact").order_by("-at", "-pk")
    chats, people, _newest = chat_links.people([row]).get(row.pk, (0, 0, None))
    context = {
        "link": row,
        "url": url,
        "text": chat_links.text_of(row),
        "button": chat_links.button_html(url, _("Write to us on WhatsApp")),
        "form": form if may_write else None,
        "may_write": may_write,
        "chats": chats,
        "people": people,
        "newcomers": chat_links.newcomers(row) if chats else 0,
        "starts": starts[:NEWEST],
        "chart": bars(chat_links.per_day(row, DAYS, ZoneInfo(request.business.time_zone))),
        "refusal": short_links.what_is_wrong(row),
        "nav_key": "links",
    }
    return render(request, "onboarding/link.html", context, status=422 if form.is_bound else 200)


def _edit(request, row, data):
    changed = row.greeting != data["greeting"]
    row.name, row.greeting = data["name"], data["greeting"]
    row.save(update_fields=["name", "greeting"])
    if changed and row.short_state:
        chat_links.want_short_link(row)
    messages.success(request, _("Kept."))


@require_POST
@role_required(*MANAGERS)
def link_short(request, business_slug, reference):
    """Ask for Meta's own short link; a worker does it."""
    row = _find(request, reference)
    chat_links.want_short_link(row)
    return redirect("onboarding:chat_link", business_slug=business_slug, reference=reference)


@require_POST
@role_required(*MANAGERS)
def link_archive(request, business_slug, reference):
    """Put a link away, or take it out again. It goes on working: what is printed can't be called back."""
    row = _find(request, reference)
    row.archived_at = None if row.archived_at else now()
    row.save(update_fields=["archived_at"])
    audit.record(
        audit.to_translate("chat link put away")
        if row.archived_at
        else audit.to_translate("chat link taken out again"),
        row.name,
        actor=request.user,
    )
    return redirect("onboarding:chat_link", business_slug=business_slug, reference=reference)


@require_GET
@role_required()
def link_picture(request, business_slug, reference, kind):
    """The QR code of a link, of Meta's short link with ``?of=short``."""
    row = _find(request, reference)
    of_short = request.GET.get("of") == "short"
    if of_short and not row.short_url:
        raise Http404
    url = row.short_url if of_short else chat_links.url_of(row)
    return picture_response(url, kind, f"whatsapp-{row.code.lower()}", "save" in request.GET)
