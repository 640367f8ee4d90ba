"""Opt-in pages as their business sees them: texts in versions, links to hand out, and who signed up."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from onboarding.forms.reach import OptInForm, OptInPageForm, OptInTextForm, numbers_of, proposal
from onboarding.models import OptInPage, OptInSubmission
from onboarding.services import chat_links, optin_pages
from onboarding.views.pictures import picture_response
from tenants import audit
from tenants.decorators import role_required
from tenants.enums import MANAGERS

NEWEST = 20
LANGUAGE_NAMES = {"es": "Español", "pt-br": "Português", "en": "English"}


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def pages(request, business_slug):
    """The pages of this business, and the form for another one."""
    first = numbers_of(request.business).first()
    initial = {"phone_number": first, "confirms_by_message": first is not None}
    form = OptInPageForm(request.POST or None, business=request.business, initial=initial)
    if request.method == "POST" and form.is_valid():
        page = optin_pages.create(request.business, actor=request.user, **form.cleaned_data)
        audit.record(audit.to_translate("opt-in page made"), page.name, actor=request.user)
        return redirect("onboarding:optin_page", business_slug=business_slug, reference=page.reference)
    rows = list(OptInPage.objects.filter(business=request.business).order_by("-pk")[:100])
    for row in rows:
        row.sent_in = OptInSubmission.objects.filter(page=row).count()
        row.counted = OptInSubmission.objects.filter(page=row).exclude(counted_at=None).count()
    context = {"pages": rows, "form": form, "tab": "pages", "nav_key": "links"}
    return render(request, "onboarding/optin_pages.html", context, status=422 if form.is_bound else 200)


def _find(request, reference):
    rows = OptInPage.objects.select_related("business", "phone_number")
    return get_object_or_404(rows, business=request.business, reference=reference)


@require_GET
@role_required(*MANAGERS)
def page(request, business_slug, reference):
    """One page: whether it is open, its links, its texts, and who signed up."""
    row = _find(request, reference)
    texts = optin_pages.texts_of(row)
    url = optin_pages.url_of(row)
    submissions = OptInSubmission.objects.filter(page=row)
    context = {
        "page": row,
        "url": url,
        "links": [
            ("sms", _("For an SMS"), optin_pages.url_of(row, "sms")),
            ("email", _("For an e-mail"), optin_pages.url_of(row, "email")),
            ("web", _("For your website"), optin_pages.url_of(row, "web")),
        ],
        "button": chat_links.button_html(optin_pages.url_of(row, "web"), _("Get our messages on WhatsApp")),
        "texts": [
            {"language": code, "name": LANGUAGE_NAMES[code], "text": texts.get(code)} for code in optin_pages.LANGUAGES
        ],
        "may_open": bool(texts),
        "sent_in": submissions.count(),
        "counted": submissions.exclude(counted_at=None).count(),
        "submissions": submissions.select_related("contact", "text").order_by("-at", "-pk")[:NEWEST],
        "nav_key": "links",
    }
    return render(request, "onboarding/optin_page.html", context)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def page_text(request, business_slug, reference, language):
    """Write what a page says in one language; look at it first, then keep it as the next version."""
    if language not in optin_pages.LANGUAGES:
        raise Http404
    row = _find(request, reference)
    names = optin_pages.names_of(request.business)
    form = OptInTextForm(request.POST or None, names=names, initial=_initial(row, language))
    if request.method == "POST" and form.is_valid() and "save" in request.POST:
        text = optin_pages.write_text(row, language, actor=request.user, **form.cleaned_data)
        audit.record(
            audit.to_translate("opt-in text written"),
            row.name,
            actor=request.user,
            language=language,
            version=text.number,
        )
        messages.success(request, _("Kept. The page shows it from now on."))
        return redirect("onboarding:optin_page", business_slug=business_slug, reference=reference)
    shown = form.data if form.is_bound else form.initial
    context = {
        "page": row,
        "form": form,
        "language": language,
        "language_name": LANGUAGE_NAMES[language],
        "versions": row.texts.filter(language=language)
        .select_related("agreement", "promotions", "created_by")
        .order_by("-number")[:50],
        "preview": _preview(row, language, shown),
        "nav_key": "links",
    }
    return render(request, "onboarding/optin_text.html", context, status=422 if form.is_bound and form.errors else 200)


def _initial(row, language):
    text = optin_pages.texts_of(row).get(language)
    if text is None:
        return proposal(language, row.phone_number.display_name if row.phone_number_id else row.business.name)
    return {
        "title": text.title,
        "introduction": text.introduction,
        "agreement": text.agreement.text,
        "promotions": text.promotions.text if text.promotions_id else "",
    }


class _Wording:
    """A text that isn't kept yet, in the shape of one that is."""

    def __init__(self, text):
        self.text = text


class _Unkept:
    number = 0

    def __init__(self, said):
        self.title, self.introduction = said.get("title", ""), said.get("introduction", "")
        self.agreement = _Wording(said.get("agreement", ""))
        self.promotions = _Wording(said.get("promotions", ""))
        self.promotions_id = 1 if said.get("promotions", "").strip() else None


def _preview(row, language, said):
    """The public page as people would see it, in its language."""
    text = _Unkept(said)
    with translation.override(language):
        form = OptInForm(text=text, initial={"phone_region": row.business.country}, auto_id="preview_%s")
        name = row.phone_number.display_name if row.phone_number_id else row.business.name
        return {"text": text, "form": form, "business_name": name, "button": _("I agree"), "is_preview": True}


@require_POST
@role_required(*MANAGERS)
def page_open(request, business_slug, reference):
    """Open a page to the public, or close it."""
    row = _find(request, reference)
    if not row.is_open and not row.texts.exists():
        messages.error(request, _("Write what the page says first."))
    else:
        row.is_open = not row.is_open
        row.save(update_fields=["is_open"])
        audit.record(
            audit.to_translate("opt-in page opened") if row.is_open else audit.to_translate("opt-in page closed"),
            row.name,
            actor=request.user,
        )
    return redirect("onboarding:optin_page", business_slug=business_slug, reference=reference)


@require_GET
@role_required(*MANAGERS)
def page_picture(request, business_slug, reference, kind):
    """The QR code of a page."""
    row = _find(request, reference)
    return picture_response(optin_pages.url_of(row, "qr"), kind, "opt-in", "save" in request.GET)
