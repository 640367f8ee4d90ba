"""The papers that the demo's companies hand in: one plain page each, marked as invented."""

import io

from django.core.files.base import ContentFile
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from onboarding.signature_pdf import drawable


def paper(title, issuer, company):
    """An upload with a page that says ``title`` about a ``providers.sandbox.companies`` company."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4, invariant=1)
    page.setTitle(drawable(title))
    page.setFont("VeraBd", 15)
    page.drawString(25 * mm, 262 * mm, drawable(title))
    page.setFont("Vera", 10)
    address = ", ".join(part for part in (company.address, company.city, company.region) if part)
    lines = [issuer, "", company.legal_name, company.tax_id, address, company.country, "", "DEMO · UMBRAL"]
    for number, line in enumerate(lines):
        page.drawString(25 * mm, (250 - 7 * number) * mm, drawable(line))
    page.save()
    return ContentFile(out.getvalue(), name=f"{title}.pdf"[-80:])
