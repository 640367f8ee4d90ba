"""Each page and each API address of a business, tried by people who have no business there. New ones are covered."""

import re

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests import builders

SAMPLES = {"uuid": "5f0c2c5e-0000-4000-8000-000000000000", "int": "1", "slug": "sample", "str": "sample"}


def routes(patterns, prefix=""):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route


def filled(route, slug):
    route = route.replace("<slug:business_slug>", slug)
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES.get(match[1] or "str", "1"), route)


BUSINESS_ROUTES = sorted(route for route in routes(get_resolver().url_patterns) if "<slug:business_slug>" in route)
API_ROUTES = sorted(route for route in routes(get_resolver().url_patterns) if route.startswith("api/v1/"))


def test_there_are_pages_to_try():
    assert len(BUSINESS_ROUTES) > 5


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("route", BUSINESS_ROUTES)
def test_a_member_of_another_business_finds_nothing(client, ana, globex, route, method):
    client.force_login(ana)

    assert getattr(client, method)(filled(route, globex.slug)).status_code == 404


@pytest.mark.parametrize("route", BUSINESS_ROUTES)
def test_a_stranger_is_sent_to_log_in(client, globex, route):
    response = client.get(filled(route, globex.slug))

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize("route", API_ROUTES)
def test_the_api_refuses_a_stranger(client, acme, route):
    response = client.get(filled(route, acme.slug))

    assert response.status_code in {401, 403, 405}


@pytest.mark.parametrize("route", API_ROUTES)
def test_the_api_refuses_a_member_who_names_another_business(client, ana, globex, route):
    client.force_login(ana)

    response = client.get(filled(route, globex.slug), headers={"X-Business": globex.slug})

    assert response.status_code in {403, 405}


def test_the_stranger_test_would_notice_an_open_page(client, acme):
    """The same request by a member who may is answered, so the refusals above mean something."""
    client.force_login(builders.member(acme, "olga", role="owner"))

    assert client.get(f"/b/{acme.slug}/people/").status_code == 200
