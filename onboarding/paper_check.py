"""Is this file a document that a person can be asked to open? Decided by its bytes, never by its name or its header.

Nothing is rendered or unpacked whole: pictures are walked by their markers up to their real end, and the streams of a
PDF are inflated only up to a limit. A refusal is a ``ValidationError`` whose sentence says what to do.
"""

import os
import re
import zlib
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

LARGEST = 5 * 1024 * 1024
LONGEST_SIDE, MOST_POINTS, SHORTEST_SIDE = 12_000, 80_000_000, 200
"""A page scanned at 600 dots per inch has some 5,000 by 7,000 points; a decompression bomb has more than this."""
INFLATED_AT_MOST = 24 * 1024 * 1024

PDF, JPEG, PNG = ("application/pdf", ".pdf"), ("image/jpeg", ".jpg"), ("image/png", ".png")
ENDINGS = {".pdf": PDF, ".jpg": JPEG, ".jpeg": JPEG, ".jpe": JPEG, ".jfif": JPEG, ".png": PNG}
ACCEPT = ",".join([".pdf", ".jpg", ".jpeg", ".png", "application/pdf", "image/jpeg", "image/png"])

_MARKUP = re.compile(rb"<(?:script|html|svg|iframe|object|\?php|!doctype\s+html)\b|<\?php", re.IGNORECASE)
_ACTIVE = re.compile(rb"/(?:JavaScript|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE|Movie)\b")
_LOCKED = re.compile(rb"/Encrypt\b")
_STREAM = re.compile(rb"stream\r?\n")


@dataclass(frozen=True, slots=True)
class Paper:
    """What a file is: its MIME type, the ending that fits, and its size in bytes."""

    mime_type: str
    ending: str
    size: int


def examine(file, name=""):
    """What ``file`` (open for reading) is. Raises ``ValidationError`` for everything but a plain PDF, JPEG or PNG."""
    content = _read(file)
    found = _kind(content)
    _compare_with_name(found, name)
    if found is PDF:
        _check_pdf(content)
    else:
        width, height = _walk_jpeg(content) if found is JPEG else _walk_png(content)
        _check_points(width, height)
        if _MARKUP.search(content):
            raise _refused("script", _("There is a program inside this picture. Take a new photo or a screenshot."))
    return Paper(*found, len(content))


def _refused(code, text, **params):
    return ValidationError(text, code=code, params=params)


def _read(file):
    file.seek(0)
    content = file.read(LARGEST + 1)
    file.seek(0)
    if not content:
        raise _refused("empty", _("The file is empty. Save it again, then upload it."))
    if len(content) > LARGEST:
        size = getattr(file, "size", None) or len(content)
        text = _("The file has %(size)s; we take up to %(limit)s. Scan it in grey, or send fewer pages.")
        raise _refused("too_large", text, size=filesizeformat(size), limit=filesizeformat(LARGEST))
    return content


def _kind(content):
    if content.startswith(b"%PDF-"):
        return PDF
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    raise _refused("wrong_type", _what_else(content))


def _what_else(content):
    head = content[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _("This is an archive or an Office document. We don't open archives: save it as PDF and upload that.")
    if content.startswith((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")):
        return _("This is an archive. Upload the PDF or the picture itself; we don't open archives.")
    if b"<svg" in head or head.startswith((b"<?xml", b"<!doctype", b"<html", b"<script")):
        return _("This is a web page or an SVG drawing, which can carry a program. Save it as PDF and upload that.")
    if content[4:8] == b"ftyp" and content[8:11] in {b"hei", b"hev", b"mif", b"msf", b"avi"}:
        return _("This is a HEIC photo. In the phone's camera settings choose “Most compatible”, or send a screenshot.")
    if content.startswith((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe")):
        return _("This is a program. Upload a PDF, or a photo of the document as JPEG or PNG.")
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return _("This is an old Office document. Save it as PDF and upload that.")
    return _("We take PDF, JPEG and PNG, and this file is none of them, whatever its name says.")


def _compare_with_name(found, name):
    """A wrong ending is a mistake or a trick; either way the person who chose the file can tell."""
    ending = os.path.splitext(name)[1].lower()
    if not ending or (ending in ENDINGS and (ENDINGS[ending] is PDF) == (found is PDF)):
        return
    text = _("The name ends in %(ending)s, but the file is a %(kind)s. Check that it is the right one and rename it.")
    raise _refused("mislabelled", text, ending=ending[:10], kind=found[1][1:].upper())


# PDF


def _check_pdf(content):
    damaged = _refused("damaged", _("The PDF is damaged or incomplete. Save or scan it again, then upload it."))
    end = content.rfind(b"%%EOF")
    if end < 0 or b"obj" not in content:
        raise damaged
    if content[end + 5 :].strip(b"\r\n \t\x00"):
        raise _refused("appended", _("Something else hangs behind the PDF. Print it to a new PDF and upload that one."))
    if _LOCKED.search(content):
        raise _refused("locked", _("The PDF is locked. Print it to a new PDF without a password and upload that one."))
    if _MARKUP.search(content[:1024]) or _is_active(content) or any(map(_is_active, _inflated(content))):
        raise _refused(
            "script", _("The PDF carries a program or another file. Print it to a new PDF and upload that one.")
        )


def _is_active(part):
    """Whether a part names something that acts by itself; ``#4A`` in a name is written out first."""
    if b"#" in part:
        part = re.sub(rb"#([0-9A-Fa-f]{2})", lambda match: bytes([int(match[1], 16)]), part)
    return bool(_ACTIVE.search(part))


def _inflated(content):
    """What object streams hold, as far as it can be inflated within the limit; more than that is refused."""
    left = INFLATED_AT_MOST
    for match in _STREAM.finditer(content):
        head = content[max(0, match.start() - 400) : match.start()]
        head = head[head.rfind(b"obj") :] if b"obj" in head else head
        if b"/ObjStm" not in head and b"/Image" in head:
            continue
        engine = zlib.decompressobj()
        try:
            part = engine.decompress(content[match.end() :], left)
        except zlib.error:
            continue  # not deflated: what it says stands in the file as it is
        left -= len(part)
        if left <= 0:
            raise _refused(
                "bomb", _("The PDF unpacks to far more than its size. Print it to a new PDF and upload that.")
            )
        if b"/ObjStm" in head:
            yield part


# Pictures


def _check_points(width, height):
    if max(width, height) > LONGEST_SIDE or width * height > MOST_POINTS:
        text = _("The picture has %(width)d × %(height)d points; we take up to %(most)d on a side. Save it smaller.")
        raise _refused("too_many_points", text, width=width, height=height, most=LONGEST_SIDE)
    if max(width, height) < SHORTEST_SIDE:
        text = _("The picture has only %(width)d × %(height)d points; nobody can read it. Take a larger photo.")
        raise _refused("too_few_points", text, width=width, height=height)


def _damaged_picture():
    return _refused("damaged", _("The picture is damaged or incomplete. Save it again, then upload it."))


def _more_behind():
    return _refused(
        "appended", _("Something else hangs behind the picture, such as a film. Take a plain photo or a screenshot.")
    )


def _walk_png(content):
    place, width, height, first = 8, 0, 0, True
    while True:
        size = int.from_bytes(content[place : place + 4])
        name = content[place + 4 : place + 8]
        end = place + 12 + size
        if end > len(content) or zlib.crc32(content[place + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            raise _damaged_picture()
        if first:
            if name != b"IHDR" or size != 13:
                raise _damaged_picture()
            width = int.from_bytes(content[place + 8 : place + 12])
            height = int.from_bytes(content[place + 12 : place + 16])
            first = False
        place = end
        if name == b"IEND":
            break
    if place != len(content):
        raise _more_behind()
    return width, height


def _walk_jpeg(content):
    """The size from the frame header, and the real end of the picture, found marker by marker."""
    place, width, height = 2, 0, 0
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            raise _damaged_picture()
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == 0xD9:
            break
        if marker in {0x01, *range(0xD0, 0xD9)}:
            place += 2
            continue
        size = int.from_bytes(content[place + 2 : place + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height = int.from_bytes(content[place + 5 : place + 7])
            width = int.from_bytes(content[place + 7 : place + 9])
        place += 2 + max(size, 2)
        if marker == 0xDA:
            place = _end_of_scan(content, place)
    if content[place : place + 2] != b"\xff\xd9" or not width or not height:
        raise _damaged_picture()
    if content[place + 2 :].strip(b"\x00\r\n \xff"):
        raise _more_behind()
    return width, height


def _end_of_scan(content, place):
    """Where the next marker after packed picture data stands; stuffed bytes and restart marks belong to the data."""
    while (place := content.find(b"\xff", place)) >= 0 and place + 1 < len(content):
        following = content[place + 1]
        if following == 0xFF:
            place += 1
        elif following == 0x00 or 0xD0 <= following <= 0xD7:
            place += 2
        else:
            return place
    raise _damaged_picture()
