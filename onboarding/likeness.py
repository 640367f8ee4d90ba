"""By which traits two applications are the same company: written the same way, whoever typed them and however."""

import re
import unicodedata
from urllib.parse import urlsplit

LONGEST = 200
SHARED_HOSTS = {
    "facebook.com", "instagram.com", "linktr.ee", "wa.me", "google.com", "sites.google.com", "wixsite.com",
    "wordpress.com", "blogspot.com", "mercadolibre.com", "youtube.com", "tiktok.com", "bit.ly",
}  # fmt: skip
"""Sites where many companies have a page: the path counts as well."""
LEGAL_FORM = re.compile(
    r"\b(s ?a ?s|s ?a de c ?v|s de r ?l de c ?v|s ?r ?l|s ?l|s ?a|ltda|ltd|llc|inc|eireli|me|epp|e ?u|gmbh|corp)$"
)


def folded(text):
    """Words in small letters, without accents, signs and a legal form at the end."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", str(text)) if not unicodedata.combining(sign))
    words = " ".join(re.findall(r"\w+", plain.casefold().replace(".", "")))
    return (LEGAL_FORM.sub("", words).strip() or words)[:LONGEST]


def compact(text):
    """Letters and figures only: how tax IDs and numbers are compared."""
    return re.sub(r"[^0-9a-z]", "", str(text).casefold())[:LONGEST]


def site(url):
    """The host of a web address without ``www.``, with its path where many companies share one host; or empty."""
    text = str(url).strip()
    try:
        parts = urlsplit(text if "//" in text else f"//{text}")
        host = (parts.hostname or "").removeprefix("www.")
        port = parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    path = parts.path.strip("/")
    if host.replace(".", "").isdigit() or ":" in host or host == "localhost":
        host = f"{host}:{port or ''}"
        return f"{host}/{path}"[:LONGEST]
    return (f"{host}/{path}" if host in SHARED_HOSTS else host)[:LONGEST]


def keys_of(application):
    """``{(kind, value), …}`` of an application (any object with its answers)."""
    found = {
        ("tax_id", compact(application.tax_id)),
        ("portfolio", compact(application.facebook_business_id)),
        ("phone", compact(application.phone)),
        ("website", site(application.website)),
        ("name", folded(application.brand)),
        ("name", folded(application.legal_name)),
        ("name", folded(application.display_name)),
    }
    return {(kind, value) for kind, value in found if value}
