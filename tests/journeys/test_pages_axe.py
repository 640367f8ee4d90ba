"""Every page for everybody: no violation that axe knows, and no sideways scroll, small and large, light and dark."""

import re

import pytest

from tests.journeys import pages
from tests.journeys.eyes import Readers, violations_of
from tests.journeys.furniture import furnish
from tests.journeys.stack import eventually
from tests.journeys.way import Company, Way, found_business

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def readers(browser):
    return Readers(browser)


@pytest.fixture(scope="module")
def draft(stack, browser):
    """Somebody whose application is half done: every page of the wizard is open; another business waits beside it."""
    other = Way(stack, browser, None, Company(
        name="Óptica Mirador", site="optica-mirador", owner="Tomás Pardo", owner_email="tomas@mirador.example",
        national="602 285 0133", digits="576022850133", portfolio="506914307650001", sector="RETAIL",
        legal_name="Inversiones Mirador S. A. S.", activity="Vendemos lentes y avisamos cuando un pedido está listo.",
    ))  # fmt: skip
    other.reach("answered")
    other.owner.goto(f"{stack.url}/new/")
    found_business(other.owner, "Óptica Mirador Norte")
    yield other
    other.owner.context.close()


@pytest.fixture(scope="module")
def places(way, draft, browser):
    """Addresses that carry references, on the pages of the business that is live."""
    return furnish(way.reach("live"), draft, browser)


def address(way, places, path):
    """The whole address of a line of ``pages``: with references, of the program, or of the business."""
    path = re.sub(r"\{(\w+)\}", lambda match: places[match[1]], path)
    if path.startswith("http"):
        return path
    return way.stack.url + path if path.startswith("/") else way.address(path)


def named(listed):
    return pytest.mark.parametrize(("name", "path"), listed, ids=[f"{name} {path}" for name, path in listed])


@named(pages.PUBLIC)
def test_a_public_page_is_for_everybody(way, readers, places, name, path):
    assert readers.look_at(address(way, places, path)) == []


@named(pages.OWNER)
def test_a_page_of_an_owner_is_for_everybody(way, readers, places, name, path):
    assert readers.look_at(address(way, places, path), way.owner) == []


@named(pages.DRAFT)
def test_a_page_of_the_application_is_for_everybody(readers, draft, name, path):
    assert readers.look_at(address(draft, {}, path), draft.owner) == []


@named(pages.AGENT)
def test_a_page_of_an_agent_is_for_everybody(way, readers, places, name, path):
    assert readers.look_at(address(way, places, path), way.agent) == []


@pytest.mark.parametrize("path", pages.SANDBOX)
def test_a_page_of_the_sandbox_is_for_everybody(stack, readers, places, path):
    assert readers.look_at(places[path[1:-1]] if path == "{chat}" else stack.sandbox_url + path) == []


@pytest.fixture(scope="module")
def staff(way):
    """Somebody of the house in the admin, after the way to live has filled it; something odd came in by webhook."""
    way.reach("live")
    assert way.stack.post_webhook(b"Signed by Meta and no JSON") == 200

    def is_listed():
        way.staff.goto(f"{way.stack.url}/admin/providers/unknownevent/")
        return way.staff.locator("#result_list tbody a").count()

    eventually(is_listed, 60, "the odd delivery in the admin")
    return way.staff


@named(pages.ADMIN)
def test_a_page_of_the_admin_is_for_everybody(stack, staff, readers, name, path):
    url = stack.url + path.removesuffix("{first}")
    if path.endswith("{first}"):
        staff.goto(url)
        url = stack.url + staff.locator("#result_list tbody a").first.get_attribute("href")
    without = pages.ADMIN_WITHOUT_ANYWHERE | pages.ADMIN_WITHOUT.get(name, set())
    assert readers.look_at(url, staff, loads_scheme=True, wide=True, without=without) == []


def test_axe_would_say_something(browser):
    """The same look at a page with faults finds them, so the silence above means something."""
    page = browser.new_page()
    page.set_content("<html><body><img src=x><p style='color:#aaa;background:#fff'>Pale words</p></body></html>")
    found = {line.split(":")[0] for line in violations_of(page)}
    page.close()
    assert {"image-alt", "color-contrast", "html-has-lang"} <= found
