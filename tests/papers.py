"""Small files as people upload them; without Django, so that browser journeys can use them too."""


def pdf(words="Certificado"):
    """A small, whole PDF as a scanner writes it; different words make another file."""
    return (
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
        b"trailer\n<< /Root 1 0 R /Info (" + words.encode() + b") >>\nstartxref\n0\n%%EOF\n"
    )
