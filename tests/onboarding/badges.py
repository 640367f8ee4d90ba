"""What the tests about badges share: a number that fulfils every condition, and pages of the press."""

from datetime import timedelta

from config.clock import now
from onboarding.display_name.fetch import SiteUnreachable, Snapshot, readable_text
from onboarding.models import BadgeRequest, BadgeState
from onboarding.services import badge, badge_links
from tenants.tenancy import business_scope, every_business
from tests import builders

PRESS = "https://diario.example/envios"
ANSWERS = {
    "website": "https://enviosdelvalle.example",
    "country": "CO",
    "language": "es",
    "parent_brand": "",
    "more": "Desde 2009 en Cali.",
}


def article(text, title="Una empresa de Cali"):
    return f"<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"


GOOD = article("La empresa Envíos del Valle cumple quince años repartiendo paquetes en Cali.")


def put_on_the_web(monkeypatch, pages):
    """Let ``pages`` (address -> HTML, a status or the code of a failure) be all there is to read."""

    def fetch(url):
        page = pages.get(url, "dns")
        if isinstance(page, str) and not page.startswith("<"):
            raise SiteUnreachable(page)
        status, html = (page, article("")) if isinstance(page, int) else (200, page)
        return Snapshot(url, url, status, html, readable_text(html), now())

    monkeypatch.setattr(badge_links, "fetch_site", fetch)


def ready_number(of, **fields):
    """A number that has been connected for 60 days in a verified company."""
    waba = fields.pop("waba", None) or builders.waba(of, business_verification="verified", messaging_limit="tier_2k")
    values = {
        "display_name": "Envíos del Valle",
        "pin": "123456",
        "quality_rating": "green",
        "registered_at": now() - timedelta(days=60),
    }
    return builders.phone_number(of, waba=waba, **(values | fields))


def attempt(number, state, **fields):
    """An attempt in a state, as if it had come there."""
    with every_business():
        n = BadgeRequest.objects.filter(phone_number=number).count() + 1
        values = {"attempt": n, "state": state, "links": [{"url": PRESS}]} | ANSWERS | fields
        return BadgeRequest.objects.create(business=number.business, phone_number=number, **values)


def pending(number, **fields):
    asked = fields.pop("asked_at", now() - timedelta(days=2))
    return attempt(number, BadgeState.PENDING, asked_at=asked, sent_at=asked, was_seen_pending=True, **fields)


def refuse(row, at=None):
    with business_scope(row.business):
        return badge.decided(row, approved=False, at=at)


def stored(row):
    with every_business():
        return BadgeRequest.objects.select_related("business", "phone_number__waba").get(pk=row.pk)


def newest(number):
    with business_scope(number.business):
        return badge.latest(number)
