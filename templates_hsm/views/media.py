"""The file of a media header: putting one into the form, and showing it to the business that owns it."""

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from templates_hsm.components import read
from templates_hsm.models import TemplateMedia
from templates_hsm.services import header_media
from templates_hsm.views import cards as card_views
from tenants.decorators import role_required

HARMLESS = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Should somebody open the file by itself, nothing in it may run."""


def with_uploads(request, editor, action):
    """The form with every file that was chosen, whichever button was pressed: no browser chooses them again.

    ``(form, problem)``; the problem is the first one, as ``{"media_problem": …}`` or ``{"card_problem": (card, …)}``.
    """
    if "file" in request.FILES:
        editor, problem = _with_upload(request, editor)
        if problem:
            return editor, {"media_problem": problem}
    for index in range(len(editor.cards)):
        if f"card-file-{index}" in request.FILES and card_views.takes_file(editor, index):
            editor, problem = card_views.with_card_upload(request, editor, index)
            if problem:
                return editor, {"card_problem": (index, problem)}
    verb, _colon, rest = action.partition(":")
    if verb == "upload" and "file" not in request.FILES:
        return editor, {"media_problem": _("Choose a file first.")}
    if verb == "card" and f"card-file-{rest}" not in request.FILES:
        return editor, {"card_problem": (int(rest) if rest.isdecimal() else -1, _("Choose a file first."))}
    return editor, {}


def _with_upload(request, editor):
    try:
        media = header_media.keep(request.business, request.FILES["file"], actor=request.user)
    except ValidationError as exc:
        return editor, " ".join(exc.messages)
    return editor.with_media(media.kind, header_media.handle_of(media)), ""


def shown_files(request, *definitions):
    """``{handle: facts}`` of the files that these definitions name: address, name, size, for pages and previews."""
    found = {}
    for definition in definitions:
        for reference, row in header_media.rows_of(definition).items():
            address = reverse("templates_hsm:template_media", args=[request.business.slug, reference])
            found[header_media.handle_of(row)] = {
                "url": address,
                "name": row.file_name,
                "size": row.size,
                "kind": row.kind.lower(),
            }
    return found


def header_card(definition, editor, files):
    """What the form shows of a media header: kind, the file, or that there is none yet. ``None`` for other headers."""
    if not editor.media_kind:
        return None
    handles = read(definition).header
    elsewhere = bool(handles and handles.handles) and editor.media not in files
    return {
        "kind": TemplateMedia.Kind(editor.media_kind).label,
        "file": files.get(editor.media),
        "elsewhere": elsewhere,
    }


@require_GET
@role_required()
def template_media(request, business_slug, reference):
    """The file itself. Pictures and videos are shown in place, a PDF is handed out for saving."""
    row = get_object_or_404(TemplateMedia, business=request.business, reference=reference)
    try:
        opened = default_storage.open(row.file, "rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(
        opened,
        as_attachment=row.kind == TemplateMedia.Kind.DOCUMENT,
        filename=row.file_name,
        content_type=row.mime_type,
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = HARMLESS
    patch_cache_control(response, private=True, max_age=86400)
    return response
