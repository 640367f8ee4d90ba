"""Meta moves a template to a dearer category: sending stops, the price is shown, somebody agrees, sending goes on."""

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import press

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def live(way):
    """A business with an active number and an approved template."""
    return way.reach("template")


def template_of(way):
    """The sandbox's identifier and the name of the template that the page shows."""
    name = way.owner.locator("h1.template-name").inner_text()
    [row] = [row for row in way.stack.control("state")["templates"] if row["name"] == name]
    return row["id"], name


def test_a_category_change_stops_sending_until_somebody_agrees(live):
    way = live
    page = way.owner
    page.goto(way.template_url)
    node, name = template_of(way)
    way.stack.control("template", id=node, category="MARKETING")

    agree = page.locator("form[action$='/agree/'] button")
    for _look in range(30):
        page.reload()
        if agree.count():
            break
        page.wait_for_timeout(1000)
    expect(agree).to_be_visible()
    category = page.locator("#category")
    expect(category).to_contain_text("USD")
    way.picture(page, "template-category-moved")

    page.goto(way.address("templates/"))
    expect(page.locator(".notice.stop a[href*='/templates/']")).to_have_count(1)
    way.picture(page, "template-list-waits")
    assert refused(way, name), "The gate let a template through whose price nobody agreed to."

    page.goto(way.template_url)
    page.locator("form[action$='/agree/'] button").click()
    page.wait_for_load_state()
    expect(page.locator("form[action$='/agree/']")).to_have_count(0)
    expect(page.locator("#category")).to_contain_text("USD")
    way.picture(page, "template-category-agreed")
    assert not refused(way, name), "Sending stayed blocked after somebody agreed."


def refused(way, name):
    """Whether a campaign with this template can't be made, as its first page says."""
    page = way.owner
    page.goto(way.address("campaigns/new/"))
    form = page.locator("main form:has([name=template])")
    form.locator("[name=name]").fill("Prueba")
    choice = form.locator("[name=template] option", has_text=name).first.get_attribute("value")
    form.locator("[name=template]").select_option(choice)
    press(form)
    page.wait_for_load_state()
    return page.locator("main form:has([name=audience])").count() == 0
