"""The inbox by keyboard: keys act, are explained, stay out of typing, and can be turned off (WCAG 2.2, 2.1.4)."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.journey


@pytest.fixture
def inbox(way):
    way.reach("live")
    page = way.agent.context.new_page()
    page.goto(way.address("inbox/"))
    expect(page.locator("#inbox-rows a").first).to_be_visible()
    yield page
    page.close()


def test_a_conversation_is_opened_and_a_note_begun_by_keys(inbox):
    inbox.keyboard.press("j")
    expect(inbox.locator("#composer[data-mode=reply]")).to_be_visible()
    inbox.keyboard.press("n")
    expect(inbox.locator("#composer[data-mode=note]")).to_be_visible()

    expect(inbox.locator("#composer-text")).to_be_focused()
    inbox.keyboard.type("rj?")
    expect(inbox.locator("#composer-text")).to_have_value("rj?")
    expect(inbox.locator("#inbox-keys")).to_be_hidden()
    inbox.keyboard.press("Control+Enter")
    expect(inbox.locator("#thread-lines .team-note", has_text="rj?")).to_be_visible()


def test_keys_are_explained_and_can_be_turned_off(inbox):
    inbox.locator("[data-keys-open]").click()
    help_ = inbox.locator("#inbox-keys")
    expect(help_).to_be_visible()
    help_.locator("[data-keys-on]").uncheck()
    help_.get_by_role("button").click()

    inbox.keyboard.press("j")
    inbox.keyboard.press("?")
    expect(help_).to_be_hidden()
    expect(inbox.locator("#composer")).to_have_count(0)

    inbox.reload()
    inbox.locator("[data-keys-open]").click()
    help_.locator("[data-keys-on]").check()
    inbox.keyboard.press("Escape")
    inbox.keyboard.press("?")
    expect(help_).to_be_visible()
