"""A conversation: every kind of message, what became of ours, the composer, files."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.clock import now
from contactcenter.models import Conversation, Message, MessageMedia, MessageStatus, Note, Reaction
from contactcenter.services import media
from contacts.services import consent
from tenants.tenancy import business_scope, every_business
from tests import builders


@pytest.fixture
def talk(acme):
    """Rosa wrote two hours ago; her window is open."""
    conversation = builders.conversation(acme, "Rosa Paz", last_inbound_at=now() - timedelta(hours=2))
    builders.window(conversation, hours_left=22)
    return conversation


@pytest.fixture
def late(acme):
    """Hugo wrote two days ago; his window is closed."""
    conversation = builders.conversation(acme, "Hugo Sol", last_inbound_at=now() - timedelta(hours=48))
    builders.window(conversation, hours_left=-24)
    return conversation


@pytest.fixture
def agent(client, ana):
    client.force_login(ana)
    return client


def address(conversation, tail=""):
    return f"/b/{conversation.business.slug}/inbox/{conversation.reference}/{tail}"


def html_of(client, conversation, tail=""):
    response = client.get(address(conversation, tail))
    assert response.status_code == 200
    return response.content.decode()


def sent(conversation):
    with business_scope(conversation.business_id):
        return list(Message.objects.filter(conversation=conversation, direction="outbound"))


KEY = "5f0c2c5e-0000-4000-8000-00000000000a"


# What stands in a thread


def test_text_is_shown_formatted_with_links_that_tell_nobody_where_from(agent, talk):
    builders.message(talk, "*Now*: https://example.com/a <script>alert(1)</script>")

    html = html_of(agent, talk)

    assert "<strong>Now</strong>" in html
    assert 'href="https://example.com/a" rel="nofollow noopener noreferrer" target="_blank"' in html
    assert "<script>alert" not in html


@pytest.mark.parametrize(
    ("kind", "text", "content", "shown"),
    [
        (
            "location",
            "Depot",
            {"name": "Depot", "address": "Street 1", "latitude": 3.45, "longitude": -76.5},
            "Street 1",
        ),
        (
            "contacts",
            "Leo",
            {"contacts": [{"name": {"formatted_name": "Leo"}, "phones": [{"phone": "+5711"}]}]},
            "+5711",
        ),
        ("button", "Yes please", {"text": "Yes please"}, "Tapped a button"),
        ("interactive", "Blue", {"kind": "list_reply", "title": "Blue", "description": "Sky"}, "Chose from a list"),
        ("interactive", "", {"kind": "nfm_reply", "answers": {"city": "Cali"}}, "Cali"),
        ("order", "", {"items": [{"product_retailer_id": "SKU9", "quantity": 2}]}, "SKU9"),
        ("image", "A photo", {"media_id": "1"}, "Without a file"),
        ("unsupported", "", {"kind": "poll_creation"}, "poll_creation"),
        ("something_new", "", {"piece": {"x": 1}}, "something_new"),
        ("location", "", {"latitude": None, "longitude": "x"}, "Location"),
        ("contacts", "", {"contacts": ["nonsense"]}, "No name"),
    ],
)
def test_every_kind_is_shown_or_said_to_be_unknown(agent, talk, kind, text, content, shown):
    builders.message(talk, text, kind=kind, content=content)

    assert shown in html_of(agent, talk)


def test_a_template_is_shown_as_it_was_sent(agent, talk, acme):
    template = builders.template(acme, waba=talk.phone_number.waba)
    parameters = [{"type": "text", "text": "Rosa"}, {"type": "text", "text": "48213"}]
    content = {"type": "template", "name": template.name, "components": [{"type": "body", "parameters": parameters}]}
    builders.message(
        talk,
        "Hello Rosa, your order 48213 is on its way.",
        "outbound",
        kind="template",
        template=template,
        content=content,
    )
    builders.message(talk, "An older wording.", "outbound", kind="template", template=template, content=content)

    html = html_of(agent, talk)

    assert "Hello Rosa, your order 48213 is on its way." in html
    assert "An older wording." in html


def test_quotes_reactions_edits_and_deletions_are_shown(agent, talk):
    first = builders.message(talk, "The question")
    builders.message(talk, "The answer", "outbound", reply_to_provider_id=first.provider_id)
    builders.message(talk, "Gone", deleted_at=now())
    builders.message(talk, "Changed", edited_at=now())
    with business_scope(talk.business_id):
        Reaction.objects.create(
            business=talk.business, phone_number=talk.phone_number, target_provider_id=first.provider_id,
            direction="inbound", conversation=talk, emoji="👍", at=now(),
        )  # fmt: skip

    html = html_of(agent, talk)

    assert '<span class="quote"><strong>Rosa Paz</strong> The question' in html
    assert "👍" in html
    assert "Deleted by its sender" in html and ">Gone<" not in html
    assert "edited" in html


def test_a_reaction_of_ours_is_no_line_of_its_own(agent, talk):
    reaction = builders.message(talk, "👍", "outbound", kind="reaction")

    assert f'id="m-{reaction.reference}"' not in html_of(agent, talk)


@pytest.mark.parametrize(
    ("status", "fields", "words"),
    [
        ("queued", {}, ["Waiting to leave"]),
        ("sent", {}, ["Sent"]),
        ("delivered", {}, ["Delivered"]),
        ("read", {}, ["Read"]),
        ("failed", {"error_code": 131047}, ["The 24-hour window is closed", "Send again", "Choose a template"]),
        ("unknown", {}, ["know whether it arrived", "repeat it by ourselves", "Send again anyway"]),
    ],
)
def test_what_became_of_a_message_is_said_in_words(agent, talk, status, fields, words):
    builders.message(talk, "Hi", "outbound", status=status, rank=MessageStatus(status).rank, **fields)

    html = html_of(agent, talk).replace("&#x27;", "'")

    for piece in words:
        assert piece in html


def test_earlier_messages_come_by_key_and_none_is_lost(agent, talk):
    at = now() - timedelta(hours=20)
    for n in range(45):
        builders.message(talk, f"Number-{n:02}.", at=at + timedelta(seconds=n // 2))

    html = html_of(agent, talk)
    link = html.split('data-earlier href="')[1].split('"')[0]
    older = agent.get(link).content.decode()

    shown = [
        {n for n in range(45) if f"Number-{n:02}." in page.split('id="thread-lines"')[1]} for page in (html, older)
    ]
    assert shown[0] == set(range(5, 45))
    assert shown[1] == set(range(5))


def test_an_open_page_gets_what_is_new_and_how_far_the_named_ones_came(agent, talk):
    old = builders.message(talk, "Ours", "outbound", at=now() - timedelta(hours=1), status="read", rank=6)
    seen = builders.message(talk, "Seen", at=now() - timedelta(minutes=40))
    late = builders.message(talk, "Came late", at=now() - timedelta(hours=3))
    cursor = f"{seen.at.isoformat()}~{seen.pk}".replace("+", "%2B")

    html = html_of(agent, talk, f"messages/?seen={cursor}&ref={old.reference}&ref=nonsense")

    assert "Came late" in html and str(late.reference) in html
    assert "Ours" in html
    assert html_of(agent, talk, "messages/?seen=nonsense&before=nonsense&notes=nonsense").count("bubble") == 0


def test_the_thread_costs_the_same_for_one_message_and_for_three(agent, talk):
    def cost():
        with CaptureQueriesContext(connection) as context:
            html_of(agent, talk)
        return len(context)

    builders.message(talk, "One")
    cost()
    one = cost()
    builders.message(talk, "Two")
    builders.message(talk, "Three")

    assert cost() == one


# Reading


def test_opening_marks_as_read_for_an_agent_and_not_for_a_viewer(client, acme, ana, talk):
    builders.message(talk, "Hello")
    with business_scope(acme):
        Conversation.objects.filter(pk=talk.pk).update(unread_count=1)

    client.force_login(builders.member(acme, "vera", role="viewer"))
    html_of(client, talk)
    with business_scope(acme):
        assert Conversation.objects.get(pk=talk.pk).unread_count == 1

    client.force_login(ana)
    html_of(client, talk)
    with business_scope(acme):
        assert Conversation.objects.get(pk=talk.pk).unread_count == 0


# Writing


def test_a_reply_is_queued_and_the_page_comes_back(agent, talk):
    response = agent.post(address(talk, "reply/"), {"text": "On its way", "key": KEY})

    assert response.status_code == 302
    [message] = sent(talk)
    assert (message.text, message.status) == ("On its way", "queued")
    assert "On its way" in html_of(agent, talk)


def test_a_double_click_sends_one_message(agent, talk):
    for _ in range(2):
        agent.post(address(talk, "reply/"), {"text": "Once", "key": KEY})

    assert len(sent(talk)) == 1


def test_the_same_page_with_another_text_asks_before_it_sends_again(agent, talk):
    agent.post(address(talk, "reply/"), {"text": "First", "key": KEY})
    response = agent.post(address(talk, "reply/"), {"text": "Second", "key": KEY})

    assert response.status_code == 422
    assert "Second" in response.content.decode()
    assert KEY not in response.content.decode()
    assert len(sent(talk)) == 1


def test_a_reply_may_quote_a_message_of_this_conversation_only(agent, acme, talk, late):
    mine = builders.message(talk, "Question")
    other = builders.message(late, "Elsewhere")

    agent.post(address(talk, "reply/"), {"text": "Answer", "key": KEY, "reply_to": mine.reference})
    assert sent(talk)[0].reply_to_provider_id == mine.provider_id
    assert agent.post(address(talk, "reply/"), {"text": "X", "reply_to": other.reference}).status_code == 404


def test_a_closed_window_is_refused_by_the_server_and_the_text_is_kept(agent, late):
    response = agent.post(address(late, "reply/"), {"text": "What I wrote", "key": KEY})

    html = response.content.decode()
    assert response.status_code == 422
    assert "What I wrote" in html
    assert "24 hours" in html
    assert sent(late) == []


def test_a_text_that_is_too_long_is_refused_and_kept(agent, talk):
    response = agent.post(address(talk, "reply/"), {"text": "x" * 4097, "key": KEY})

    assert response.status_code == 422
    assert "x" * 4097 in response.content.decode()


def test_nothing_typed_is_said_so(agent, talk):
    response = agent.post(address(talk, "reply/"), {"text": "  ", "key": KEY})

    assert response.status_code == 422
    assert "Write a message or attach a file." in response.content.decode()


def test_a_file_goes_with_its_caption(agent, talk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    file = SimpleUploadedFile("a.pdf", b"%PDF-1.4 content")

    assert agent.post(address(talk, "reply/"), {"text": "See", "file": file, "key": KEY}).status_code == 302
    assert [(message.kind, message.text) for message in sent(talk)] == [("document", "See")]


def test_a_file_that_whatsapp_refuses_is_refused_here_with_the_text_kept(agent, talk):
    file = SimpleUploadedFile("a.exe", b"MZ\x90\x00")

    response = agent.post(address(talk, "reply/"), {"text": "Keep me", "file": file, "key": KEY})

    assert response.status_code == 422
    assert "Keep me" in response.content.decode()


def test_a_script_gets_the_composer_alone(agent, talk):
    response = agent.post(address(talk, "reply/"), {"text": "Hi", "key": KEY}, headers={"X-Part": "1"})

    html = response.content.decode()
    assert response.status_code == 200
    assert html.strip().startswith('<div id="composer"')
    assert KEY not in html


def test_a_note_is_kept_once_and_goes_to_nobody(agent, talk):
    for _ in range(2):
        agent.post(address(talk, "note/"), {"text": "Ask for the name", "key": KEY})

    with business_scope(talk.business_id):
        assert Note.objects.count() == 1
    assert sent(talk) == []
    assert "Ask for the name" in html_of(agent, talk)


@pytest.mark.parametrize("tail", ["reply/", "note/", "template/", "assign/", "resolve/", "reopen/", "read/"])
def test_a_viewer_may_not_write(client, acme, talk, tail):
    client.force_login(builders.member(acme, "vera", role="viewer"))

    assert client.post(address(talk, tail), {"text": "x"}).status_code == 403


# Templates


def test_a_closed_window_offers_approved_templates_with_the_name_filled_in_and_the_price(agent, acme, late):
    builders.template(acme, waba=late.phone_number.waba)
    builders.template(acme, name="rejected_one", waba=late.phone_number.waba, status="rejected")
    builders.template(acme, name="elsewhere")
    with business_scope(acme):
        consent.record_opt_in(late.contact, source="paper", key="k", wording="yes")

    html = html_of(agent, late)

    assert "The 24-hour window is closed" in html
    assert "order_update" in html and "rejected_one" not in html and "elsewhere" not in html
    assert '<span class="filled">Hugo</span>' in html
    assert "US$" in html


def test_without_consent_the_template_says_what_to_do_instead(agent, acme, late):
    template = builders.template(acme, waba=late.phone_number.waba)

    assert "agreed to hear from the business" in html_of(agent, late)
    values = {"template": template.reference, "body_1": "Hugo", "body_2": "7", "key": KEY}
    assert agent.post(address(late, "template/"), values).status_code == 422
    assert sent(late) == []


def test_a_template_is_sent_with_its_values_once(agent, acme, late):
    template = builders.template(acme, waba=late.phone_number.waba)
    with business_scope(acme):
        consent.record_opt_in(late.contact, source="paper", key="k", wording="yes")
    values = {"template": template.reference, "body_1": "Hugo", "body_2": "48213", "key": KEY}

    for _ in range(2):
        assert agent.post(address(late, "template/"), values).status_code == 302

    [message] = sent(late)
    assert message.text == "Hello Hugo, your order 48213 is on its way."


def test_missing_values_are_named_and_the_others_kept(agent, acme, late):
    template = builders.template(acme, waba=late.phone_number.waba)

    response = agent.post(address(late, "template/"), {"template": template.reference, "body_1": "Hugolino"})

    html = response.content.decode()
    assert response.status_code == 422
    assert 'value="Hugolino"' in html
    assert "Fill it in" in html


def test_the_preview_follows_what_is_typed_and_escapes_it(agent, acme, late):
    template = builders.template(acme, waba=late.phone_number.waba)

    html = agent.post(
        f"/b/{acme.slug}/inbox/template-preview/", {"template": template.reference, "body_1": "<b>Hugo"}
    ).content.decode()

    assert '<span class="filled">&lt;b&gt;Hugo</span>' in html
    assert "{{2}}" in html
    assert agent.post(f"/b/{acme.slug}/inbox/template-preview/", {"template": "nonsense"}).status_code == 404


def test_the_neighbours_template_can_not_be_sent(agent, globex, late):
    theirs = builders.template(globex)

    assert agent.post(address(late, "template/"), {"template": theirs.reference}).status_code == 404


# Sending again


def test_an_unknown_message_is_sent_again_only_by_choice_and_only_once(agent, talk):
    doubtful = builders.message(
        talk, "Did it arrive?", "outbound", status="unknown", rank=1, content={"type": "text", "body": "Did it arrive?"}
    )

    for _ in range(2):
        assert agent.post(address(talk, f"messages/{doubtful.reference}/resend/")).status_code == 302

    assert len(sent(talk)) == 2
    html = html_of(agent, talk)
    assert "Somebody sent it again." in html and "Send again anyway" not in html


def test_a_message_that_arrived_is_not_sent_again(agent, talk):
    arrived = builders.message(talk, "Fine", "outbound", status="read", rank=6)

    assert agent.post(address(talk, f"messages/{arrived.reference}/resend/")).status_code == 422
    assert len(sent(talk)) == 1


# Writing first


def new_conversation(acme):
    number = builders.phone_number(acme)
    template = builders.template(acme, waba=number.waba)
    return {
        "number": number.reference, "to": "+57 300 123 4567", "name": "Nadia", "template": template.reference,
        "body_1": "Nadia", "body_2": "7", "key": KEY, "send": "1",
    }  # fmt: skip


def test_writing_first_needs_consent_and_leaves_nothing_behind_without(agent, acme):
    response = agent.post(f"/b/{acme.slug}/inbox/new/", new_conversation(acme))

    assert response.status_code == 422
    assert "agreed to hear from the business" in response.content.decode()
    assert 'value="+57 300 123 4567"' in response.content.decode()
    with business_scope(acme):
        assert Conversation.objects.count() == 0


def test_writing_first_with_stated_consent_keeps_it_in_the_ledger(agent, acme):
    data = new_conversation(acme) | {"source": "paper", "wording": "Signed in the shop"}

    for _ in range(2):
        assert agent.post(f"/b/{acme.slug}/inbox/new/", data).status_code == 302

    with business_scope(acme):
        conversation = Conversation.objects.get()
        assert consent.may_message(conversation.contact, category="utility").event.wording == "Signed in the shop"
    assert len(sent(conversation)) == 1


@pytest.mark.parametrize("change", [{"to": "12"}, {"to": ""}, {"body_2": ""}, {"source": "paper", "wording": ""}])
def test_writing_first_says_what_is_missing_and_keeps_the_rest(agent, acme, change):
    response = agent.post(f"/b/{acme.slug}/inbox/new/", new_conversation(acme) | change)

    assert response.status_code == 422
    assert 'value="Nadia"' in response.content.decode()


def test_choosing_a_template_sends_nothing(agent, acme):
    data = new_conversation(acme)
    del data["send"]

    response = agent.post(f"/b/{acme.slug}/inbox/new/", data | {"choose": "1"})

    assert response.status_code == 200
    assert 'value="+57 300 123 4567"' in response.content.decode()


# Files


@pytest.fixture
def picture(talk, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path

    def make(content=b"\xff\xd8\xff" + b"x" * 997, mime="image/jpeg", name="photo.jpg", kind="image"):
        message = builders.message(talk, "", kind=kind)
        with every_business():
            stored, size, digest = media.store_bytes(talk.business, content, ".bin")
            MessageMedia.objects.create(
                business=talk.business,
                message=message,
                file=stored,
                mime_type=mime,
                file_name=name,
                size=size,
                sha256=digest,
            )
        return message

    return make


def file_of(business, message):
    return f"/b/{business.slug}/inbox/media/{message.reference}/"


def test_a_picture_is_shown_in_place_and_guessed_at_by_nobody(agent, acme, picture):
    response = agent.get(file_of(acme, picture()))

    assert b"".join(response.streaming_content).startswith(b"\xff\xd8\xff")
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline")
    assert "sandbox" in response["Content-Security-Policy"]


@pytest.mark.parametrize("mime", ["text/html", "image/svg+xml", "application/pdf", ""])
def test_anything_else_is_only_saved(agent, acme, picture, mime):
    response = agent.get(file_of(acme, picture(b"<script>", mime, "a.html", "document")))

    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] in {"application/octet-stream", "application/pdf"}


@pytest.mark.parametrize(
    ("asked", "status", "length"),
    [
        ("bytes=0-9", 206, 10),
        ("bytes=990-", 206, 10),
        ("bytes=-5", 206, 5),
        ("bytes=5000-", 416, 0),
        ("bytes=9-1", 416, 0),
    ],
)
def test_players_get_the_part_they_ask_for(agent, acme, picture, asked, status, length):
    response = agent.get(file_of(acme, picture()), headers={"Range": asked})

    assert response.status_code == status
    assert len(response.content) == length


def test_the_neighbour_does_not_get_the_file(client, acme, globex, picture):
    message = picture()
    client.force_login(builders.member(globex, "nora"))

    assert client.get(file_of(globex, message)).status_code == 404
    assert client.get(file_of(acme, message)).status_code == 404


def test_a_file_that_is_not_there_yet_is_not_found(agent, acme, talk):
    message = builders.message(talk, "", kind="image")
    with business_scope(acme):
        MessageMedia.objects.create(business=acme, message=message)

    assert agent.get(file_of(acme, message)).status_code == 404
    assert "The file is on its way" in html_of(agent, talk)


# On a phone


@pytest.mark.parametrize(
    ("query", "pane"), [("", "thread"), ("?pane=contact", "contact"), ("?pane=nonsense", "thread")]
)
def test_a_phone_without_scripts_shows_the_pane_that_was_asked_for(agent, talk, query, pane):
    assert f'data-pane="{pane}"' in html_of(agent, talk, query)
