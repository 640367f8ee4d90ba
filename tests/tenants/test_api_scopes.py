"""Keys that are limited to scopes."""

import re

import pytest
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from contactcenter.api import scopes as areas
from tenants import api_scopes
from tenants.models import ApiKey, AuditEvent
from tenants.services import api_keys
from tenants.tenancy import business_scope
from tests import builders

pytestmark = pytest.mark.django_db


def header(acme, olga, scopes):
    with business_scope(acme):
        _row, key = api_keys.create(acme, "Shop", actor=olga, scopes=scopes)
    return {"Authorization": f"Bearer {key}"}


def views(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern) and route.startswith("api/v1/"):
            yield route, getattr(pattern.callback, "cls", None)


def test_every_call_of_the_api_has_a_scope_that_people_can_tick():
    known = dict(api_scopes.choices())
    business_views = [(route, view) for route, view in views(get_resolver().url_patterns) if hasattr(view, "area")]
    missing = [
        (route, method)
        for route, view in business_views
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if hasattr(view, method.lower()) and api_scopes.needed(view, method) not in known
    ]

    assert len(business_views) > 20
    assert missing == []


def test_a_key_reads_what_it_may_and_is_told_which_scope_it_lacks(client, acme, olga):
    limited = header(acme, olga, ["campaigns.read"])

    assert client.get("/api/v1/campaigns/", headers=limited).status_code == 200
    refused = client.post("/api/v1/campaigns/", {}, content_type="application/json", headers=limited)
    other = client.get("/api/v1/usage/", headers=limited)

    assert refused.status_code == other.status_code == 403
    error = refused.json()["error"]
    assert (error["code"], error["scope"]) == ("scope_missing", "campaigns.write")
    assert "campaigns.write" in error["message"] and "API keys" in error["what_to_do"]
    assert "costs.read" in other.json()["error"]["message"]


def test_checking_a_template_changes_nothing_so_reading_is_enough(client, acme, olga):
    limited = header(acme, olga, ["templates.read"])

    lint = client.post("/api/v1/templates/lint/", {"name": "x"}, content_type="application/json", headers=limited)
    made = client.post("/api/v1/templates/", {"name": "x"}, content_type="application/json", headers=limited)

    assert (lint.status_code, made.status_code) == (200, 403)


def test_sending_without_reading(client, acme, olga):
    limited = header(acme, olga, ["messages.write"])

    assert client.get("/api/v1/conversations/", headers=limited).status_code == 403
    assert client.post("/api/v1/messages/", {}, content_type="application/json", headers=limited).status_code == 400


def test_a_key_from_before_scopes_may_everything(client, acme, olga):
    everything = header(acme, olga, None)

    for path in ("campaigns/", "usage/", "conversations/", "templates/"):
        assert client.get(f"/api/v1/{path}", headers=everything).status_code == 200


def test_members_are_held_to_their_role_and_not_to_scopes(client, acme, olga):
    client.force_login(olga)

    assert client.get("/api/v1/usage/", headers={"X-Business": acme.slug}).status_code == 200


def test_the_page_makes_shows_and_changes_scopes(client, acme, olga):
    client.force_login(olga)
    address = f"/b/{acme.slug}/api-keys/"

    none = client.post(address, {"name": "Shop", "reach": "some"})
    made = client.post(address, {"name": "Shop", "reach": "some", "scopes": ["messages.write", "contacts.read"]})
    key = re.search(r"umb_[\w-]{30,}", made.content.decode())[0]
    row = ApiKey.objects.get()

    assert none.status_code == 422 and row.scopes == ["messages.write", "contacts.read"]
    assert "Send messages" in client.get(address).content.decode()

    page = client.get(f"{address}{row.reference}/").content.decode()
    assert re.search(r'value="messages.write"[^>]*checked', page)
    changed = client.post(f"{address}{row.reference}/", {"reach": "some", "scopes": ["costs.read"]})
    bearer = {"Authorization": f"Bearer {key}"}
    client.logout()

    assert changed.status_code == 302
    assert client.get("/api/v1/usage/", headers=bearer).status_code == 200
    assert client.get("/api/v1/contacts/", headers=bearer).status_code == 403
    with business_scope(acme):
        details = AuditEvent.objects.get(verb="API key changed").details
    assert (details["before"], details["scopes"]) == ("messages.write contacts.read", "costs.read")


def test_agents_cant_widen_a_key(client, acme, olga):
    header(acme, olga, ["costs.read"])
    client.force_login(builders.member(acme, "ines", role="agent"))

    assert client.post(f"/b/{acme.slug}/api-keys/{ApiKey.objects.get().reference}/", {"reach": "all"}).status_code in (
        403,
        404,
    )
    assert ApiKey.objects.get().scopes == ["costs.read"]


def test_the_openapi_page_names_the_scope_of_each_call(client):
    schema = client.get("/api/schema/?format=json").json()

    call = schema["paths"]["/api/v1/campaigns/"]["post"]
    assert call["x-scope"] == "campaigns.write" and "`campaigns.write`" in call["description"]


def test_areas_can_be_registered_again():
    before = api_scopes.choices()
    areas.register_all()

    assert api_scopes.choices() == before
