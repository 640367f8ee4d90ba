"""Each process is killed at a moment when it is needed; it comes back by itself, and nothing is lost or done twice."""

import pytest
import requests
from playwright.sync_api import expect

from tests.journeys.browser import visitor
from tests.journeys.stack import eventually, some_digits
from tests.journeys.way import open_phone, own_line, reply, write_from_phone

pytestmark = pytest.mark.journey


@pytest.fixture
def talk(way):
    """The agent's open conversation and the customer's open chat."""
    way.reach("live")
    way.agent.goto(way.conversation_url)
    way.phone.goto(f"{way.stack.sandbox_url}/phone/")
    way.phone.locator(".chats a", has_text="Marta Díaz").click()
    way.phone.locator("[data-live=chats] a").first.click()
    yield way
    way.stack.ready()


def lines_with(page, text):
    return page.locator("#thread-lines li", has_text=text)


def texts_on_phone(way):
    return [row["body"].get("body") for row in way.stack.sent_to(way.customer) if row["type"] == "text"]


def test_what_a_customer_writes_while_web_is_dead_arrives_once(talk):
    text = f"¿Siguen ahí? {some_digits(4)}"
    old = talk.stack.kill("web")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{talk.stack.url}/healthz", timeout=2)
    write_from_phone(talk.phone, text)

    talk.stack.back("web", old)
    talk.stack.ready()

    # The page that stayed open finds its way back to the stream without a reload.
    expect(lines_with(talk.agent, text)).to_have_count(1, timeout=60_000)


def test_a_reply_that_waits_for_a_dead_sender_leaves_once(talk):
    text = f"Contestamos igual. {some_digits(4)}"
    old = talk.stack.kill("sender")
    reply(talk.agent, text)

    talk.stack.back("sender", old)

    eventually(lambda: text in texts_on_phone(talk), 60, "the reply on the phone")
    expect(own_line(talk.agent, text).locator("use[href$='i-ticks']")).to_have_count(1, timeout=60_000)
    assert texts_on_phone(talk).count(text) == 1


def test_a_sender_killed_between_many_replies_sends_each_once(talk):
    texts = [f"Parte {number} de 5, {some_digits(4)}" for number in range(1, 6)]
    for number, text in enumerate(texts):
        reply(talk.agent, text)
        if number == 2:
            old = talk.stack.kill("sender")
    talk.stack.back("sender", old)

    def settled():
        unsure = talk.agent.locator("#thread-lines li.unsure").all_inner_texts()
        return all(text in texts_on_phone(talk) or any(text in line for line in unsure) for text in texts)

    # What was on its way may be unknown: then the agent is told, and it is never sent again by itself.
    eventually(settled, 90, "every reply on the phone or shown as unknown")
    assert [text for text in texts if texts_on_phone(talk).count(text) > 1] == []


def test_a_message_heard_while_the_worker_is_dead_is_understood_afterwards(talk, browser):
    text = f"¿Y mi otro paquete? {some_digits(4)}"
    old = talk.stack.kill("worker")
    write_from_phone(talk.phone, text)

    talk.stack.back("worker", old)

    expect(lines_with(talk.agent, text)).to_have_count(1, timeout=60_000)


def test_a_template_handed_in_while_worker_and_beat_are_dead_is_decided(talk):
    owner = talk.owner
    owner.goto(talk.address("templates/new/"))
    owner.locator("button[name=start][value^='appointment:es']").click()
    owner.wait_for_url("**/edit/")
    old = {name: talk.stack.kill(name) for name in ("worker", "beat")}
    owner.locator("header button[name=action][value=submit]").click()
    owner.wait_for_url(lambda url: "/edit/" not in url)

    for name, pid in old.items():
        talk.stack.back(name, pid)

    expect(owner.locator("#template-status .status-line .status.ok")).to_be_visible(timeout=120_000)
    named = [row["name"] for row in talk.stack.control("state")["templates"]]
    assert named.count("recordatorio_cita") == 1


def test_a_new_customer_is_served_after_all_of_it(talk, browser):
    """Everything was killed at least once; the way itself still works."""
    talk.stack.ready()
    phone = visitor(browser, viewport={"width": 1100, "height": 900})
    text = f"Buenas, soy nuevo. {some_digits(4)}"
    open_phone(phone, talk.stack, "Jorge Nuevo", "+57300555" + some_digits(4), talk.number_id)
    write_from_phone(phone, text)

    expect(talk.agent.locator("#inbox-rows li", has_text=text)).to_have_count(1)
    phone.context.close()
