"""From the first click to a live conversation, with nothing mocked: the applicant, staff, the customer and an agent."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.journey


def test_an_applicant_answers_everything_and_sends_the_application(way):
    way.reach("submitted")

    assert way.owner.locator("html").get_attribute("lang") == "es"
    assert way.stack.letters(way.company.owner_email)


def test_staff_asks_for_one_change_and_the_applicant_corrects_only_that(way):
    way.reach("corrected")


def test_staff_approves_and_the_number_is_activated_with_a_code_from_the_phone(way):
    way.reach("activated")

    expect(way.owner.locator("body")).not_to_contain_text(way.pin)


def test_one_real_message_and_its_answer_make_the_number_live(way):
    way.reach("tested")

    assert way._number_at_provider()["status"] == "CONNECTED"


def test_an_invited_agent_joins(way):
    way.reach("invited")


def test_a_template_is_built_from_an_example_and_approved(way):
    way.reach("template")


def test_a_customer_writes_and_the_open_inbox_shows_it_without_a_reload(way):
    way.reach("conversation")


def test_the_agent_answers_and_the_ticks_turn_blue(way):
    way.reach("answered_live")

    assert [row["type"] for row in way.stack.sent_to(way.customer)] == ["text"]


def test_the_timeline_says_live(way):
    way.reach("live")


def test_no_page_of_the_way_had_a_script_error(way):
    assert way.owner.problems + way.agent.problems + way.phone.problems == []
