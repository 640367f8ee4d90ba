"""The provider's order, and of one second's messages the order of arrival: in the thread, in the list, in the API."""

import itertools
import re
from datetime import timedelta

import pytest

from contactcenter import queries
from contactcenter.models import Conversation
from tenants.models import LiveEvent
from tenants.services import api_keys
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN, hear

pytestmark = pytest.mark.django_db

ROSA = "573001112233"


@pytest.fixture
def number(acme):
    return builders.phone_number(acme, phone_number_id="777")


def said(*texts, at=0):
    """Messages of one second whose IDs sort the other way round than they come."""
    return [meta.inbound("777", f"wamid.{chr(ord('Z') - n)}", at, text, wa_id=ROSA) for n, text in enumerate(texts)]


HEARD = {
    "in one delivery": lambda said: hear(meta.packed(said, ["beside"] * (len(said) - 1))),
    "in one batch": lambda said: hear(*said),
    "in a batch each": lambda said: [hear(one) for one in said],
    "the second one twice and first of its batch": lambda said: (
        hear(said[0]),
        hear(said[1]),
        hear(*said[1:], said[0]),
    ),
}


def shown(business):
    """The texts of the thread, and the line in the list."""
    with business_scope(business):
        conversation = Conversation.objects.get()
        return [one.text for one in queries.thread_page(conversation).messages], conversation.last_message_text


@pytest.mark.parametrize("how", HEARD)
def test_messages_of_one_second_stand_as_they_came_and_the_list_shows_the_last_of_them(acme, number, how):
    HEARD[how](said("first", "second", "third"))

    assert shown(acme) == (["first", "second", "third"], "third")


@pytest.mark.parametrize("order", list(itertools.permutations(["message", "echo", "call"])))
def test_kinds_of_one_second_stand_as_they_came_too(acme, number, order):
    kinds = {
        "message": meta.inbound("777", "wamid.m", 0, "message", wa_id=ROSA),
        "echo": meta.echo("777", "wamid.e", 0, "echo", wa_id=ROSA),
        "call": meta.call("777", "wacid.1", 0, wa_id=ROSA),
    }
    hear(*(kinds[kind] for kind in order))

    with business_scope(acme):
        conversation = Conversation.objects.get()
        assert [one.provider_id for one in queries.thread_page(conversation).messages] == [
            {"message": "wamid.m", "echo": "wamid.e", "call": "wacid.1"}[kind] for kind in order
        ]
        assert conversation.last_message_kind == {"call": "call"}.get(order[-1], "text")


def test_what_the_provider_dates_earlier_stands_earlier_whenever_it_comes(acme, number):
    hear(*said("late", at=9))
    hear(meta.inbound("777", "wamid.0", 3, "early", wa_id=ROSA))

    assert shown(acme) == (["early", "late"], "late")


def test_a_repeat_with_an_earlier_time_moves_its_message_and_the_line(acme, number):
    hear(*said("first", "second"))
    hear(meta.inbound("777", "wamid.Y", -5, "second", wa_id=ROSA))

    assert shown(acme) == (["second", "first"], "first")


def test_a_campaign_and_our_reaction_are_no_line_of_the_list_whatever_is_worked_out_again(acme, number):
    hear(*said("first", at=5))
    with business_scope(acme):
        conversation = Conversation.objects.get()
        later = {"at": BEGIN + timedelta(seconds=50), "provider_id": None}
        builders.message(conversation, "Offer", "outbound", source="campaign", **later)
        builders.message(conversation, "👍", "outbound", kind="reaction", **later)
    hear(meta.edit("777", "wamid.x", 60, "wamid.Z", "first, edited", wa_id=ROSA))

    assert shown(acme)[1] == "first, edited"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_list_tells_no_more_of_a_deleted_message_than_the_thread(acme, number, client, ana, order):
    news = [*said("My card number is 1234"), meta.revoke("777", "wamid.y", 9, "wamid.Z", wa_id=ROSA)]
    for place in order:
        hear(news[place])
    client.force_login(ana)

    page = client.get(f"/b/{acme.slug}/inbox/").content.decode()

    assert re.search(r'class="snippet">([^<]*)<', page)[1] == "Deleted message"


def test_the_line_of_a_thread_that_a_campaign_opened_stays_when_a_reaction_comes(acme, number):
    with business_scope(acme):
        contact = builders.contact(acme, "Rosa", wa_id=ROSA)
        conversation = builders.conversation(
            acme, phone_number=number, contact=contact, last_activity_at=BEGIN, last_message_text="Offer",
            last_message_kind="template", last_message_direction="outbound",
        )  # fmt: skip
        builders.message(conversation, "Offer", "outbound", source="campaign", provider_id="wamid.o", at=BEGIN)
    hear(meta.reaction("777", "wamid.r", 9, "wamid.o", "👍", wa_id=ROSA))

    assert shown(acme)[1] == "Offer"


def test_the_page_and_the_api_show_that_order(acme, number, client, ana, olga):
    hear(*said("first", "second"))
    hear(meta.inbound("777", "wamid.A", 0, "third", wa_id=ROSA))
    client.force_login(ana)
    page = client.get(f"/b/{acme.slug}/inbox/").content.decode()
    with business_scope(acme):
        reference = Conversation.objects.get().reference
        key = api_keys.create(acme, "Platform", actor=olga)[1]
    thread = client.get(f"/b/{acme.slug}/inbox/{reference}/").content.decode()
    thread = thread.split('id="thread-lines"')[1].split("</ol>")[0]
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {key}"
    api = "/api/v1/conversations/"

    assert re.search(r'class="snippet">([^<]*)<', page)[1] == "third"
    assert re.findall(r">(first|second|third)<", thread) == ["first", "second", "third"]
    assert client.get(api).json()["data"][0]["last_message_text"] == "third"
    found, after = [], "limit=2"
    while after:
        answer = client.get(f"{api}{reference}/messages/?{after}").json()
        found += [row["text"] for row in answer["data"]]
        after = answer["next"] and f"limit=2&after={answer['next']}"
    assert found == ["third", "second", "first"]


def test_a_reply_that_comes_before_its_original_shows_the_quote_once_that_is_there(acme, number, client, ana):
    hear(meta.inbound("777", "wamid.reply", 5000, "At nine", wa_id=ROSA, name="Rosa", context={"id": "wamid.original"}))
    client.force_login(ana)
    with business_scope(acme):
        conversation = Conversation.objects.get()
        reply = conversation.messages.get()
        told = LiveEvent.objects.count()
    address = f"/b/{acme.slug}/inbox/{conversation.reference}/"
    before = client.get(address).content.decode()
    assert "An earlier message" in before
    assert f'data-live-status="{reply.reference}"' in before, "an open page doesn't ask for it again"

    hear(meta.inbound("777", "wamid.original", 10, "When do you open?", wa_id=ROSA, name="Rosa"))

    quote = '<span class="quote"><strong>Rosa</strong> When do you open?</span>'
    assert quote in client.get(address).content.decode()
    with business_scope(acme):
        assert LiveEvent.objects.count() > told
        reading = f"{(BEGIN + timedelta(hours=9)).isoformat()}~{reply.pk}".replace("+", "%2B")
    news = client.get(f"{address}messages/?seen={reading}&ref={reply.reference}").content.decode()
    assert quote in news
    assert f'data-live-status="{reply.reference}"' not in news
