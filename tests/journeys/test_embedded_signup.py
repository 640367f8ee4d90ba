"""The other door: an applicant connects the account in Facebook's own window, with a popup and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import at, visitor
from tests.journeys.stack import some_digits
from tests.journeys.way import Company, Way, log_in

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def way(stack, browser, shots):
    """A company that is screened and has signed."""
    company = Company(
        name="Laboratorio Aurora",
        site="laboratorio-aurora",
        activity="Recogemos paquetes en Cali y los entregamos en el Valle del Cauca. Avisamos cada entrega.",
        sector="TRAVEL",
        legal_name="Laboratorio Clínico Aurora S. A. S.",
        national="315 555 0177",
        digits="573155550177",
        owner="Aurora Lozano",
        owner_email=f"aurora{some_digits(4)}@aurora.example",
    )
    return Way(stack, browser, shots, company).reach("signed")


def connect_page(way, page):
    page.goto(way.address("onboarding/connect/"))
    expect(page.locator("form[data-signup-form]")).to_be_visible()


def go(window, **given):
    """Fill a screen of the window and go on."""
    for name, value in given.items():
        control = window.locator(f"#screen [name={name}]")
        if control.first.get_attribute("type") == "radio":
            window.locator(f"#screen [name={name}][value='{value}']").check(force=True)
        else:
            control.fill(value)
    window.locator("#screen .button:not(.secondary)").click()
    window.wait_for_load_state()


def new_window(page):
    with page.expect_popup() as opening:
        page.locator("form[data-signup-form] button").click()
    window = opening.value
    window.wait_for_url(re.compile(r"/dialog/[0-9a-f]+"))
    return window


def test_without_scripts_one_goes_there_and_comes_back(way, browser):
    page = visitor(browser, java_script_enabled=False)
    log_in(page, way.stack, way.company.owner_email)
    connect_page(way, page)
    page.locator("form[data-signup-form] button").click()
    page.wait_for_url(re.compile(r"/dialog/[0-9a-f]+"))
    page.locator("form[action$='/cancel'] button").first.click()
    at(page, "/onboarding/connect/")

    expect(page.locator("main .notice.stop")).to_be_visible()
    assert "code=" not in page.url and "state=" not in page.url
    page.context.close()


def test_leaving_in_the_middle_is_said_with_its_screen(way):
    page = way.owner
    connect_page(way, page)
    way.picture(page, "connect")
    window = new_window(page)
    go(window, business="new", business_name=way.company.name)
    go(window, waba="new")
    go(window, waba_name="Aurora", display_name=way.company.name)
    way.picture(window, "connect-window")
    expect(page.locator("#while-open")).to_be_visible()
    window.close()

    notice = page.locator("main .notice.stop")
    expect(notice.locator("p")).to_have_count(2)  # what happened, and on which screen
    way.picture(page, "connect-left")


def test_what_was_made_is_chosen_again_and_connected(way):
    page = way.owner
    window = new_window(page)
    portfolio = window.locator("#screen label", has_text=way.company.name).locator("input")
    go(window, business=portfolio.get_attribute("value"))
    go(window)
    go(window, display_name=way.company.name)
    go(window, number="new", phone="+" + way.company.digits)
    code = way.stack.control("sms", method="GET", phone=way.company.digits)["sms"][0]["code"]
    go(window, code=f"{(int(code) + 1) % 10**6:06}")
    expect(window.locator(".notice.stop")).to_be_visible()
    go(window, code=code)
    go(window)
    window.locator("form[action$='/finish'] button").click()

    expect(page.locator("main dl.rows .num").first).to_be_visible(timeout=60_000)  # by itself
    assert window.is_closed()
    way.picture(page, "connected")
    way.company.portfolio = page.locator("main dl.rows .num").first.inner_text().strip()
    number = next(row for row in way.stack.control("state")["numbers"] if row["digits"] == way.company.digits)
    assert (number["code_status"], number["registered"]) == ("VERIFIED", 0)


def test_the_rest_of_the_questions_our_review_and_the_registration_follow(way):
    page = way.owner
    page.goto(way.address("onboarding/step/facebook/"))
    expect(page.locator("[name=facebook_business_id]")).to_have_value(way.company.portfolio)
    page.goto(way.address("onboarding/step/number/"))
    expect(page.locator("[name=phone]")).to_have_value(re.compile("315"))
    page.goto(way.address("onboarding/step/company/"))
    way.reach("approved")
    page.goto(way.address("onboarding/"))

    link = page.locator("main a[href$='/onboarding/activation/']").first
    expect(link).to_be_visible(timeout=90_000)  # registered without another code: the PIN can be seen
    link.click()
    show = page.locator("main form[action$='/activation/pin/'] button")
    expect(show).to_be_visible(timeout=30_000)
    rows = [row for row in way.stack.control("state")["numbers"] if row["digits"] == way.company.digits]
    assert [(row["status"], row["registered"]) for row in rows] == [("CONNECTED", 1)]


def test_staff_sees_the_door_and_its_log(way):
    staff = way.staff
    staff.goto(f"{way.stack.url}/admin/onboarding/onboardingapplication/?status=all")
    staff.locator("#result_list a", has_text=way.company.name).first.click()

    section = staff.locator(".review section", has_text="Embedded Signup")
    expect(section.locator(".u-state.ok")).to_have_count(1)
    section.locator("details details summary").first.click()
    expect(section).to_contain_text("debug_token")
    way.picture(staff, "staff-door")


def test_no_page_had_a_script_error(way):
    assert way.owner.problems == []
