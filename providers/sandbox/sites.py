"""Websites of the invented companies at ``/sites/<name>/``, so that a display name can be compared with something.

``/sites/press/<name>/`` is what an invented newspaper writes about a company, as evidence for its badge.
"""

import json

from django.utils.safestring import mark_safe

from . import pages, people
from .companies import COMPANIES


def handle(request):
    """The front page of one company, or an article about it; anything else below ``/sites/`` is not found."""
    name = request.path.removeprefix("/sites/").strip("/")
    in_the_press = name.startswith("press/")
    company = COMPANIES.get(name.removeprefix("press/"))
    if company is None or request.method not in ("GET", "HEAD"):
        return pages.render(request, "missing.html", {}, 404)
    if in_the_press:
        return pages.render(request, "sites/article.html", {"company": company})
    context = {
        "company": company,
        "number": people.pretty(company.phone.lstrip("+")),
        "facts": _structured(company, f"{request.origin}/sites/{name}/"),
    }
    return pages.render(request, "sites/front.html", context)


def addresses(origin):
    """``(brand, address)`` of every website, for the control panel."""
    return [(company.brand, f"{origin}/sites/{company.slug}/") for company in COMPANIES.values()]


def _structured(company, url):
    """The company as JSON-LD; ``<`` is escaped, so that nothing in it can end the script."""
    facts = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "name": company.shown_name,
        "legalName": company.legal_name,
        "taxID": company.tax_id,
        "url": url,
        "telephone": company.phone,
        "address": {
            "@type": "PostalAddress",
            "streetAddress": company.address,
            "addressLocality": company.city,
            "postalCode": company.postal_code,
            "addressCountry": company.country,
        },
    }
    return mark_safe(json.dumps(facts, ensure_ascii=False).replace("<", "\\u003c"))
