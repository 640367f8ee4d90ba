"""A template with files of its own, sent to one person: attached by themselves, uploaded once, shown in the thread."""

import json
import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from config.clock import now
from contactcenter.campaigns import files, mapping
from contactcenter.forms import TemplateValuesForm, templates_for
from contactcenter.models import (
    Campaign,
    CampaignRecipient,
    Message,
    MessageMedia,
    MessageSource,
    MessageStatus,
    OutboxItem,
    TemplateFile,
)
from contactcenter.presenting import entries_of
from contactcenter.queries import thread_page
from contactcenter.sender import OWN, UPLOAD_LIFE, own_digests
from contactcenter.sender.lanes import Item
from contactcenter.sender.wire import build
from contactcenter.services import messages, outgoing, template_files
from contacts.models import ConsentSource
from contacts.services import consent
from providers.sandbox import bubbles
from templates_hsm.models import TemplateMedia, TemplateVersion
from templates_hsm.services import header_media, versions
from tenants.services import api_keys
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.sending import queue, sender, statuses, thread, until

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 200
OTHER = b"\x89PNG\r\n\x1a\n" + b"\x01" * 300
BODY = {"type": "BODY", "text": "Hello {{1}}, look at these.", "example": {"body_text": [["Rosa"]]}}
VALUES = {"body": {"1": "Rosa"}, "cards": [{"body": {"1": "10"}, "buttons": {"0": "shoe"}}, {"body": {"1": "20"}}]}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def own(business, person, content=PNG, name="summer.png"):
    with business_scope(business):
        return header_media.keep(business, SimpleUploadedFile(name, content), actor=person)


def header(row):
    return {"type": "HEADER", "format": row.kind, "example": {"header_handle": [header_media.handle_of(row)]}}


def carousel(business, person, conversation, *, first=None):
    """Two cards: the first with a button whose address ends in a value."""
    body = {"type": "BODY", "text": "Only {{1}} today.", "example": {"body_text": [["9"]]}}
    address = {"type": "URL", "text": "Buy", "url": "https://a.example/{{1}}", "example": ["https://a.example/hat"]}
    answer = {"type": "QUICK_REPLY", "text": "Later"}
    cards = [
        {"components": [first or header(own(business, person)), body, {"type": "BUTTONS", "buttons": [address]}]},
        {"components": [header(own(business, person, OTHER, "autumn.png")), body,
                        {"type": "BUTTONS", "buttons": [answer]}]},
    ]  # fmt: skip
    return builders.template(
        business, waba=conversation.phone_number.waba, category="MARKETING",
        components=[BODY, {"type": "CAROUSEL", "cards": cards}],
    )  # fmt: skip


def with_picture(business, person, conversation):
    return builders.template(
        business,
        waba=conversation.phone_number.waba,
        components=[header(own(business, person)), {"type": "BODY", "text": "Hello"}],
    )


def allowed(business, **options):
    """A conversation with somebody who agreed to everything."""
    conversation = thread(business, **options)
    with business_scope(business):
        consent.record_opt_in(conversation.contact, source=ConsentSource.PAPER, key=f"paper-{conversation.contact.pk}")
    return conversation


def request_for(message, **ids):
    """What leaves once WhatsApp knows the files."""
    item = Item(1, message.business_id, 1, 0, 0, message.pk, 1, 1, phone="573001112233", content=message.content)
    item.own_files = {digest: {"media_id": f"m{place}"} for place, digest in enumerate(own_digests(message.content), 1)}
    return build(item, "7").json["template"]["components"]


def test_the_template_s_own_file_goes_along_and_the_number_keeps_a_copy(acme, olga, ana):
    conversation = allowed(acme)
    template = with_picture(acme, olga, conversation)
    with business_scope(acme):
        message = messages.send_template(conversation, template, author=ana)
        again = messages.send_template(conversation, template, author=ana)
        kept, own_row = TemplateFile.objects.get(), TemplateMedia.objects.get()
        assert not MessageMedia.objects.exists()

    assert request_for(message)[0]["parameters"] == [{"type": "image", "image": {"id": "m1"}}]
    assert (kept.file_name, kept.sha256) == ("summer.png", own_row.sha256)
    assert kept.file != own_row.file  # what was sent is shown even after the template's file went
    assert message.content == again.content


def test_every_card_takes_its_own_file_its_values_and_its_buttons_along(acme, olga, ana):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        message = messages.send_template(conversation, template, VALUES, author=ana)
        assert TemplateFile.objects.count() == 2
    sent = request_for(message)

    cards = sent[1]["cards"]
    assert [card["components"][0]["parameters"][0]["image"]["id"] for card in cards] == ["m1", "m2"]
    assert cards[0]["components"][1]["parameters"] == [{"type": "text", "text": "10"}]
    assert cards[0]["components"][2]["parameters"] == [{"type": "text", "text": "shoe"}]


def test_the_sandbox_s_phone_shows_the_cards_as_they_were_sent(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        message = messages.send_template(conversation, template, VALUES)
    made = {"components": json.dumps(template.definition["components"]), "parameter_format": "POSITIONAL",
            "category": "MARKETING"}  # fmt: skip
    file = {"id": "m", "mime": "image/png", "filename": "a.png", "size": 1}
    store = SimpleNamespace(get=lambda kind, _key: made if kind == "template" else file)
    shown = {"text": "", "buttons": [], "cards": []}
    bubbles._template(store, {"template_id": "1"}, {"components": request_for(message)}, shown)

    first, second = shown["cards"]
    assert (first["text"], second["text"]) == ("Only 10 today.", "Only 20 today.")
    assert first["media"]["url"] == "/phone/media/m"
    assert first["buttons"] == [{"kind": "url", "label": "Buy", "detail": "https://a.example/shoe"}]
    assert second["buttons"][0]["kind"] == "reply"


def test_a_file_that_somebody_names_comes_before_the_template_s_own(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    link = {"header": {"link": "https://files.example/a.png"}}
    values = VALUES | {"cards": [VALUES["cards"][0] | link, VALUES["cards"][1]]}
    with business_scope(acme):
        message = messages.send_template(conversation, template, values)
        assert [row.file_name for row in TemplateFile.objects.all()] == ["autumn.png"]
    first = message.content["components"][1]["cards"][0]["components"][0]
    assert first["parameters"][0]["image"] == {"link": "https://files.example/a.png"}


def test_cards_that_do_not_fit_are_refused_and_leave_nothing(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        for cards in ([VALUES["cards"][0]], "x", [1, 2], [{}, {}]):
            with pytest.raises(ValidationError):
                messages.send_template(conversation, template, VALUES | {"cards": cards})
        assert not Message.objects.exists() and not TemplateFile.objects.exists()


def test_the_same_request_again_sends_nothing_and_another_one_under_its_key_is_an_error(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        first = messages.send_template(conversation, template, VALUES, idempotency_key="k")
        assert messages.send_template(conversation, template, VALUES, idempotency_key="k") == first
        with pytest.raises(outgoing.IdempotencyConflict):
            other = VALUES | {"cards": [VALUES["cards"][1] | {"buttons": {"0": "hat"}}, VALUES["cards"][1]]}
            messages.send_template(conversation, template, other, idempotency_key="k")
        assert OutboxItem.objects.count() == 1


def test_sending_again_hands_the_files_in_anew(acme, olga):
    conversation = allowed(acme)
    with business_scope(acme):
        lost = messages.send_template(conversation, with_picture(acme, olga, conversation))
        TemplateFile.objects.update(media_id="m-old", handed_in_at=now())
        Message.objects.update(status=MessageStatus.FAILED, rank=4, error_code=131053)
        lost.refresh_from_db()
        again = messages.resend(lost)
        assert again.content == lost.content
        assert TemplateFile.objects.get().media_id == ""


# What leaves


@pytest.mark.django_db(transaction=True)
def test_each_file_is_uploaded_once_for_all_messages_of_a_number(acme, olga, provider):
    first = allowed(acme)
    second = allowed(acme, phone_number=first.phone_number)
    template = carousel(acme, olga, first)
    with business_scope(acme):
        sent = [messages.send_template(one, template, VALUES) for one in (first, second, first)]

    with sender(provider):
        assert until(lambda: statuses(sent) == {"accepted"})

    assert sorted(provider.uploads) == sorted([PNG, OTHER])
    assert len(provider.heard) == 3
    named = {str(heard.body["template"]["components"][1]["cards"][1]["components"][0]) for heard in provider.heard}
    assert len(named) == 1 and "media-" in named.pop()


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_used_again_for_25_days_and_a_lost_answer_is_never_repeated(acme, olga, provider):
    conversation = allowed(acme)
    template = with_picture(acme, olga, conversation)
    with business_scope(acme):
        message = messages.send_template(conversation, template)
        TemplateFile.objects.update(media_id="m-known", handed_in_at=now() - UPLOAD_LIFE + timedelta(hours=1))
    provider.script[template.name] = ["reset"]
    with sender(provider):
        assert until(lambda: statuses([message]) == {"unknown"})
    assert provider.uploads == [] and provider.times(message.reference) == 1
    assert "m-known" in str(provider.heard[0].body)

    with business_scope(acme):
        TemplateFile.objects.update(handed_in_at=now() - UPLOAD_LIFE - timedelta(hours=1))
        later = messages.send_template(allowed(acme, phone_number=conversation.phone_number), template)
    with sender(provider):
        assert until(lambda: statuses([later]) == {"accepted"})
    assert provider.uploads == [PNG] and provider.times(message.reference) == 1
    with business_scope(acme):
        assert TemplateFile.objects.get().media_id == "media-1"


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_gone_fails_the_message_with_a_reason(acme, provider):
    conversation = allowed(acme)
    template = builders.template(acme, waba=conversation.phone_number.waba)
    part = {"type": "header", "parameters": [{"type": "image", "image": {"id": f"{OWN}{'0' * 64}"}}]}
    content = {"type": "template", "name": template.name, "language": "en", "components": [part]}
    message = queue(conversation, "Hello", template=template, content=content)

    with sender(provider):
        assert until(lambda: statuses([message]) == {"failed"})
    assert provider.heard == []
    with business_scope(acme):
        assert "no longer there" in Message.objects.get(pk=message.pk).error_details


# The form


def test_the_form_asks_for_each_card_s_values_with_samples(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        assert templates_for(conversation.phone_number) == [template]
        form = TemplateValuesForm(template)
        names = [name for name in form.fields if name != "key"]
        assert names == ["body_1", "card-0_body_1", "card-0_button_0", "card-1_body_1"]
        assert form.fields["card-0_button_0"].widget.attrs["placeholder"] == "For example hat"
        assert form.fields["card-1_body_1"].label == "Card 2: Value {{1}}"
        typed = {"body_1": "Rosa", "card-0_body_1": "10", "card-0_button_0": "shoe", "card-1_body_1": "20"}
        form = TemplateValuesForm(template, typed)
        assert form.is_valid()
        sent = form.values()
    assert sent["cards"] == [{"body": {"1": "10"}, "buttons": {"0": "shoe"}}, {"body": {"1": "20"}, "buttons": {}}]


def test_a_card_without_a_file_of_ours_asks_where_one_lies(acme, olga):
    conversation = allowed(acme)
    foreign = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::x"]}}
    template = carousel(acme, olga, conversation, first=foreign)
    typed = {"body_1": "Rosa", "card-0_body_1": "10", "card-0_button_0": "shoe", "card-1_body_1": "20"}
    with business_scope(acme):
        for link, good in (("", False), ("http://a.example/a.png", False), ("https://a.example/a.png", True)):
            form = TemplateValuesForm(template, typed | {"card-0_link": link})
            assert form.is_valid() is good, link
        assert form.values()["cards"][0]["header"] == {"link": "https://a.example/a.png"}


def test_a_card_that_starts_with_words_asks_for_no_file(acme, olga):
    conversation = allowed(acme)
    words = {"type": "HEADER", "format": "TEXT", "text": "New: {{1}}", "example": {"header_text": ["hats"]}}
    with business_scope(acme):
        form = TemplateValuesForm(carousel(acme, olga, conversation, first=words))
    assert "card-0_link" not in form.fields and "card-0_header_1" in form.fields


def test_the_composer_shows_the_cards_sends_them_and_the_thread_shows_what_was_sent(client, acme, olga, ana):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    client.force_login(ana)
    here = f"/b/{acme.slug}/inbox/{conversation.reference}/"
    typed = {
        "template": str(template.reference), "key": str(uuid.uuid4()), "body_1": "Rosa", "card-0_body_1": "10",
        "card-0_button_0": "shoe", "card-1_body_1": "20",
    }  # fmt: skip

    composer = client.get(here, {"compose": "template", "template": str(template.reference)}).content.decode()
    assert composer.count('class="preview-file"') == 2
    shown = client.post(f"/b/{acme.slug}/inbox/template-preview/", typed).content.decode()
    assert "https://a.example/shoe" in shown and 'alt="autumn.png"' in shown

    missing = client.post(f"{here}template/", typed | {"card-1_body_1": ""})
    assert missing.status_code == 422
    assert client.post(f"{here}template/", typed).status_code == 302
    assert client.post(f"{here}template/", typed).status_code == 302
    with business_scope(acme):
        message = Message.objects.get()
        TemplateMedia.objects.all().delete()

    page = client.get(here).content.decode()
    for words in ("Only ", "20", "Later", "Buy", f"media/{message.reference}/1/", f"media/{message.reference}/2/"):
        assert words in page
    picture = client.get(f"/b/{acme.slug}/inbox/media/{message.reference}/2/")
    assert b"".join(picture.streaming_content) == OTHER and picture["X-Content-Type-Options"] == "nosniff"
    for place in (0, 3):
        assert client.get(f"/b/{acme.slug}/inbox/media/{message.reference}/{place}/").status_code == 404


def test_a_sent_carousel_keeps_the_cards_that_were_in_force_when_it_was_sent(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        versions.keep(template, kind="approved")
        messages.send_template(conversation, template, VALUES)
        template.components[1]["cards"][1]["components"][1]["text"] = "Tomorrow {{1}}."
        template.save()
        Message.objects.update(at=now() - timedelta(minutes=5))
        TemplateVersion.objects.update(at=now() - timedelta(minutes=9))
        versions.keep(template, kind="approved")

        entry = entries_of(thread_page(conversation), contact_name="Rosa")[-1]

    assert "Tomorrow" not in str(entry.model.cards)
    assert "Only " in str(entry.model.cards[1])


def test_a_page_with_many_carousels_asks_once_for_what_was_in_force(acme, olga, django_assert_num_queries):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        versions.keep(template, kind="approved")
        TemplateVersion.objects.update(at=now() - timedelta(minutes=9))
        for _ in range(3):
            messages.send_template(conversation, template, VALUES)
        page = thread_page(conversation)
        with django_assert_num_queries(1):
            lines = entries_of(page, contact_name="Rosa")
    assert sum(1 for line in lines if line.model and len(line.model.cards) == 2) == 3


def test_a_neighbour_does_not_see_the_files_of_a_message(client, acme, globex, olga):
    conversation = allowed(acme)
    with business_scope(acme):
        message = messages.send_template(conversation, with_picture(acme, olga, conversation))
    client.force_login(olga)
    address = f"/b/{acme.slug}/inbox/media/{message.reference}/0/"
    assert client.get(address).status_code == 200
    client.force_login(builders.member(globex, "nora", role="owner"))
    assert client.get(address.replace(acme.slug, globex.slug)).status_code == 404


def test_the_api_sends_a_carousel_with_its_files(client, acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    asked = {"template": str(template.reference), "values": VALUES}
    with business_scope(acme):
        key = api_keys.create(acme, "Platform", actor=olga)[1]

    answer = client.post(
        f"/api/v1/conversations/{conversation.reference}/messages/",
        asked,
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )

    assert answer.status_code == 202, answer.content
    with business_scope(acme):
        assert len(own_digests(Message.objects.get().content)) == 2


def test_the_bubble_of_a_campaign_s_carousel_shows_the_campaign_s_files(acme, olga):
    conversation = allowed(acme)
    template = carousel(acme, olga, conversation)
    with business_scope(acme):
        campaign = Campaign.objects.create(
            business=acme, name="May", phone_number=conversation.phone_number, template=template
        )
        slot = next(one for one in mapping.slots(template.definition) if one.key == "card.1.header_link")
        row = files.take_upload(campaign, slot, SimpleUploadedFile("winter.png", PNG))
        campaign.mapping = {slot.key: files.rule_of(mapping.FILE, row)}
        campaign.save()
        message = messages.send_template(conversation, template, {
            "body": {"1": "Rosa"},
            "cards": [card | {"header": {"id": "media-9"}} for card in VALUES["cards"]],
        }, source=MessageSource.CAMPAIGN)  # fmt: skip
        CampaignRecipient.objects.create(
            business=acme, campaign=campaign, contact=conversation.contact, message=message
        )
        entry = entries_of(thread_page(conversation), contact_name="Rosa")[-1]
        places = template_files.of_messages([message])[message.pk]

    assert list(places) == [2]
    assert entry.model.cards[1].header.file.name == "winter.png"
    assert entry.model.cards[0].header.file is None
    assert entry.model.cards[0].buttons[0].target == "https://a.example/shoe"


def test_files_are_kept_in_one_order_so_that_two_processes_never_wait_for_each_other(acme, olga, monkeypatch):
    conversation = allowed(acme)
    rows = [own(acme, olga, PNG + bytes([n]), f"{n}.png") for n in range(9)]
    made = []
    original = type(TemplateFile.objects).get_or_create

    def note(manager, **fields):
        made.append(fields["sha256"])
        return original(manager, **fields)

    monkeypatch.setattr(type(TemplateFile.objects), "get_or_create", note)
    with business_scope(acme):
        template_files.keep(conversation.phone_number, rows)
    assert len(made) == 9 and made == sorted(made)


def test_sending_again_leaves_uploads_alone_that_are_not_to_blame(acme, olga):
    conversation = allowed(acme)
    with business_scope(acme):
        lost = messages.send_template(conversation, with_picture(acme, olga, conversation))
        TemplateFile.objects.update(media_id="m-1", handed_in_at=now())
        Message.objects.update(status=MessageStatus.FAILED, rank=4, error_code=131049)
        lost.refresh_from_db()
        messages.resend(lost)
        assert TemplateFile.objects.get().media_id == "m-1"

        Message.objects.filter(pk=lost.pk).update(error_code=131052)
        lost.refresh_from_db()
        messages.resend(lost)  # for the second time: nothing new leaves
        assert TemplateFile.objects.get().media_id == "m-1"
