"""Carousels and offers where they are compared between languages and where our team writes notes about them."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from templates_hsm.differences import between_languages
from templates_hsm.models import MessageTemplate, TemplateReview, TemplateStatus
from templates_hsm.views.history import PLACES
from tenants.tenancy import every_business
from tests.templates_hsm.test_cards import address, card, carousel, definition, drafted, stored

OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Ends soon", "has_expiration": True}}


def with_cards(*cards):
    return [carousel()[0], {"type": "CAROUSEL", "cards": list(cards)}]


def without_text(number):
    return {"components": [part for part in card(number)["components"] if part["type"] != "BODY"]}


def film(number):
    header = {"type": "HEADER", "format": "VIDEO", "example": {"header_handle": ["4::film"]}}
    return {"components": [header, *card(number)["components"][1:]]}


def named(number):
    return {"components": [part | {"text": "For {{1}}."} if part["type"] == "BODY" else part
                           for part in card(number)["components"]]}  # fmt: skip


@pytest.mark.parametrize(
    ("own", "place", "word"),
    [
        (carousel()[:1], "content", "Message, there Carousel"),
        (with_cards(card(1), card(2), card(3)), "cards", "3 cards, there 2"),
        (with_cards(film(1), card(2)), "cards", "Card 1 starts with"),
        (with_cards(card(1), without_text(2)), "cards", "Card 2 has a text"),
        (with_cards(card(1), named(2)), "cards", "variables of card 2"),
        (with_cards(card(1), card(2, type="URL", url="https://shop.example/2")), "cards", "buttons of card 2"),
    ],
)
def test_cards_of_two_languages_are_compared(own, place, word):
    told = list(between_languages(definition(own), definition()))

    assert any(place == where and word in text for where, text in told), told
    assert set(PLACES) >= {where for where, _text in told}


def test_offers_of_two_languages_are_compared():
    no_end = {**OFFER, "limited_time_offer": {"text": "Bald vorbei", "has_expiration": False}}
    told = list(between_languages(definition([no_end, carousel()[0]]), definition([OFFER, carousel()[0]])))

    assert [where for where, _text in told] == ["content"]
    assert between_languages(definition(), definition()) == []


def test_our_team_writes_a_note_about_the_cards(client, acme, sam, olga):
    draft = drafted(acme, carousel())
    sam.language = olga.language = "en"
    sam.save()
    olga.save()
    sam.user_permissions.add(Permission.objects.get(codename="change_templatereview"))
    bad = carousel(text=False)
    bad[1]["cards"][1] = {"components": card(2)["components"][1:]}
    with every_business():
        MessageTemplate.objects.filter(pk=draft.pk).update(status=TemplateStatus.HOUSE_REVIEW, components=bad)
        review = TemplateReview.objects.create(business=acme, template=draft, definition=stored(draft).definition)
    client.force_login(sam)
    url = reverse("admin:templates_hsm_templatereview_change", args=[review.pk])
    places = {one["slot"]: one for one in client.get(url).context["places"]}
    assert places["cards"]["items"]

    client.post(url, {"_send_back": "1", "note-cards": "The second card has no picture."})
    client.force_login(olga)
    page = client.get(address(draft, "template_detail")).content.decode()
    assert "The second card has no picture." in page and "#field-cards" in page and ">Cards<" in page
