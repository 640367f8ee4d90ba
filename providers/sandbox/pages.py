"""HTML of the sandbox: Django's template engine on its own folder, languages, static files, safe headers."""

import mimetypes
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.template.backends.django import DjangoTemplates
from django.utils import translation
from django.utils.translation import trans_real

from .http import Response

HERE = Path(__file__).resolve().parent
STATIC = (HERE / "static", HERE.parents[1] / "config" / "static")
POLICY = (
    "default-src 'self'; img-src 'self' data:; media-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)

_engine = None


def set_up():
    """Prepare templates and languages.

    None of the project's apps is loaded: pages need settings, texts and templates only, and start in no time.
    """
    global _engine
    apps.populate(())
    _engine = DjangoTemplates(
        {
            "NAME": "sandbox",
            "DIRS": [HERE / "templates"],
            "APP_DIRS": False,
            "OPTIONS": {
                "builtins": ["django.templatetags.i18n"],
                "autoescape": True,
            },
        }
    )


def language_of(request):
    """The cookie that the product sets, else the browser's wish, else English."""
    wishes = [request.cookie(settings.LANGUAGE_COOKIE_NAME) or ""]
    wishes += [code for code, _ in trans_real.parse_accept_lang_header(request.headers.get("accept-language", ""))]
    for wish in wishes:
        if wish:
            try:
                return translation.get_supported_language_variant(wish)
            except LookupError:
                continue
    return "en"


def render(request, name, context, status=200, form_action=""):
    """A page in the reader's language; ``form_action`` is an origin that its forms may end at as well."""
    with translation.override(language_of(request)):
        html = _engine.get_template(f"sandbox/{name}").render(
            {**context, "language": translation.get_language(), "path": request.path}
        )
    headers = {
        "content-security-policy": f"{POLICY} {form_action}".strip(),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "vary": "Accept-Language, Cookie",
    }
    return Response(html.encode(), status, "text/html; charset=utf-8", headers)


def static_file(path):
    """A file below ``/static/``, from the sandbox's own folder first, then from the project's."""
    wanted = path.removeprefix("/static/")
    for root in STATIC:
        found = (root / wanted).resolve()
        if found.is_relative_to(root) and found.is_file():
            kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
            if kind.startswith("text/"):
                kind += "; charset=utf-8"
            headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
            return Response(found.read_bytes(), 200, kind, headers)
    return Response(b"Not found", 404, "text/plain")
