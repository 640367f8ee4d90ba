"""A badge asked for, refused, and asked for again once the wait is over: months pass on the panel's clock.

It is the last of the journeys: the others must not grow months older with it.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import at, fill, press, visitor
from tests.journeys.stack import eventually

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def panel(stack, browser):
    """The sandbox's control panel, where time passes and Meta decides."""
    page = visitor(browser, viewport={"width": 1280, "height": 900})
    page.goto(f"{stack.sandbox_url}/control/")
    yield page
    stack.control("clock", reset=True)
    assert page.problems == []


def let_days_pass(panel, days):
    form = panel.locator("form[action='/control/clock']:has([name=advance_days])")
    fill(form, advance_days=str(days))
    press(form, "button")
    at(panel, "/control/")


def decide(way, panel, approve):
    row = panel.locator("tr", has_text=way.company.digits)  # other journeys may have left a request of theirs
    form = row.locator("form[action='/control/decide']").filter(
        has=panel.locator(f"input[name=approve][value='{int(approve)}']")
    )
    eventually(lambda: panel.reload() and form.count(), 30, "the request on the panel")
    form.first.locator("button").click()
    at(panel, "/control/")


def stands(page, state, timeout=60_000):
    expect(page.locator(f"#badge-state[data-state={state}]")).to_be_visible(timeout=timeout)


def act(page, action):
    return page.locator(f"form[action$='/badge/{action}/']")


def test_a_number_that_is_too_young_keeps_its_answers_until_the_day(way, panel):
    way.reach("activated")
    page, stack = way.owner, way.stack
    page.goto(way.address("numbers/"))
    page.locator("main table a").first.click()
    page.locator("main a[href$='/badge/']").click()
    at(page, "/badge/")
    way.badge_url = page.url
    stands(page, "none")
    way.picture(page, "badge-before")
    press(act(page, "start"))
    stands(page, "draft")
    form = page.locator("#badge-state form:has([name=website])")
    fill(form, link_1="javascript:alert(1)", more="Desde 2009 en Cali.")
    press(form)
    expect(page.locator("[name=link_1]")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("[name=more]")).to_have_value("Desde 2009 en Cali.")
    way.press = f"{stack.sandbox_url}/sites/press/envios-del-valle/"
    fill(form, link_1=way.press, link_2=f"{stack.sandbox_url}/sites/northgate-clinic/")
    page.evaluate("window.neverReloaded = true")
    press(form)
    stands(page, "checked")
    expect(page.locator("section[aria-labelledby=b-evidence] li.ok")).to_have_count(1)
    expect(page.locator("section[aria-labelledby=b-evidence] li.wait")).to_have_count(1)
    expect(act(page, "send")).to_have_count(0)
    way.picture(page, "badge-too-young")

    let_days_pass(panel, 31)
    press(act(page, "check"), "button")
    expect(act(page, "send")).to_be_visible(timeout=60_000)


def test_it_is_sent_and_refused_while_the_page_is_open(way, panel):
    page = way.owner
    press(act(page, "send"))
    expect(page.locator(".error-summary")).to_be_visible()
    fill(act(page, "send"), understood=True)
    press(act(page, "send"))
    stands(page, "pending")
    page.evaluate("window.neverReloaded = true")
    way.picture(page, "badge-pending")

    decide(way, panel, approve=False)

    stands(page, "refused", 90_000)
    assert page.evaluate("window.neverReloaded"), "The page was reloaded."
    expect(act(page, "start")).to_have_count(0)
    way.picture(page, "badge-refused")
    way.letters = eventually(lambda: badge_letters(way), 40, "the mail about the refusal")


def badge_letters(way):
    """The mails to the owner that lead to the page of the badge: one when it was sent, then one for each news."""
    path = re.sub(r"^https?://[^/]+", "", way.badge_url)
    found = [letter for letter in way.stack.letters(way.company.owner_email) if path in letter[1]]
    return found if len(found) >= 2 else None


def test_before_the_day_nothing_can_be_asked_although_the_platform_would_allow_it(way, panel):
    let_days_pass(panel, 45)
    page = way.owner
    page.goto(way.badge_url)
    stands(page, "refused")
    expect(act(page, "start")).to_have_count(0)
    assert len(badge_letters(way)) == len(way.letters), "The reminder came too early."


def test_on_the_day_a_mail_leads_back_and_the_second_request_is_approved(way, panel):
    let_days_pass(panel, 50)
    letters = eventually(
        lambda: (found := badge_letters(way)) and len(found) > len(way.letters) and found, 120, "the reminder"
    )
    assert len(letters) == len(way.letters) + 1
    subject, _text = letters[-1]
    panel.goto(f"{way.stack.sandbox_url}/mail/")
    expect(panel.locator("main table")).to_contain_text(subject)
    panel.locator("main table a", has_text=subject).first.click()
    expect(panel.locator("main")).to_contain_text("/badge/")
    panel.goto(f"{way.stack.sandbox_url}/control/")

    page = way.owner
    page.goto(way.stack.link_in_mail(way.company.owner_email, re.sub(r"^https?://[^/]+", "", way.badge_url)[:-1]))
    stands(page, "refused")
    press(act(page, "start"))
    stands(page, "draft")
    form = page.locator("#badge-state form:has([name=website])")
    expect(form.locator("[name=link_1]")).to_have_value(way.press)
    expect(form.locator("[name=more]")).to_have_value("Desde 2009 en Cali.")
    expect(page.locator("#badge-state .prose-list li").first).to_be_visible()
    way.picture(page, "badge-again")
    fill(form, link_2="", more="Desde 2009 en Cali. Premio a la mejor empresa de envíos de 2026.")
    press(form)
    expect(act(page, "send")).to_be_visible(timeout=60_000)
    fill(act(page, "send"), understood=True)
    press(act(page, "send"))
    stands(page, "pending")

    decide(way, panel, approve=True)

    stands(page, "approved", 90_000)
    expect(page.locator("table tbody tr")).to_have_count(1)
    way.picture(page, "badge-approved")
    page.goto(way.address("numbers/"))
    page.locator("main table a").first.click()
    expect(page.locator(".number-facts .status.ok")).not_to_have_count(0)
    assert page.problems == []
