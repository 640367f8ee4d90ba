"""Consents that people gave elsewhere: a list with broken lines, a killed worker, and a page of one's own."""

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import fill, press, visitor
from tests.journeys.way import found_business, sign_up

pytestmark = pytest.mark.journey
COUNT, BROKEN_EVERY = 12_000, 100


@pytest.fixture(scope="module")
def owner(stack, browser):
    """Somebody with a business of their own and nothing else yet."""
    page = visitor(browser, language="en-US")
    page.context.add_cookies([{"name": "language", "value": "en", "url": stack.url}])
    sign_up(page, stack, "Olivia Lista", "olivia@listas.example")
    page.slug = found_business(page, "Listas Claras")
    yield page
    assert page.problems == []
    page.context.close()


def a_list():
    """Lines in two encodings, and every hundredth broken in one of three ways."""
    lines = [b"Celular;Nombre;Fecha de consentimiento"]
    for n in range(COUNT):
        if n % BROKEN_EVERY == 7:
            lines.append((b"12345;Nobody;2026-01-05", b"300\x001112233;x;2026-01-05", b'300;"open;x')[n // 100 % 3])
        elif n % 2:
            lines.append(b"+57300%07d;Jos\xe9 %d;05/01/2026" % (n, n))
        else:
            lines.append(b"+57 300 %07d;Jos\xc3\xa9 %d;2026-01-05" % (n, n))
    return b"\r\n".join(lines)


def test_a_list_finds_its_way_though_the_worker_is_killed(stack, owner):
    base = f"{stack.url}/b/{owner.slug}/contacts/"
    owner.goto(base)
    owner.get_by_role("link", name="Import a list").click()
    owner.locator("[name=file]").set_input_files({"name": "clientes.csv", "mimeType": "text/csv", "buffer": a_list()})
    press(owner.locator("main form[enctype]"))
    form = owner.locator("main form:has([name=phone])")
    expect(form.locator("[name=phone]")).to_have_value("0")
    expect(form.locator("[name=date]")).to_have_value("2")
    press(form)
    expect(form.locator("[name=wording]")).to_have_attribute("aria-invalid", "true")
    fill(form, wording="Acepto que Listas Claras me escriba.", source="paper", country="CO")
    press(form)

    owner.get_by_role("button", name="Import now").wait_for(timeout=120_000)
    broken, good = COUNT // BROKEN_EVERY, COUNT - COUNT // BROKEN_EVERY
    expect(owner.locator("dl.rows").first).to_contain_text(f"{good:,}")
    owner.get_by_role("button", name="Import now").click()
    owner.locator("#import-progress").wait_for()
    stack.back("worker", stack.kill("worker"))

    expect(owner.get_by_role("heading", name="What happened")).to_be_visible(timeout=240_000)
    figures = owner.locator("dl.rows").first
    expect(figures).to_contain_text(f"{good:,}")
    expect(figures.locator("dd").nth(2)).to_have_text("0")
    expect(figures.locator("dd").nth(3)).to_have_text(str(broken))
    with owner.expect_download() as download:
        owner.get_by_role("link", name="All refused lines as CSV").click()
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == broken + 1
    owner.goto(f"{base}?q=3000000008")
    expect(owner.locator("main tbody")).to_contain_text("José 8")


def test_a_page_of_one_s_own_keeps_who_agreed(stack, owner, browser):
    owner.goto(f"{stack.url}/b/{owner.slug}/opt-in/")
    form = owner.locator("main form:has([name=confirms_by_message])")
    fill(form, name="Spring")
    press(form)
    owner.get_by_role("link", name="Write English").click()
    press(owner.locator("main form:has([name=agreement])").first, "button[name=preview]")
    expect(owner.locator("#t-preview")).to_be_visible()
    press(owner.locator("main form:has([name=title])").first, "button[name=save]")
    owner.get_by_role("button", name="Open the page").click()
    address = owner.locator("input[id=sms]").input_value()

    guest = visitor(browser, language="en-US")
    guest.goto(address)
    public = guest.locator("main form")
    fill(public, phone="300 555 0123", name="Ana Guest")
    press(public)
    expect(guest.locator(".error-summary")).to_be_visible()
    fill(public, agreement=True)
    press(public)
    expect(guest.get_by_role("heading", name="Thank you")).to_be_visible()
    assert guest.problems == []
    guest.context.close()

    owner.reload()
    expect(owner.locator("main tbody")).to_contain_text("Ana Guest")
    owner.goto(f"{stack.url}/b/{owner.slug}/contacts/?q=3005550123")
    owner.locator("main tbody a").first.click()
    expect(owner.locator("main")).to_contain_text("I agree that Listas Claras writes to me")
