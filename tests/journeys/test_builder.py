"""A template built in the browser: a picture at the top, findings settled by a click, refused, corrected, approved."""

import re
import struct
import zlib

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import at, fill, visitor
from tests.journeys.stack import eventually
from tests.journeys.way import log_in

pytestmark = pytest.mark.journey
NAME = "entrega_con_foto"
TEXT = "Hola {{1}}, tu pedido sale hoy de la bodega y llega mañana por la tarde."


def png(side=120):
    """A small picture that a browser can really show."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\x2e\x8b\x6f" * side for _row in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


@pytest.fixture(scope="module")
def held(way):
    """A business with an account; Meta answers when the test says so."""
    way.reach("activated")
    way.stack.control("mood", kind="templates", mood="hold")
    yield way
    way.stack.control("mood", kind="templates", mood="rules")


@pytest.fixture(scope="module")
def page(held):
    page = visitor(held.browser)
    log_in(page, held.stack, held.company.owner_email)
    page.goto(held.address("templates/new/"))
    fill(page.locator("main form:has([name=start])"), name=NAME, language="es")
    page.locator("button[name=start][value=blank]").click()
    at(page, "/edit/")
    return page


def saved(page):
    """Type nothing until the page says that everything is stored."""
    expect(page.locator("[data-save-state]")).to_have_text(re.compile("guardad|saved", re.I))
    expect(page.locator("[data-save-state]")).not_to_have_text(re.compile("sin guardar|not saved", re.I))


def decide(way, approve, **more):
    def look():
        found = way.stack.control("reviews", method="GET")["reviews"]
        return next((row for row in found if row["kind"] == "templates" and NAME in row["what"]), None)

    review = eventually(look, 60, "the review of the template")
    way.stack.control("decide", review=review["id"], approve=approve, **more)


def test_findings_are_settled_by_a_click_beside_their_place(held, page):
    page.locator("#field-body").fill(TEXT.replace("hoy", "hoy" + " " * 7))
    fix = page.locator("#findings-body button[name=action][value^='fix:']")
    expect(fix.first).to_be_visible()
    held.picture(page, "builder-findings")
    fix.first.click()
    expect(page.locator("#field-body")).to_have_value(TEXT)

    page.locator("#body-example-1").fill("Marta")
    expect(page.locator("#live")).to_contain_text("Hola Marta")
    page.locator("#add-link").click()
    page.locator("#button-0-text").fill("Ver el pedido")
    page.locator("#button-0-url").fill("example.com/pedidos")
    page.locator("#findings-button-0 button[value^='fix:']").click()
    expect(page.locator("#button-0-url")).to_have_value("https://example.com/pedidos")


def test_buttons_move_by_keyboard_and_by_drag(held, page):
    page.locator("#add-reply").click()
    page.locator("#button-1-text").fill("Gracias")
    page.locator("#up-1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#button-0-text")).to_have_value("Gracias")
    expect(page.locator("#down-0")).to_be_focused()

    page.locator("#field-buttons").scroll_into_view_if_needed()
    first, second = (page.locator(".button-row").nth(place) for place in (0, 1))
    handle, target = first.locator("[data-drag]").bounding_box(), second.bounding_box()
    page.mouse.move(handle["x"] + 8, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(target["x"] + 30, target["y"] + target["height"] - 6, steps=5)
    page.mouse.up()
    expect(page.locator("#button-1-text")).to_have_value("Gracias")


def test_a_picture_goes_up_and_is_shown_on_the_phone(held, page):
    page.locator("#header-file").set_input_files({"name": "x.gif", "mimeType": "image/gif", "buffer": b"GIF89a..."})
    expect(page.locator("#header-file-problem")).to_contain_text("GIF")
    expect(page.locator("#field-body")).to_have_value(TEXT)

    page.locator("#header-file").set_input_files({"name": "bodega.png", "mimeType": "image/png", "buffer": png()})
    expect(page.locator(".media-card")).to_contain_text("bodega.png")
    picture = page.locator("#live img.head-media")
    expect(picture).to_be_visible()
    eventually(lambda: picture.evaluate("img => img.naturalWidth") == 120, 20, "the picture")
    saved(page)
    held.picture(page, "builder-picture")


def test_a_second_window_is_not_overwritten(held, page):
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#field-footer").fill("Desde la otra ventana")
    saved(other)
    expect(other.locator("[data-autosave] [name=version]")).not_to_have_value(
        page.locator("[data-autosave] [name=version]").input_value()
    )
    other.close()

    page.locator("#field-footer").fill("Desde esta ventana")
    expect(page.locator("#template-form[data-stale]")).to_be_attached()
    page.locator("header button[name=action][value=save]").click()
    expect(page.locator("button[value=overwrite]")).to_be_visible()
    expect(page.locator("#field-footer")).to_have_value("Desde esta ventana")
    page.locator("button[value=overwrite]").click()
    at(page, "/edit/")
    expect(page.locator("#field-footer")).to_have_value("Desde esta ventana")
    expect(page.locator(".media-card")).to_contain_text("bodega.png")


def test_refused_corrected_and_approved(held, page):
    page.locator("header button[name=action][value=submit]").click()
    page.wait_for_url(re.compile(r"/templates/[0-9a-f-]{36}/$"))
    detail = page.url
    decide(held, False, reason="INVALID_FORMAT")
    expect(page.locator("#template-status .status-line .status.stop")).to_be_visible(timeout=60_000)
    held.picture(page, "builder-refused")

    page.goto(f"{detail}edit/")
    page.locator("#field-body").fill(TEXT.replace("por la tarde", "antes de las seis"))
    page.locator("header button[name=action][value=submit]").click()
    page.wait_for_url(detail)
    decide(held, True)
    expect(page.locator("#template-status .status-line .status.ok")).to_be_visible(timeout=60_000)

    page.goto(f"{detail}versions/")
    rows = page.locator("#old option")
    page.locator("#old").select_option(index=rows.count() - 1)
    page.locator("form.version-pick button").click()
    expect(page.locator(".diff ins").first).to_be_visible()
    held.picture(page, "builder-versions")
    page.goto(f"{detail}languages/")
    expect(page.locator(".language-column").first).to_be_visible()
    held.picture(page, "builder-languages")
    # Pictures put a style of their own into the page, which its policy refuses.
    assert [problem for problem in page.problems if "inline style" not in problem] == []


def test_what_is_approved_is_changed_in_place(held, page):
    page.goto(re.match(r".*/templates/[0-9a-f-]{36}/", page.url)[0])
    detail = page.url
    page.locator("header a[href$='/edit/']").click()
    at(page, "/edit/")
    expect(page.locator(".template-quotas")).to_contain_text("1")
    page.locator("#field-body").fill(TEXT.replace("por la tarde", "antes del mediodía"))
    saved(page)
    held.picture(page, "builder-in-place")

    page.goto(detail)
    expect(page.locator("#template-status .status-line .status.ok")).to_be_visible()
    expect(page.locator("#changes")).to_be_visible()
    expect(page.locator(".preview")).to_contain_text("antes de las seis")
    held.picture(page, "template-changes-written")
    page.locator("header form[action$='/submit/'] button").click()
    page.wait_for_url(detail)
    decide(held, True)
    expect(page.locator("#template-status .status-line .status.ok")).to_be_visible(timeout=60_000)
    expect(page.locator("#changes")).to_have_count(0)
    page.reload()
    expect(page.locator(".preview")).to_contain_text("antes del mediodía")
