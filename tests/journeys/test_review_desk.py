"""Two reviewers at one desk, in two browsers: who has it, a refusal taken back in time, words with the applicant."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import at, fill, visitor
from tests.journeys.stack import STAFF_PASSWORD, some_digits
from tests.journeys.way import Company, Way

pytestmark = pytest.mark.journey
QUEUE = "/admin/onboarding/onboardingapplication/"


@pytest.fixture(scope="module")
def applicant(stack, browser):
    """A second company, whose application waits for a reviewer."""
    company = Company(
        name="Ferretería Tamayo",
        site="ferreteria-tamayo",
        activity="Vendemos herramienta, pintura y materiales de construcción en Palmira. Se reserva y se recoge.",
        sector="RETAIL",
        legal_name="Tamayo Hermanos Ltda.",
        national="602 285 0177",
        digits="576022850177",
        portfolio="506914307656688",
        owner="Julián Tamayo",
        owner_email=f"julian{some_digits(4)}@tamayo.example",
    )
    return Way(stack, browser, None, company).reach("submitted")


def reviewer(stack, browser, name):
    email = f"{name.lower()}{some_digits(4)}@umbral.example"
    stack.make_staff(email, name)
    page = visitor(browser, language="en-GB")
    page.goto(f"{stack.url}/admin/")
    fill(page, username=email, password=STAFF_PASSWORD)
    page.locator("[name=password]").press("Enter")
    at(page, "/admin/")
    return page


@pytest.fixture(scope="module")
def sara(stack, browser):
    return reviewer(stack, browser, "Sara")


@pytest.fixture(scope="module")
def teo(stack, browser):
    return reviewer(stack, browser, "Teo")


def open_case(page, applicant):
    page.goto(f"{applicant.stack.url}{QUEUE}?status=all")
    page.locator("#result_list a", has_text=applicant.company.name).first.click()
    expect(page.locator(".review h1")).to_contain_text(applicant.company.name)


def decision(page, value):
    return page.locator(f"button[name=decision][value={value}]")


def test_the_queue_is_walked_with_the_keyboard(applicant, sara):
    sara.goto(f"{applicant.stack.url}{QUEUE}")
    sara.keyboard.press("j")
    expect(sara.locator("#result_list tr[data-here]")).to_have_count(1)
    sara.keyboard.press("?")
    expect(sara.locator("dialog#review-keys")).to_be_visible()
    sara.keyboard.press("Escape")
    sara.keyboard.press("Enter")
    expect(sara.locator(".review h1")).to_be_visible()


def test_of_two_reviewers_the_second_is_told_who_has_it(applicant, sara, teo):
    open_case(sara, applicant)
    open_case(teo, applicant)
    decision(sara, "claim").click()
    expect(decision(sara, "release")).to_be_visible()

    decision(teo, "claim").click()

    expect(teo.locator("body")).to_contain_text("Sara has just taken this application.")
    expect(decision(teo, "approve")).to_have_count(0)


def test_a_refusal_is_taken_back_before_it_leaves_and_nobody_outside_knows(applicant, sara):
    open_case(sara, applicant)
    sara.keyboard.press("r")
    expect(sara.locator("#reason")).to_be_visible()
    sara.locator("#canned_reason").select_option("company-not-proven")
    expect(sara.locator("#reason")).to_have_value(re.compile("^No se pudo comprobar la existencia"))
    decision(sara, "reject").click()
    decision(sara, "undo").click()
    expect(decision(sara, "approve")).to_be_visible()
    expect(sara.locator("#reason")).not_to_have_value("")

    sara.wait_for_timeout(7_000)  # longer than the pause in which a decision stays in the house
    applicant.owner.goto(applicant.address("onboarding/"))
    expect(applicant.owner.locator("main .notice.stop")).to_have_count(0)
    open_case(sara, applicant)
    expect(decision(sara, "approve")).to_be_visible()


def test_the_business_and_its_reviewer_write_to_each_other(applicant, sara):
    open_case(sara, applicant)
    sara.keyboard.press("m")
    sara.keyboard.type("¿La bodega está en la misma dirección?")
    decision(sara, "message").click()
    expect(sara.locator(".review-thread .ours")).to_contain_text("misma dirección")

    owner = applicant.owner
    owner.goto(applicant.address("onboarding/timeline/"))
    expect(owner.locator("#messages .bubble")).to_contain_text("misma dirección")
    owner.locator("#id_message").fill("Sí, <b>la misma</b>.")
    owner.locator("form[action$='/messages/'] button").click()
    expect(owner.locator("#messages .mine .bubble")).to_contain_text("Sí, <b>la misma</b>.")

    expect(sara.locator(".review-thread .theirs")).to_contain_text("Sí, <b>la misma</b>.", timeout=90_000)  # by itself
    assert sara.problems + owner.problems == []
