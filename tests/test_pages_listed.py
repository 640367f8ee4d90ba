"""A page that is new is looked at by axe, or somebody wrote down why not."""

from django.urls import URLPattern, URLResolver, get_resolver

from tests.journeys import pages
from tests.test_isolation import filled

ADMIN = "admin:"


def named_routes(patterns, prefix="", namespace=""):
    """``(name, route)`` of every address that has a name."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named_routes(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield namespace + pattern.name, route


ROUTES = list(named_routes(get_resolver().url_patterns))


def is_excused(name):
    """Whether a name of the admin has a written reason not to be looked at."""
    rest = name.removeprefix(ADMIN)
    kind = rest.rsplit("_", 1)[-1]
    return rest in pages.ADMIN_NOT_LISTED or rest.startswith(pages.LIBRARIES) or kind in pages.ADMIN_KINDS_NOT_LISTED


def test_every_page_of_a_business_is_looked_at_or_has_a_reason(client, acme, olga):
    client.force_login(olga)
    forgotten = []
    for name, route in ROUTES:
        if name.startswith(ADMIN) or name in pages.LISTED or name in pages.NOT_LISTED:
            continue
        address = filled(route, acme.slug)
        if client.get(address).status_code != 405:  # what only takes a POST is no page
            forgotten.append(f"{name} ({address})")

    assert not forgotten, "List them in tests/journeys/pages.py, or say there why not: " + ", ".join(forgotten)


def test_every_page_of_the_admin_is_looked_at_or_has_a_reason():
    names = {name for name, _route in ROUTES if name.startswith(ADMIN)}

    assert sorted(name for name in names - pages.LISTED if not is_excused(name)) == []


def test_what_is_listed_is_still_there():
    """A page that went away, or a reason for none, would make the list say more than is looked at."""
    there = {name for name, _route in ROUTES} | {"no such page"}

    assert sorted((pages.LISTED | set(pages.NOT_LISTED)) - there) == []
    assert not pages.LISTED & set(pages.NOT_LISTED)
