"""Files that people of the demo send each other, drawn here so that nobody's photo is needed."""

import struct
import zlib

_WALL, _DOOR, _FLOOR, _BOX, _TAPE, _INK = (
    (222, 214, 200), (92, 70, 54), (150, 142, 132), (196, 154, 104), (226, 200, 160), (60, 52, 46),
)  # fmt: skip


def png(width, height, colour_at):
    """A PNG whose pixels ``colour_at(x, y)`` tells."""
    rows = b"".join(b"\0" + bytes(part for x in range(width) for part in colour_at(x, y)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 6)) + _chunk(b"IEND", b"")


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _parcel_at_the_door(x, y):
    if 210 <= x < 330 and 150 <= y < 250:
        if 262 <= x < 278:
            return _TAPE
        return _INK if 292 <= x < 320 and 170 <= y < 190 else _BOX
    if 60 <= x < 190 and 40 <= y < 240:
        return _INK if (x - 176) ** 2 + (y - 145) ** 2 < 20 else _DOOR
    return _FLOOR if y >= 230 else _WALL


def _dented_box(x, y):
    if 90 <= x < 310 and 60 + abs(x - 200) // 6 <= y < 240:
        if abs((x - 120) - (y - 60)) < 4 or abs(x - 230 + (y - 90) // 2) < 3:
            return _INK
        return _TAPE if 192 <= x < 210 else _BOX
    return _FLOOR


def pdf(title, *lines):
    """A one-page PDF with a title and lines of Latin text."""
    words = [f"BT /F 20 Tf 60 780 Td ({_escaped(title)}) Tj ET"]
    words += [f"BT /F 12 Tf 60 {740 - 22 * n} Td ({_escaped(line)}) Tj ET" for n, line in enumerate(lines)]
    content = "\n".join(words).encode("cp1252")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n" % len(content) + content + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n" % count + table
    return out + end + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))


def _escaped(text):
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


FILES = {
    "parcel": lambda: ("entrega.png", png(400, 300, _parcel_at_the_door), "image/png"),
    "dent": lambda: ("caja.png", png(400, 300, _dented_box), "image/png"),
    "waybill": lambda: (
        "Guía CV-48190.pdf",
        pdf(
            "Guía de entrega CV-48190",
            "Remite: Ferretería Tamayo, Palmira",
            "Recibe: Comercial Ríos, Yumbo",
            "14 cajas, 212 kg. Entregado y firmado.",
        ),
        "application/pdf",
    ),
    "rates": lambda: (
        "Tarifas Valle.pdf",
        pdf("Tarifas dentro del Valle", "Cali, Palmira, Yumbo: mismo día", "Buenaventura y Tuluá: día siguiente"),
        "application/pdf",
    ),
    "letter": lambda: (
        "Referral letter.pdf",
        pdf("Referral letter", "Physiotherapy, six sessions", "Northgate Clinic, Bristol"),
        "application/pdf",
    ),
}
"""Name -> a function that gives ``(file name, bytes, mime type)``."""
