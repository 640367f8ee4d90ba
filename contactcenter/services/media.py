"""Files of messages: what may be sent, where it lies, how it is fetched, how it may be looked at.

Kinds and sizes follow Meta's "Media" page (2025-11). What a file is, its first bytes say, not its name.
"""

import os
import zipfile
from dataclasses import dataclass
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from tenants.files import clean_name, store, store_bytes

__all__ = [
    "LARGEST", "LIMITS", "Opened", "check_size", "clean_name", "open_file", "open_media", "recognise", "store",
    "store_bytes",
]  # fmt: skip

MB = 1024 * 1024
LIMITS = {"image": 5 * MB, "video": 16 * MB, "audio": 16 * MB, "document": 100 * MB, "sticker": 500 * 1024}
LARGEST = LIMITS["document"]

_OFFICE = {
    "word/": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "xl/": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    "ppt/": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ".pptx"),
}
_OLD_OFFICE = {
    ".doc": "application/msword",
    ".xls": "application/vnd.ms-excel",
    ".ppt": "application/vnd.ms-powerpoint",
}
_SHOWN = frozenset(
    {
        "image/jpeg",
        "image/png",
        "image/webp",
        "video/mp4",
        "video/3gpp",
        "audio/aac",
        "audio/amr",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
    }
)
"""What a browser may show in place; everything else is only handed out for saving."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a file is: the kind of message it makes, its MIME type and the ending that fits."""

    kind: str
    mime_type: str
    ending: str


def recognise(file, name=""):
    """What the bytes of ``file`` (an open file) say that it is; ``ValidationError`` for what WhatsApp refuses."""
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if not head:
        raise ValidationError(_("The file is empty."), code="empty")
    found = _picture_or_sound(head) or _document(head, file, os.path.splitext(name)[1].lower())
    if found is None:
        raise ValidationError(
            _(
                "WhatsApp doesn't take this kind of file. Send JPEG or PNG pictures, MP4 videos, "
                "AAC, AMR, MP3, M4A or OGG sounds, or PDF, text and Office documents."
            ),
            code="wrong_type",
        )
    return Recognised(*found)


def _picture_or_sound(head):
    if head.startswith(b"\xff\xd8\xff"):
        return "image", "image/jpeg", ".jpg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image", "image/png", ".png"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "sticker", "image/webp", ".webp"
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand.startswith(b"3g"):
            return "video", "video/3gpp", ".3gp"
        if brand in {b"M4A ", b"M4B "}:
            return "audio", "audio/mp4", ".m4a"
        return None if brand == b"qt  " or brand.startswith(b"hei") else ("video", "video/mp4", ".mp4")
    if head.startswith(b"OggS"):
        return ("audio", "audio/ogg", ".ogg") if b"OpusHead" in head[:128] else None
    if head.startswith(b"#!AMR"):
        return "audio", "audio/amr", ".amr"
    if head.startswith(b"ID3") or (head[0] == 0xFF and head[1:2] in {b"\xfb", b"\xfa", b"\xf3", b"\xf2"}):
        return "audio", "audio/mpeg", ".mp3"
    if head[0] == 0xFF and head[1:2] in {b"\xf1", b"\xf9"}:
        return "audio", "audio/aac", ".aac"
    return None


def _document(head, file, ending):
    if head.startswith(b"%PDF-"):
        return "document", "application/pdf", ".pdf"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") and ending in _OLD_OFFICE:
        return "document", _OLD_OFFICE[ending], ending
    if head.startswith(b"PK\x03\x04"):
        return _office(file)
    if ending in {".txt", ".csv", ".log", ".md"} and _is_text(head):
        return "document", "text/plain", ending
    return None


def _office(file):
    """Looks at the table of contents only: nothing is unpacked."""
    try:
        names = zipfile.ZipFile(file).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    finally:
        file.seek(0)
    if "[Content_Types].xml" in names:
        for folder, (mime_type, ending) in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return "document", mime_type, ending
    return None


def _is_text(head):
    if b"\x00" in head:
        return False
    try:
        head[: len(head) - 4].decode("utf-8") if len(head) > 8 else head.decode("utf-8")
    except UnicodeDecodeError as exc:
        return exc.start >= len(head) - 8
    return True


def check_size(kind, size):
    """Raise ``ValidationError`` when a file of this kind is too large for WhatsApp."""
    if size > LIMITS[kind]:
        raise ValidationError(
            _("The file has %(size)s. WhatsApp takes at most %(limit)s of this kind."),
            params={"size": filesizeformat(size), "limit": filesizeformat(LIMITS[kind])},
            code="too_large",
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that may be handed to a browser: always with ``nosniff``, in place only when ``inline``."""

    file: IO[bytes]
    content_type: str
    file_name: str
    inline: bool


def open_media(media):
    """Open the file of a ``MessageMedia`` for a view. Raises ``FileNotFoundError`` when it isn't (or no longer) there.

    The caller has checked, by the scope it works in, that the reader may see the message.
    """
    if not media.file:
        raise FileNotFoundError("The file hasn't been fetched yet.")
    return open_file(media.file.name, media.mime_type, media.file_name)


def open_file(stored, mime_type, file_name):
    """Open what lies in the storage under the name ``stored``; otherwise as ``open_media``."""
    mime_type = mime_type.partition(";")[0].strip().lower()
    shown = mime_type in _SHOWN
    return Opened(
        file=default_storage.open(stored, "rb"),
        content_type=mime_type if shown or mime_type == "application/pdf" else "application/octet-stream",
        file_name=clean_name(file_name or os.path.basename(stored)),
        inline=shown,
    )
