"""What the installation holds before the first fault: two businesses with a live number each, and who may speak.

``prepare`` works from outside, through the provider's API; ``make_rows`` runs inside the program (``manage.py shell``),
because the way through the pages is the journeys' subject and takes minutes.
"""

import json
from dataclasses import dataclass

import requests

from tests.journeys.stack import eventually

BUSINESSES = (("Faro", "faro", "3155550142"), ("Brisa", "brisa", "3155550143"))
QUICK_STATUS = 0.05
"""Seconds until the provider says that it sent a message."""
TEMPLATE = {
    "name": "order_on_its_way",
    "language": "en_US",
    "category": "UTILITY",
    "components": [{"type": "BODY", "text": "Your order leaves today."}],
}


@dataclass(slots=True)
class Tenant:
    """One business as the load sees it."""

    slug: str
    business: int
    number: int
    number_reference: str
    waba_id: str
    phone_number_id: str
    template: str
    key: str
    cookie: str


class Graph:
    """The provider's API, as the partner who sets things up."""

    def __init__(self, stack):
        self.stack = stack
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {stack.secrets['WHATSAPP_ACCESS_TOKEN']}"

    def post(self, path, **body):
        answer = self.http.post(f"{self.stack.sandbox_url}/v26.0/{path}", json=body, timeout=20)
        assert answer.ok, f"{path}: {answer.text}"
        return answer.json()

    def account(self, portfolio, name, phone):
        """A WABA whose webhooks reach us, with one registered number and one approved template."""
        self.http.get(
            f"{self.stack.sandbox_url}/v26.0/{portfolio}", params={"fields": "verification_status"}, timeout=20
        )
        waba = self.post(f"{portfolio}/owned_whatsapp_business_accounts", name=name, currency="USD")["id"]
        self.post(f"{waba}/subscribed_apps")
        number = self.post(f"{waba}/phone_numbers", cc="57", phone_number=phone, verified_name=name)["id"]
        self.post(f"{number}/request_code", code_method="SMS", language="es_CO")
        code = self.stack.control("sms", method="GET", phone="57" + phone)["sms"][0]["code"]
        self.post(f"{number}/verify_code", code=code)
        self.post(f"{number}/register", messaging_product="whatsapp", pin="123456")
        template = self.post(f"{waba}/message_templates", **TEMPLATE)["id"]
        eventually(lambda: self._is_approved(template), 20, "the template's approval")
        return {"waba_id": waba, "phone_number_id": number, "template_id": template}

    def _is_approved(self, template):
        rows = self.stack.control("state")["templates"]
        return any(row["id"] == template and row["status"] == "APPROVED" for row in rows)


def prepare(stack):
    """Both businesses, ready to be written to; a list of ``Tenant``."""
    stack.control("mood", mood="approve", delay=0)
    stack.control("options", sent_after=QUICK_STATUS, delivered_after=0.2, enforce_messaging_limit=False)
    graph, told = Graph(stack), []
    for place, (name, slug, phone) in enumerate(BUSINESSES):
        account = graph.account(f"50691430765663{place}", name, phone)
        told.append({"name": name, "slug": slug, "e164": "+57" + phone} | account)
    code = f"from tests.faults.ground import make_rows; make_rows({json.dumps(told)!r})"
    last = stack.manage("shell", "--verbosity", "0", "-c", code).strip().splitlines()[-1]
    return [Tenant(**row) for row in json.loads(last)]


def make_rows(told):
    """Inside the program: our rows for what the provider has, an API key and a session; prints JSON."""
    from onboarding.services import channels
    from tenants.api_access import make_key
    from tenants.enums import Role
    from tenants.models import ApiKey
    from tenants.tenancy import business_scope
    from tests import builders

    rows = []
    for one in json.loads(told):
        business = builders.business(one["name"], slug=one["slug"])
        owner = builders.member(business, one["slug"], role=Role.OWNER)
        waba = builders.waba(business, waba_id=one["waba_id"], access_token="")
        number = builders.phone_number(
            business, waba=waba, e164=one["e164"], phone_number_id=one["phone_number_id"], throughput=80
        )
        template = builders.template(
            business,
            TEMPLATE["name"],
            waba=waba,
            language=TEMPLATE["language"],
            components=TEMPLATE["components"],
            provider_id=one["template_id"],
        )
        with business_scope(business):
            channels.begin(number)
        key, prefix, digest = make_key()
        ApiKey.objects.create(business=business, name="faults", prefix=prefix, digest=digest)
        rows.append(
            {
                "slug": business.slug,
                "business": business.pk,
                "number": number.pk,
                "number_reference": str(number.reference),
                "waba_id": one["waba_id"],
                "phone_number_id": one["phone_number_id"],
                "template": str(template.reference),
                "key": key,
                "cookie": open_session(owner),
            }
        )
    print(json.dumps(rows))


def open_session(user):
    """Inside the program: the session cookie of somebody who has logged in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key
