"""A campaign of a thousand: some asked to stop, some lines are broken, one pause, and a second one is cancelled."""

import csv
import io
import re
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import fill, press
from tests.journeys.stack import eventually

pytestmark = pytest.mark.journey
COUNT, STOPPED, BROKEN, STRANGERS, AWAY = 1000, 20, 15, 10, 8
GOOD = COUNT - STOPPED - BROKEN - STRANGERS


@pytest.fixture(scope="module")
def live(way):
    """A live business that may write to many, with a thousand consents and twenty requests to stop."""
    way.reach("live")
    way.stack.control("business", id=way.company.portfolio, limit_tier="TIER_10K")
    for n in range(AWAY):
        way.stack.control("phones", phone=f"+{digits(n)}", name=f"Lejos {n}", on_whatsapp=False)
    bring_in(way, "opt_in", range(GOOD + STOPPED))
    bring_in(way, "opt_out", range(GOOD, GOOD + STOPPED))
    return way


def digits(n):
    return f"57301{n:07}"


def bring_in(way, kind, who):
    """A list of consents, tried and imported."""
    page = way.owner
    text = "Celular;Nombre;Fecha\n" + "".join(f"+{digits(n)};Ana {n};2026-01-05\n" for n in who)
    page.goto(way.address("contacts/imports/"))
    upload = {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("[name=file]").set_input_files(upload)
    press(page.locator("main form[enctype]"))
    form = page.locator("main form:has([name=kind])")
    words = f"Acepto que {way.company.name} me escriba."
    fill(form, kind=kind, wording=words if kind == "opt_in" else "Pidieron no recibir más.", source="paper")
    press(form)
    start = page.locator("main form[action$='/start/'] button")
    start.wait_for(timeout=120_000)
    start.click()
    page.locator("main a[href$='refused.csv'], main dl.rows").first.wait_for(timeout=120_000)
    expect(page.locator("#import-progress")).to_have_count(0, timeout=120_000)


def a_list():
    lines = ["Celular;Nombre;Pedido"]
    lines += [f"+{digits(n)};Ana {n};A-{n}" for n in range(GOOD + STOPPED)]
    lines += [f"+57399{n:07};Nadie;A-0" for n in range(STRANGERS)]  # no such numbers
    lines += [f'12345;x;"abierto {n}' if n % 2 else f"12345;x;{n}" for n in range(BROKEN)]
    return "\n".join(lines).encode()


def make(way, name):
    """Name, template, list and values; the page stands where everybody was checked."""
    page = way.owner
    page.goto(way.address("campaigns/new/"))
    form = page.locator("main form:has([name=template])")
    form.locator("[name=name]").fill(name)
    form.locator("[name=template]").select_option(way.template_url.rstrip("/").rsplit("/", 1)[1])
    press(form)
    form = page.locator("main form:has([name=audience])")
    fill(form, audience="csv")
    form.locator("[name=file]").set_input_files({"name": "lista.csv", "mimeType": "text/csv", "buffer": a_list()})
    press(form)
    form = page.locator("main form:has([name=phone])")
    for box in form.locator("[name^=text_]").all():
        if not box.input_value():
            box.fill("hoy")
    way.picture(page, f"campaign-values-{name}")
    press(form)
    page.locator("main form[action$='/start/'] button.button").wait_for(timeout=120_000)
    way.picture(page, f"campaign-ready-{name}")


def start(page):
    """Start it, at any hour."""
    form = page.locator("main form[action$='/start/']")
    fill(form, quiet_from="", quiet_until="")
    form.locator("button.button").first.click()
    page.locator("#campaign-progress dl.figure-row").wait_for()


def figure(page, name):
    return int(re.sub(r"\D", "", page.locator(f"[data-figure={name}]").inner_text()))


def test_a_thousand_get_it_once_and_a_pause_holds(live):
    page = live.owner
    make(live, "Mil")
    found = page.locator("main")
    expect(found.locator("[data-reason=opted_out] td.n")).to_have_text(str(STOPPED))
    expect(found.locator("h2").filter(has_text=str(GOOD))).to_have_count(1)
    with page.expect_download() as download:
        page.locator("a[href$='only=left-out']").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(rows) == 1 + STOPPED + BROKEN + STRANGERS
    assert all(row[4] for row in rows[1:])

    page.evaluate("window.neverReloaded = true")
    start(page)
    page.evaluate("window.neverReloaded = true")
    eventually(lambda: figure(page, "sent") > 20, 120, "the first messages")
    assert page.evaluate("window.neverReloaded"), "The figures came with a reload."
    live.picture(page, "campaign-running")
    page.locator("form[action$='/pause/'] button").click()
    page.locator("form[action$='/resume/'] button").wait_for()
    time.sleep(3)  # what was marked as leaving has arrived
    page.reload()
    held = figure(page, "waiting")
    sent = figure(page, "sent")
    time.sleep(4)
    page.reload()
    assert (figure(page, "waiting"), figure(page, "sent")) == (held, sent)
    assert sent < GOOD
    live.picture(page, "campaign-paused")

    page.locator("form[action$='/resume/'] button").click()
    expect(page.locator("#campaign-progress .status.ok")).to_be_visible(timeout=240_000)
    expect(page.locator("[data-figure=failed]")).to_have_text(str(AWAY), timeout=60_000)
    eventually(lambda: page.reload() or figure(page, "sent") == GOOD - AWAY, 60, "the last statuses")
    expect(page.locator("main .charts")).to_contain_text("131026")
    live.picture(page, "campaign-report")
    with page.expect_download() as download:
        page.locator("main a[href$='export.csv']").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(rows) == 1 + COUNT
    assert len({row[1] for row in rows[1 : 1 + GOOD]}) == GOOD


def test_a_cancelled_campaign_ends_where_it_stands(live):
    page = live.owner
    make(live, "Corta")
    start(page)
    eventually(lambda: figure(page, "sent") > 5, 120, "the first messages")
    details = page.locator("details:has(form[action$='/cancel/'])")
    details.locator("summary").click()
    details.locator("button").click()
    expect(page.locator("#campaign-progress .status").first).to_be_visible()
    time.sleep(3)
    page.reload()
    sent = figure(page, "sent") + figure(page, "failed")
    assert 0 < sent < GOOD
    time.sleep(4)
    page.reload()
    assert sent <= figure(page, "sent") + figure(page, "failed") < GOOD
    expect(page.locator("form[action$='/resume/']")).to_have_count(0)
    live.picture(page, "campaign-cancelled")
    assert page.problems == []
