"""The public opt-in page. It answers everybody alike: nobody learns from it whether a number is known."""

import re

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from onboarding.forms.reach import OptInForm
from onboarding.services import chat_links, optin_pages
from tenants.tenancy import business_scope

_CODE = re.compile(rf"[{chat_links.ALPHABET}]{{{optin_pages.CODE_LENGTH}}}")
LANGUAGE_NAMES = {"es": "Español", "pt-br": "Português", "en": "English"}


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def optin(request, token):
    """Show the page in the reader's language; take in what somebody sends."""
    page, texts, language = _open(request, token)
    with translation.override(language):
        if request.method == "POST":
            return _take_in(request, page, texts, language)
        via = request.GET.get("via", "")
        initial = {
            "version": texts[language].number,
            "via": via if via in optin_pages.VIA else "web",
            "phone_region": page.business.country,
        }
        form = OptInForm(text=texts[language], initial=initial)
        return _show(request, page, texts, language, form)


def _open(request, token):
    page = optin_pages.find(token)
    if page is None:
        raise Http404
    with business_scope(page.business):
        texts = optin_pages.texts_of(page)
    if not texts:
        raise Http404
    wishes = [request.GET.get("lang", ""), translation.get_language() or "", page.business.language]
    language = next((wish for wish in wishes if wish in texts), next(iter(texts)))
    return page, texts, language


def _name(page):
    return page.phone_number.display_name if page.phone_number_id else page.business.name


def _show(request, page, texts, language, form, status=200):
    languages = [
        {"code": code, "name": LANGUAGE_NAMES[code], "is_current": code == language} for code in texts if len(texts) > 1
    ]
    context = {
        "page": page,
        "text": texts[language],
        "form": form,
        "languages": languages,
        "via": form["via"].value() or "web",
        "language": language,
        "business_name": _name(page),
        "button": _("I agree"),
    }
    response = render(request, "onboarding/optin_public.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    return response


def _take_in(request, page, texts, language):
    address = request.META.get("REMOTE_ADDR") or None
    with business_scope(page.business):
        may = optin_pages.count_attempt(page, address)
    if not may:
        response = render(request, "onboarding/optin_closed.html", {"business_name": _name(page)}, status=429)
        response["Retry-After"] = "3600"
        return response
    text = texts[language]
    form = OptInForm(request.POST, text=text)
    if request.POST.get("website"):
        return _thank(page, language, chat_links.new_code(optin_pages.CODE_LENGTH))
    valid = form.is_valid()
    if valid and form.cleaned_data["version"] != text.number:
        form.add_error(None, _("The words have changed meanwhile. Read them again before you agree."))
        form.data = form.data.copy()
        form.data["version"] = text.number
        valid = False
    if not valid:
        return _show(request, page, texts, language, form, status=422)
    data = form.cleaned_data
    sender = optin_pages.Sender(
        ip=address,
        user_agent="".join(sign for sign in request.headers.get("User-Agent", "") if sign.isprintable())[:200],
        via=data["via"] if data["via"] in optin_pages.VIA else "web",
    )
    with business_scope(page.business):
        row = optin_pages.submit(
            page,
            text,
            phone=data["digits"],
            name=data["name"],
            promotions=data.get("promotions", False),
            sender=sender,
        )
    return _thank(page, language, row.code)


def _thank(page, language, code):
    address = reverse("onboarding:optin_thanks", kwargs={"token": page.token, "code": code})
    return redirect(f"{address}?lang={language}")


@login_not_required
@never_cache
@require_GET
def thanks(request, token, code):
    """The same words for everybody, with the message that confirms. It asks no table about the code."""
    page, texts, language = _open(request, token)
    if not _CODE.fullmatch(code):
        raise Http404
    with translation.override(language):
        words = _("Yes, I want to hear from %(business)s.") % {"business": _name(page)}
        context = {
            "page": page,
            "business_name": _name(page),
            "url": chat_links.chat_url(page.phone_number.e164, f"{words} #{code}") if page.phone_number_id else "",
            "message": f"{words} #{code}",
            "languages": [],
        }
        response = render(request, "onboarding/optin_thanks.html", context)
        response["X-Robots-Tag"] = "noindex"
        return response
