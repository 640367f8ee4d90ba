"""What goes wrong outside is answered with care: bad deliveries, a provider that is away, impatient people."""

import json

import pytest
from playwright.sync_api import expect

from tests.journeys.browser import fill, press, visitor
from tests.journeys.stack import eventually
from tests.journeys.way import found_business, own_line, reply, sign_up

pytestmark = pytest.mark.journey


def test_an_unsigned_or_wrongly_signed_delivery_is_refused(stack):
    body = {"object": "whatsapp_business_account", "entry": []}

    assert stack.post_webhook(body, signed=False) in {401, 403}
    assert stack.post_webhook(body, signed=False, signature="sha256=" + "0" * 64) in {401, 403}
    assert stack.post_webhook(body) == 200


def test_a_delivery_larger_than_meta_sends_is_refused(stack):
    assert stack.post_webhook(b'{"entry": "' + b"x" * (3 * 1024 * 1024 + 1) + b'"}') == 413


def test_a_signed_delivery_that_is_no_json_is_kept_and_staff_sees_it(stack, way):
    way.reach("approved")
    text = "This was signed by Meta and is no JSON"

    assert stack.post_webhook(text.encode()) == 200

    staff = way.staff

    def is_listed():
        staff.goto(f"{stack.url}/admin/providers/unknownevent/?kind__exact=unreadable")
        return staff.locator("#result_list tbody tr").count()

    eventually(is_listed, 30, "the kept delivery in the admin")
    staff.locator("#result_list tbody a").first.click()
    expect(staff.locator("body")).to_contain_text("This was signed by Meta")


def test_a_reply_waits_for_an_absent_provider_says_so_and_leaves_once(stack, way):
    way.reach("live")
    agent, text = way.agent, "El proveedor no está, esto espera."
    agent.goto(way.conversation_url)
    stack.control("faults", kind="server_error", scope="messages", count=3)
    try:
        reply(agent, text)
        line = own_line(agent, text)
        expect(line.locator("use[href$='i-clock']")).to_have_count(1)
        expect(line.locator("use[href$='i-ticks']")).to_have_count(1, timeout=90_000)
    finally:
        stack.control("faults", method="DELETE")

    assert [row["body"]["body"] for row in stack.sent_to(way.customer)].count(text) == 1


def test_a_double_click_founds_one_business(stack, browser):
    page = visitor(browser)
    sign_up(page, stack, "Impaciente Uno", "impaciente@example.com")
    form = page.locator("main form:has([name=country])")
    fill(form, name="Doble Clic", country="CO")
    form.locator("button.button").last.dblclick()
    page.wait_for_url("**/onboarding/")

    page.goto(f"{stack.url}/start/")

    page.wait_for_url("**/b/doble-clic/onboarding/")  # with two businesses it would ask which one
    page.context.close()


def test_going_back_and_sending_again_has_one_effect(stack, way):
    way.reach("live")
    agent, text = way.agent, "Una sola vez, aunque se vuelva atrás."
    page = agent.context.new_page()
    page.goto(way.conversation_url)
    form = page.locator("#composer form[data-send]")
    values = form.evaluate(
        "form => Object.fromEntries([...new FormData(form)].filter(([, v]) => typeof v === 'string'))"
    )
    action = form.evaluate("form => form.action")
    for _click in range(2):  # what a browser without scripts posts when one goes back and presses again
        answer = page.request.post(action, form=values | {"text": text}, headers={"Referer": page.url})
        assert answer.ok
    page.close()

    eventually(
        lambda: text in json.dumps(stack.sent_to(way.customer), ensure_ascii=False), 30, "the reply on the phone"
    )
    assert [row["body"]["body"] for row in stack.sent_to(way.customer)].count(text) == 1


def test_what_was_typed_stays_beside_the_words_that_say_how_to_correct_it(stack, browser):
    page = visitor(browser)
    sign_up(page, stack, "Con Errores", "con-errores@example.com")
    found_business(page, "Panadería Prueba")
    press(page.locator("main form[action$='/start/']"), "button")
    page.goto(page.url.replace("/screening/", "/company/"))
    fill(page.locator("main form"), brand="Panadería Prueba", country="CO", tax_id="213.123.432-2")
    page.locator("main form .form-end button").click()

    summary = page.locator(".error-summary")
    expect(summary.locator("a")).to_have_count(2)  # the legal name and the check digit
    expect(page.locator("[name=brand]")).to_have_value("Panadería Prueba")
    expect(page.locator("[name=tax_id]")).to_have_value("213.123.432-2")
    summary.locator("a[href*='tax_id']").click()
    expect(page.locator("[name=tax_id]")).to_be_focused()
    page.context.close()
