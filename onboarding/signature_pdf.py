"""The signed statement as a PDF, in the language in which it was signed.

It is drawn from the kept record alone, so it says exactly what the digest covers. The font is Bitstream Vera, which
comes with reportlab under its own free licence; letters that it lacks are written as their Unicode number.
"""

import io
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import reportlab
import segno
from django.conf import settings
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _
from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import HRFlowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

REGULAR, BOLD = "Vera", "VeraBd"
INK, QUIET = HexColor("#201a17"), HexColor("#5c534d")
MODULE = 2.1
"""Side of one square of the QR code, in points."""


@cache
def _fonts():
    """Load both fonts once; returns which letters they can draw."""
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)


def drawable(text):
    """``text`` with every letter that the font lacks written as its number, for example ``[U+1F4E6]``."""
    known = _fonts()
    return "".join(sign if ord(sign) in known or sign == "\n" else f"[U+{ord(sign):04X}]" for sign in text)


def _style(name=REGULAR, size=9.5, **more):
    leading = more.pop("leading", size * 1.45)
    return ParagraphStyle(
        name, fontName=name, fontSize=size, leading=leading, textColor=INK, alignment=TA_LEFT, splitLongWords=1, **more
    )


def _paragraph(text, **style):
    return Paragraph(escape(drawable(str(text))).replace("\n", "<br/>"), _style(**style))


def verify_url(proof):
    """Where anybody who holds the PDF can have the digest recomputed."""
    return settings.PUBLIC_URL + reverse("onboarding:verify_signature", args=[proof.reference])


def build(proof):
    """The PDF of a ``services.statement.Proof``, as bytes. The same proof gives the same bytes."""
    _fonts()
    with translation.override(proof.language or None):
        out = io.BytesIO()
        title = _("Signed statement")
        document = SimpleDocTemplate(
            out,
            pagesize=A4,
            leftMargin=22 * mm,
            rightMargin=22 * mm,
            topMargin=20 * mm,
            bottomMargin=22 * mm,
            title=f"{title} {proof.code}",
            author=drawable(proof.business),
            subject=proof.digest,
            lang=proof.language,
            invariant=1,
        )
        document.build(list(_story(proof, title)), onFirstPage=_foot(proof), onLaterPages=_foot(proof))
        return out.getvalue()


def _story(proof, title):
    yield _paragraph(f"{settings.PRODUCT_NAME} · {proof.code} · {proof.business}", size=9)
    yield _paragraph(title, name=BOLD, size=18, spaceBefore=4, spaceAfter=10)
    first, *rest = proof.lines
    yield _paragraph(first, name=BOLD, size=11, spaceAfter=4)
    for line in rest:
        yield _paragraph(line, spaceAfter=3) if line else Spacer(1, 4)
    yield Spacer(1, 8)
    yield HRFlowable(width="100%", thickness=0.6, color=QUIET)
    yield Spacer(1, 6)
    yield KeepTogether([_facts(proof), Spacer(1, 10), _how_to_verify(proof)])


def _facts(proof):
    values = proof.values
    rows = [
        (_("Signed by"), values["name"]),
        (_("When"), f"{formats.date_format(proof.signed_at, 'DATE_FORMAT')}, {proof.signed_at:%H:%M:%S} UTC"),
        (_("From the network address"), values["from"] or _("Not known")),
        (_("With the program"), values.get("agent") or _("Not known")),
        (_("Version of the rules"), values["policy_version"]),
        (_("Digest (SHA-256)"), proof.digest),
    ]
    table = Table(
        [[_paragraph(label, name=BOLD, size=8.5), _paragraph(value, size=8.5)] for label, value in rows],
        colWidths=[46 * mm, None],
        hAlign="LEFT",
    )
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return table


def _how_to_verify(proof):
    url = verify_url(proof)
    words = [
        _paragraph(_("How to check it"), name=BOLD, size=9.5, spaceAfter=2),
        _paragraph(
            _(
                "Open the address below. We recompute the digest there from what was kept and compare it with the one "
                "above. The record can be downloaded too; its SHA-256 is the digest."
            ),
            size=8.5,
            spaceAfter=3,
        ),
        _paragraph(url, size=8.5),
    ]
    table = Table([[_qr(url), words]], colWidths=[34 * mm, None], hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), ("LEFTPADDING", (0, 0), (0, -1), 0)]))
    return table


def _qr(text):
    rows = list(segno.make(text, error="m", micro=False).matrix)
    side = len(rows) * MODULE
    drawing = Drawing(side, side)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                drawing.add(Rect(x * MODULE, side - (y + 1) * MODULE, MODULE, MODULE, fillColor=INK, strokeColor=None))
    return drawing


def _foot(proof):
    def draw(canvas, document):
        canvas.saveState()
        canvas.setFont(REGULAR, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawString(document.leftMargin, 12 * mm, f"SHA-256 {proof.digest}")
        page = _("Page %(n)d") % {"n": canvas.getPageNumber()}
        canvas.drawRightString(A4[0] - document.rightMargin, 12 * mm, page)
        canvas.restoreState()

    return draw
