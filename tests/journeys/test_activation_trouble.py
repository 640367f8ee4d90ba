"""An activation where everything goes wrong once, and what Meta says of the number later, seen without a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import fill, press
from tests.journeys.stack import eventually, some_digits
from tests.journeys.test_review_desk import decision, open_case, reviewer
from tests.journeys.way import Company, Way

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def trouble(stack, browser, shots):
    """A company whose number is still in use on somebody's WhatsApp when its application is sent."""
    company = Company(
        name="Hostal La Azotea",
        site="hostal-la-azotea",
        activity="Alquilamos habitaciones por noches en Cali. Avisamos de cada reserva y de la hora de llegada.",
        sector="HOTEL",
        legal_name="Azotea Alojamientos S. A. S.",
        national="602 285 0155",
        digits="576022850155",
        portfolio="506914307656" + some_digits(3),
        owner="Beatriz Mirlo",
        owner_email=f"beatriz{some_digits(4)}@azotea.example",
        method="VOICE",
    )
    stack.control("mood", mood="approve", kind="names")
    stack.control("taken", phone=company.digits)
    yield Way(stack, browser, shots, company).reach("submitted")
    stack.control("mood", mood="rules", kind="names")


def code_on_the_phone(trouble):
    """The newest code that the telephone got."""

    def look():
        found = trouble.stack.control("sms", method="GET", phone=trouble.company.digits)["sms"]
        return found[0]["code"] if found else None

    return eventually(look, 60, "a code on the phone")


def wrong_one(code, place):
    return f"{(int(code) + place) % 1_000_000:06}"


def number_at_provider(trouble):
    numbers = trouble.stack.control("state")["numbers"]
    return next((row for row in numbers if row["digits"] == trouble.company.digits), None)


def test_a_number_in_use_elsewhere_is_freed_and_goes_on(trouble, stack, browser):
    staff = reviewer(stack, browser, "Teresa")
    open_case(staff, trouble)
    decision(staff, "approve").click()
    page = trouble.owner
    page.goto(trouble.address("onboarding/"))
    link = page.locator("main a[href$='/onboarding/activation/']").first
    expect(link).to_be_visible(timeout=120_000)  # by itself, without a reload
    link.click()

    again = page.locator("main form[action$='/activation/free/']")
    expect(again).to_be_visible()
    expect(page.locator("main [role=alert]")).to_be_visible()
    trouble.picture(page, "number-in-use")
    assert number_at_provider(trouble) is None
    stack.control("taken", phone=trouble.company.digits, free="1")
    press(again)

    eventually(lambda: number_at_provider(trouble), 60, "the number at the provider")


def test_a_code_wrong_three_times_and_then_right(trouble):
    page = trouble.owner
    page.goto(trouble.address("onboarding/"))
    ask = page.locator("main a[href$='/onboarding/activation/']").first
    expect(ask).to_be_visible(timeout=120_000)
    ask.click()
    form = page.locator("main form[action$='/activation/request/']")
    expect(form).to_be_visible(timeout=60_000)
    fill(form, method="VOICE")
    press(form, "button")
    code = code_on_the_phone(trouble)

    enter = page.locator("main form[action$='/activation/code/']")
    for place in (1, 2, 3):
        expect(enter).to_be_visible(timeout=60_000)
        fill(enter, code=wrong_one(code, place))
        press(enter)
        expect(enter).to_be_visible(timeout=60_000)
        expect(page.locator("main [role=alert]")).to_be_visible()
        expect(enter).to_contain_text(str(5 - place))
    trouble.picture(page, "code-wrong")

    fill(enter, code=code)
    press(enter)
    show = page.locator("main form[action$='/activation/pin/'] button")
    expect(show).to_be_visible(timeout=90_000)
    show.click()
    pin = page.locator("main output").inner_text().strip()
    assert re.fullmatch(r"[0-9]{6}", pin)
    page.goto(trouble.address("onboarding/activation/"))
    expect(page.locator("body")).not_to_contain_text(pin)


def test_a_restriction_and_a_lower_quality_appear_on_the_open_page(trouble, stack):
    page = trouble.owner
    page.goto(trouble.address("numbers/"))
    page.locator("main table a").first.click()
    page.evaluate("window.neverReloaded = true")
    node = number_at_provider(trouble)
    stack.control("number", id=node["id"], quality="RED")
    stack.control("waba", id=node["waba_id"], restrictions=["RESTRICTED_BIZ_INITIATED_MESSAGING"], days=3)

    standing = page.locator("[data-part=standing] .notice")
    expect(standing).to_have_count(1, timeout=60_000)
    expect(page.locator("[data-part=history] li.stop")).to_have_count(2, timeout=60_000)
    assert page.evaluate("window.neverReloaded === true")
    trouble.picture(page, "number-restricted")
    mail = eventually(lambda: trouble.stack.letters(trouble.company.owner_email), 30, "a mail about it")
    assert any("business-support-home" in text for _subject, text in mail)


def test_another_name_is_asked_for_decided_and_put_into_use(trouble, stack, browser):
    page = trouble.owner
    page.locator("main a[href$='/name/']").click()
    form = page.locator("main form:has([name=why])")
    fill(form, name="Hostal La Azotea Cali", why="Cambiamos la marca; está en la portada de nuestro sitio.")
    press(form)
    expect(page.locator("[data-part=name]")).to_contain_text("Hostal La Azotea Cali")
    staff = reviewer(stack, browser, "Gloria")
    staff.goto(f"{stack.url}/admin/onboarding/renaming/")
    staff.locator("#result_list a", has_text=trouble.company.name).first.click()
    staff.locator("button[name=_approve]").click()

    expect(page.locator("h1 + p")).to_be_visible()
    eventually(
        lambda: number_at_provider(trouble)["verified_name"] == "Hostal La Azotea Cali",
        90,
        "the new name at the provider",
    )
    expect(page.locator("[data-part=facts]")).to_contain_text("Hostal La Azotea Cali", timeout=60_000)
    trouble.picture(page, "renamed")
    assert page.problems == []


def test_the_provider_log_shows_the_steps_and_no_code(trouble, stack, browser):
    staff = reviewer(stack, browser, "Norma")
    staff.goto(f"{stack.url}/admin/providers/providercall/?outcome=refused")
    expect(staff.locator("#result_list tbody tr").first).to_be_visible()
    staff.locator("#result_list tbody a").first.click()
    expect(staff.locator("pre.readable").first).to_be_visible()
