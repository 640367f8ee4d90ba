"""The file of a media header: checked by its bytes, kept privately, handed to Meta as a sample, shown to the business.

Kinds and sizes: Meta, Template components, 2025-11-04 (JPEG and PNG up to 5 MB, MP4 up to 16 MB, PDF up to 100 MB).
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db.models import Count, Sum
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from config.clock import now
from providers.base import Action, ProviderError
from templates_hsm.components import read
from templates_hsm.components.media import handles_of, own_file, own_files, own_handle, with_handles
from templates_hsm.models import TemplateMedia, in_a_day
from tenants import audit, files
from tenants.tenancy import business_scope

MB = 1024 * 1024
LIMITS = {"IMAGE": 5 * MB, "VIDEO": 16 * MB, "DOCUMENT": 100 * MB}
FILES_PER_BUSINESS, BYTES_PER_BUSINESS = 1000, 2048 * MB
"""House rule: enough for every template an account may have, too little for a store of something else."""
ACCEPT = "image/jpeg,image/png,video/mp4,application/pdf,.jpg,.jpeg,.png,.mp4,.pdf"
HANDLE_LIFE = timedelta(hours=1)
"""How long the handle of an upload is used again. Meta publishes no end; a later try uploads anew."""

_TOO_LARGE = {
    "IMAGE": _("The picture has %(size)s. WhatsApp takes up to %(limit)s at the top of a template: make it smaller."),
    "VIDEO": _("The video has %(size)s. WhatsApp takes up to %(limit)s at the top of a template: cut it shorter."),
    "DOCUMENT": _("The PDF has %(size)s. WhatsApp takes up to %(limit)s at the top of a template: leave pages out."),
}
_NEARLY = (
    (lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", _("This is a WebP picture. Save it as JPEG or PNG.")),
    (lambda head: head[:4] == b"GIF8", _("This is a GIF. Save it as JPEG or PNG, or as an MP4 video if it moves.")),
    (lambda head: head[4:8] == b"ftyp" and head[8:11] in (b"hei", b"hev", b"mif"),
     _("This is a HEIC picture, as iPhones make them. Save it as JPEG.")),
    (lambda head: head[4:8] == b"ftyp", _("This is a video or sound of another kind. Save it as an MP4 video.")),
    (lambda head: head[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
     _("This is an Office file or an archive. Save the document as PDF.")),
)  # fmt: skip
_NOT_TAKEN = _("WhatsApp takes a JPEG or PNG picture, an MP4 video or a PDF at the top of a template. This is none.")


@dataclass(frozen=True, slots=True)
class Found:
    """What a file is by its bytes."""

    kind: str
    mime_type: str
    ending: str


def examine(upload):
    """What an uploaded file is. Raises ``ValidationError`` with a sentence that says what to do instead."""
    upload.seek(0)
    head = upload.read(64)
    upload.seek(0)
    if not head:
        raise ValidationError(_("The file is empty. Save it again, then upload it."), code="empty")
    found = _kind(head)
    if found is None:
        raise ValidationError(next((words for fits, words in _NEARLY if fits(head)), _NOT_TAKEN), code="wrong_type")
    if upload.size > LIMITS[found.kind]:
        sizes = {"size": filesizeformat(upload.size), "limit": filesizeformat(LIMITS[found.kind])}
        raise ValidationError(_TOO_LARGE[found.kind], code="too_large", params=sizes)
    return found


def _kind(head):
    if head.startswith(b"\xff\xd8\xff"):
        return Found("IMAGE", "image/jpeg", ".jpg")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Found("IMAGE", "image/png", ".png")
    if head.startswith(b"%PDF-"):
        return Found("DOCUMENT", "application/pdf", ".pdf")
    brand = head[8:12]
    if head[4:8] == b"ftyp" and not brand.startswith((b"3g", b"hei", b"hev", b"mif", b"M4A", b"M4B", b"qt", b"avif")):
        return Found("VIDEO", "video/mp4", ".mp4")
    return None


def keep(business, upload, *, actor):
    """Keep an uploaded file; the same bytes again give the row that is there. Raises ``ValidationError``."""
    found = examine(upload)
    stored, size, digest = files.store(business, upload, found.ending)
    try:
        same = TemplateMedia.objects.filter(business=business, sha256=digest, kind=found.kind).first()
        # Whoever sweeps waits for this row's lock and then sees that it is used.
        if same is not None and not TemplateMedia.objects.filter(pk=same.pk).update(look_after=in_a_day()):
            same = None
        if same is None:
            _check_room(business, size)
            row = TemplateMedia.objects.create(
                business=business,
                kind=found.kind,
                file=stored,
                file_name=files.clean_name(upload.name or "", found.ending)[-200:],
                mime_type=found.mime_type,
                size=size,
                sha256=digest,
                created_by=actor,
            )
            audit.record(audit.to_translate("header file uploaded"), row.file_name, actor=actor, sha256=digest)
            return row
    except BaseException:
        default_storage.delete(stored)
        raise
    default_storage.delete(stored)
    return same


def _check_room(business, size):
    used = TemplateMedia.objects.filter(business=business).aggregate(files=Count("pk"), size=Sum("size"))
    if used["files"] >= FILES_PER_BUSINESS or (used["size"] or 0) + size > BYTES_PER_BUSINESS:
        raise ValidationError(
            _("Your business has used up its room for files of templates. Write to us."), code="quota"
        )


def handle_of(media):
    """How a definition names this file."""
    return own_handle(media.kind, media.reference)


def rows_of(definition):
    """``{reference: TemplateMedia}`` of the files of ours that a definition names and that are there."""
    wanted = own_files(definition)
    if not wanted:
        return {}
    return {str(row.reference): row for row in TemplateMedia.objects.filter(reference__in=wanted)}


def of_header(definition):
    """The ``TemplateMedia`` that a template has at its top, or ``None``."""
    header = read(definition).header
    own = own_file(next(iter(header.handles), "")) if header is not None else None
    return TemplateMedia.objects.filter(reference=own[1]).first() if own else None


def is_missing(definition):
    """Whether the definition names a file of ours that this business doesn't have."""
    wanted = own_files(definition)
    return bool(wanted) and len(rows_of(definition)) < len(wanted)


def is_elsewhere(definition):
    """Whether a sample is one that Meta gave back: an address that ends, which it doesn't take again (§2.4)."""
    return any(handle.startswith(("http://", "https://")) for handle in handles_of(definition))


# To the provider


def handed_over(definition, rows, line):
    """The definition with Meta's handles in place of ours; uploads what has none. Call it outside any scope.

    ``rows`` is what ``rows_of`` said. Raises ``ProviderError``.
    """
    handles = {}
    for reference, row in rows.items():
        if not (row.provider_handle and row.provider_handle_at and row.provider_handle_at > now() - HANDLE_LIFE):
            _upload(row, line)
        handles[reference] = row.provider_handle
    return with_handles(definition, handles)


def _upload(row, line):
    try:
        with default_storage.open(row.file, "rb") as file:
            content = file.read()
    except FileNotFoundError as exc:
        text = "The file of the header is gone. Upload it again."
        raise ProviderError(text, action=Action.NO_RETRY) from exc
    # "app" is the app that the token belongs to.
    app_id = settings.WHATSAPP_APP_ID or "app"
    row.provider_handle = line.upload_sample(
        app_id, content=content, mime_type=row.mime_type, filename=_plain_name(row)
    )
    row.provider_handle_at = now()
    with business_scope(row.business_id):
        TemplateMedia.objects.filter(pk=row.pk).update(
            provider_handle=row.provider_handle, provider_handle_at=row.provider_handle_at
        )


def _plain_name(row):
    """A name that any protocol carries."""
    return f"{row.kind.lower()}{row.file[row.file.rfind('.') :]}"
