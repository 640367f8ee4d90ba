"""The road to live where it is bumpy: an unverified company, two changes asked for, a refused name, a business that
falls silent. One company walks it all; its page stays open and follows by itself.
"""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Error, expect

from tests.journeys.browser import DESKTOP, PHONE, fill, press, visitor
from tests.journeys.eyes import Readers, sideways, violations_of
from tests.journeys.stack import eventually, some_digits
from tests.journeys.test_review_desk import decision, open_case, reviewer
from tests.journeys.way import Company, Way

pytestmark = pytest.mark.journey

NOON_IN_BOGOTA = 17
"""The hour in UTC; reminders keep to the working hours of the business."""


@pytest.fixture(scope="module")
def road(stack, browser):
    """A company that Meta hasn't verified has just sent its application; Meta's name reviewer waits for our word."""
    stack.control("mood", mood="hold", kind="names")
    company = Company(
        name="Florería Jacaranda",
        site="floreria-jacaranda",
        activity="Vendemos ramos y arreglos de flores en Cali, con reparto propio. Avisamos cuando el ramo sale.",
        sector="RETAIL",
        legal_name="Flores Jacaranda S. A. S.",
        national="602 285 0199",
        digits="576022850199",
        portfolio="506914307656" + some_digits(3),
        owner="Ximena Lara",
        owner_email=f"ximena{some_digits(4)}@jacaranda.example",
    )
    stack.control("business", id=company.portfolio, verification_status="not_verified")
    yield Way(stack, browser, None, company).reach("submitted")
    stack.control("clock", reset=True)
    stack.control("mood", mood="rules", kind="names")


@pytest.fixture(scope="module")
def ines(stack, browser):
    return reviewer(stack, browser, "Ines")


def at_desk(page, road):
    """The application at the review desk. That page loads itself again on news, perhaps just as one leaves it."""
    try:
        open_case(page, road)
    except Error:
        page.wait_for_load_state()
        open_case(page, road)


def follow(page, road):
    """Open the timeline and mark the page, so that a reload would be noticed."""
    page.goto(road.address("onboarding/"))
    page.evaluate("window.neverReloaded = true")


def never_reloaded(page):
    return page.evaluate("window.neverReloaded === true")


def later(stack, *, days=0, hours=0):
    """Move the clock of the installation; with ``days`` to the next noon in Bogotá after so many."""
    present = datetime.fromtimestamp(stack.control("clock")["now"], UTC)
    then = present + timedelta(days=days, hours=hours)
    if days:
        noon = then.replace(hour=NOON_IN_BOGOTA, minute=5, second=0)
        then = noon if noon > then else noon + timedelta(days=1)
    stack.control("clock", advance_seconds=(then - present).total_seconds())


def reminders(road):
    return [text for _subject, text in road.stack.letters(road.company.owner_email) if "/reminders/" in text]


def test_an_unverified_company_reads_the_exact_way_and_the_application_waits(road):
    owner = road.owner
    follow(owner, road)

    section = owner.locator("#verify")
    expect(section).to_be_visible()
    part = owner.locator("[data-part=verify]")
    expect(part).to_contain_text("not_verified")
    expect(part).to_contain_text("RUT")
    expect(part).to_contain_text(road.company.legal_name)
    assert road.stack.link_in_mail(road.company.owner_email, f"/b/{road.slug}/onboarding/").endswith("#verify")
    assert violations_of(owner) == []
    owner.set_viewport_size(PHONE)
    assert sideways(owner) == 0
    owner.set_viewport_size(DESKTOP)


def test_two_changes_asked_for_appear_by_themselves_and_the_reviewer_sees_both_differences(road, ines):
    owner = road.owner
    follow(owner, road)
    at_desk(ines, road)
    for field, note in (("address", "Falta el local."), ("postal_code", "Es el 760046.")):
        ines.locator(f"details:has(#note_{field}) > summary").click()
        ines.locator(f"#note_{field}").fill(note)
    decision(ines, "changes").click()

    expect(owner.locator("main blockquote")).to_have_count(2, timeout=60_000)
    assert never_reloaded(owner)
    form = owner.locator("main form[action$='/correct/']")
    fill(form, address="Calle 25 Norte # 6-41, local 2", postal_code="760046")
    press(form)
    owner.wait_for_load_state()
    if "/step/signing/" in owner.url:
        road._answer(owner, signed_name=road.company.owner, agreed=True)
        owner.goto(road.address("onboarding/"))
        press(owner.locator("main form[action$='/correct/']"))
    expect(owner.locator("main form[action$='/correct/']")).to_have_count(0)

    at_desk(ines, road)
    changes = ines.locator(".review-changes")
    expect(changes).to_contain_text("local 2")
    expect(changes).to_contain_text("760046")


def test_once_meta_has_verified_the_company_it_moves_on_by_itself(road):
    owner = road.owner
    follow(owner, road)
    expect(owner.locator("#verify")).to_be_visible()

    road.stack.control("business", id=road.company.portfolio, verification_status="verified")
    later(road.stack, hours=7)  # nobody presses anything: the next look finds it

    expect(owner.locator("#verify")).to_have_count(0, timeout=60_000)
    assert never_reloaded(owner)
    eventually(
        lambda: any(road.company.portfolio not in text for text in _texts_without_the_way(road)),
        40,
        "the mail that says it is verified",
    )


def _texts_without_the_way(road):
    letters = road.stack.letters(road.company.owner_email)
    return [text for subject, text in letters if "verif" in subject.lower() and "#verify" not in text]


def test_a_refused_name_is_explained_and_another_one_is_proposed(road, ines):
    owner, stack = road.owner, road.stack
    follow(owner, road)
    at_desk(ines, road)
    decision(ines, "approve").click()

    def at_review():
        found = [row for row in stack.control("state")["numbers"] if row["digits"] == road.company.digits]
        return found and found[0]["id"] in {row["subject"] for row in stack.control("reviews")["reviews"]} and found[0]

    number = eventually(at_review, 90, "the name to be at Meta's reviewer")
    stack.control("decide", kind="names", subject=number["id"], approve=False, reason="NAME_NOT_CONSISTENT")

    link = owner.locator("main a.button[href$='/onboarding/name/']")
    expect(link).to_be_visible(timeout=90_000)
    assert never_reloaded(owner)
    link.click()
    assert Readers(road.browser).look_at(owner.url, owner) == []
    form = owner.locator("main form:has([name=name])")
    fill(form, name="Flores Jacaranda")
    press(form)
    owner.wait_for_url(lambda url: "/onboarding/name/" not in url)

    eventually(at_review, 90, "the new name to be at Meta's reviewer")
    follow(owner, road)
    stack.control("decide", kind="names", subject=number["id"], approve=True)
    expect(owner.locator("main a.button[href$='/onboarding/activation/']")).to_be_visible(timeout=120_000)
    assert never_reloaded(owner)


def test_a_silent_business_is_reminded_ever_more_rarely_until_it_says_stop(road, ines, browser):
    stack = road.stack
    assert reminders(road) == []
    later(stack, days=2)
    first = eventually(lambda: reminders(road), 60, "the first reminder")
    assert len(first) == 1
    assert " 5 " in first[0]
    later(stack, days=5)
    both = eventually(lambda: len(reminders(road)) > 1 and reminders(road), 60, "the second reminder")
    assert len(both) == 2
    assert " 10 " in both[1]

    reader = visitor(browser)
    reader.goto(f"{stack.sandbox_url}/mail/")
    reader.locator("main tbody tr", has_text=road.company.owner_email).locator("a").first.click()
    expect(reader.locator("main")).to_contain_text("/reminders/")
    link = stack.link_in_mail(road.company.owner_email, "/reminders/")
    assert Readers(browser).look_at(link, speaks="es") == []
    reader.goto(link)
    reader.locator("button[name=wish][value=stop]").click()
    expect(reader.locator("button[name=wish][value=again]")).to_be_visible()

    later(stack, days=16)

    def among_the_stalled():
        ines.goto(f"{stack.url}/admin/onboarding/onboardingapplication/?waits=stalled")
        return ines.locator("#result_list", has_text=road.company.name).count()

    eventually(among_the_stalled, 60, "the company among the stalled, once the web process has looked at the clock")
    assert len(reminders(road)) == 2
    assert road.owner.problems + reader.problems + ines.problems == []
