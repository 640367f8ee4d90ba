"""Writing messages: one transaction holds the message, its place in the outbox, and the news."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from config.clock import now
from contactcenter import gate
from contactcenter.models import (
    Conversation,
    Direction,
    Message,
    MessageMedia,
    MessageSource,
    MessageStatus,
    OutboxItem,
    OutboxState,
    Priority,
    Reaction,
)
from contactcenter.sender import UPLOADED
from contactcenter.sender.lanes import Item
from contactcenter.sender.wire import build
from contactcenter.services import messages, outgoing
from contacts.models import ConsentSource, Contact
from contacts.services import consent, people
from tenants.models import LiveEvent
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.sending import thread

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64


def request_for(message):
    item = Item(1, message.business_id, 1, 0, 0, message.pk, 1, 1, phone="573001112233")
    item.content, item.reply_to, item.message_reference = (
        message.content,
        message.reply_to_provider_id,
        str(message.reference),
    )
    media = MessageMedia.objects.filter(message=message).first()
    item.media = {"media_id": "m1"} if media else None
    return build(item, "7").json


def test_a_text_is_a_message_an_outbox_row_and_news_at_once(acme, ana, hints_sent, django_capture_on_commit_callbacks):
    conversation = thread(acme)
    builders.message(conversation, "Are you there?")
    with business_scope(acme):
        Conversation.objects.update(unread_count=1, waiting_since=now(), last_inbound_at=now())

    with django_capture_on_commit_callbacks(execute=True), business_scope(acme):
        message = messages.send_text(conversation, " Hello\r\nRosa ", author=ana)

    with business_scope(acme):
        conversation.refresh_from_db()
        item = OutboxItem.objects.get()
        types = set(LiveEvent.objects.values_list("type", flat=True))
        body = request_for(message)
    assert (message.text, message.status, message.author) == ("Hello\nRosa", "queued", ana)
    assert (item.message_id, item.state, item.priority) == (message.pk, OutboxState.WAITING, Priority.AGENT)
    assert body["text"]["body"] == "Hello\nRosa"
    assert body["biz_opaque_callback_data"] == str(message.reference)
    assert (conversation.last_message_text, conversation.last_message_direction) == ("Hello\nRosa", "outbound")
    assert (conversation.waiting_since, conversation.unread_count) == (None, 0)
    assert types == {"message", "conversation"}
    assert ("bell", "outbox", str(conversation.phone_number_id)) in hints_sent


def test_what_the_gate_forbids_leaves_nothing_behind(acme):
    conversation = thread(acme, hours_left=-1)

    with business_scope(acme), pytest.raises(gate.NotAllowed) as refusal:
        messages.send_text(conversation, "Too late")

    assert refusal.value.answer.reason == "window_closed"
    with business_scope(acme):
        assert not Message.objects.exists() and not OutboxItem.objects.exists()


def test_the_same_key_is_the_same_message_and_never_another_request(acme, globex):
    conversation, theirs = thread(acme), thread(globex)
    with business_scope(acme):
        first = messages.send_text(conversation, "Hello", idempotency_key="k1")
        conversation.contact.windows.update(expires_at=now())
        again = messages.send_text(conversation, "Hello", idempotency_key="k1")
        with pytest.raises(outgoing.IdempotencyConflict) as conflict:
            messages.send_text(conversation, "Other", idempotency_key="k1")
        assert OutboxItem.objects.count() == 1
    assert first == again == conflict.value.message
    with business_scope(globex):
        assert messages.send_text(theirs, "Hello", idempotency_key="k1") != first


def test_lengths_are_checked_with_a_sentence(acme):
    conversation = thread(acme)
    with business_scope(acme):
        messages.send_text(conversation, "x" * 4096)
        for text, code in ((" \x00 ", "empty"), ("x" * 4097, "too_long")):
            with pytest.raises(ValidationError) as problem:
                messages.send_text(conversation, text)
            assert problem.value.code == code
    assert "4096" in problem.value.messages[0].replace(",", "")


def test_a_reply_quotes_a_message_of_its_own_conversation(acme):
    conversation, other = thread(acme), thread(acme)
    heard, elsewhere = builders.message(conversation, "?"), builders.message(other, "?")
    with business_scope(acme):
        reply = messages.send_text(conversation, "!", reply_to=heard)
        assert request_for(reply)["context"] == {"message_id": heard.provider_id}
        with pytest.raises(ValidationError):
            messages.send_text(conversation, "!", reply_to=elsewhere)


def test_priorities_follow_who_speaks(acme):
    conversation = thread(acme)
    with business_scope(acme):
        for source in (MessageSource.AGENT, MessageSource.API, MessageSource.BOT, MessageSource.CAMPAIGN):
            messages.send_text(conversation, source, source=source)
        assert list(OutboxItem.objects.order_by("id").values_list("priority", flat=True)) == [0, 0, 1, 2]


# Templates


def agree(contact):
    consent.record_opt_in(contact, source=ConsentSource.PAPER, key=f"paper-{contact.pk}")


def test_a_template_is_filled_and_read_as_the_person_will(acme):
    conversation = builders.conversation(acme)
    template = builders.template(acme, waba=conversation.phone_number.waba)
    with business_scope(acme):
        agree(conversation.contact)
        message = messages.send_template(conversation, template, {"body": ["Rosa", "48213"]})
        body = request_for(message)
        with pytest.raises(ValidationError) as problem:
            messages.send_template(conversation, template, {"body": ["Rosa"]})

    assert message.text == "Hello Rosa, your order 48213 is on its way."
    assert body["template"]["components"][0]["parameters"][1] == {"type": "text", "text": "48213"}
    assert "body" in problem.value.messages[0]


def test_a_conversation_is_started_with_a_template_or_not_at_all(acme, ana):
    number = builders.phone_number(acme)
    template = builders.template(acme, waba=number.waba)
    values = {"body": ["Rosa", "1"]}
    with business_scope(acme):
        with pytest.raises(gate.NotAllowed):
            messages.start_conversation(number, "+57 300 123 4567", template, values, author=ana)
        assert not Contact.objects.exists() and not Conversation.objects.exists()
        agree(people.get_or_make(acme.pk, phone="573001234567"))
        message = messages.start_conversation(number, "+57 300 123 4567", template, values, author=ana)
        again = messages.start_conversation(number, message.contact, template, values)
        with pytest.raises(ValidationError):
            messages.start_conversation(number, "12", template, values)
    assert message.conversation == again.conversation


# Files


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_picture_is_kept_and_queued_with_its_caption(acme):
    conversation = thread(acme)
    with business_scope(acme):
        message = messages.send_media(conversation, SimpleUploadedFile("my\u202egnp.exe", PNG), "Look")
        kept = MessageMedia.objects.get()
        body = request_for(message)
    assert (message.kind, message.text, kept.mime_type) == ("image", "Look", "image/png")
    assert kept.file.name.startswith(f"{acme.reference}/")
    assert kept.file_name == "mygnp.png"
    assert body["image"] == {"id": "m1", "caption": "Look"}


def test_files_that_whatsapp_refuses_are_refused_here(acme):
    conversation = thread(acme)
    large = SimpleUploadedFile("big.png", PNG)
    large.size = 6 * 1024 * 1024
    sound = SimpleUploadedFile("a.mp3", b"ID3" + b"\x00" * 20)
    with business_scope(acme):
        for file, caption, code in (
            (SimpleUploadedFile("a.png", b"<html><script>"), "", "wrong_type"),
            (SimpleUploadedFile("a.png", b""), "", "empty"),
            (large, "", "too_large"),
            (sound, "listen", "no_caption"),
            (SimpleUploadedFile("a.png", PNG), "x" * 1025, "too_long"),
        ):
            with pytest.raises(ValidationError) as problem:
                messages.send_media(conversation, file, caption)
            assert problem.value.code == code
        assert not Message.objects.exists()


def test_a_template_takes_a_file_for_its_header(acme):
    conversation = builders.conversation(acme)
    template = builders.template(
        acme,
        waba=conversation.phone_number.waba,
        components=[
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::x"]}},
            {"type": "BODY", "text": "Hello"},
        ],
    )
    with business_scope(acme):
        agree(conversation.contact)
        message = messages.send_template(conversation, template, header_file=SimpleUploadedFile("a.png", PNG))
        body = request_for(message)
    assert UPLOADED in str(message.content)
    assert body["template"]["components"][0]["parameters"] == [{"type": "image", "image": {"id": "m1"}}]


# The rest


def test_a_reaction_is_shown_at_once_and_replaced_by_the_next(acme):
    conversation = thread(acme)
    heard = builders.message(conversation, "Nice")
    with business_scope(acme):
        for emoji in ("👍", "❤️", ""):
            sent = messages.send_reaction(heard, emoji)
        reaction = Reaction.objects.get()
        assert request_for(sent)["reaction"] == {"message_id": heard.provider_id, "emoji": ""}
        conversation.refresh_from_db()
        for bad in ("ok", "12", "👍 👍"):
            with pytest.raises(ValidationError):
                messages.send_reaction(heard, bad)
        heard.at = now() - timedelta(days=31)
        with pytest.raises(ValidationError):
            messages.send_reaction(heard, "👍")
    assert (reaction.direction, reaction.emoji) == (Direction.OUTBOUND, "")
    assert conversation.last_message_text == ""


def test_buttons_and_lists_keep_whatsapps_limits(acme):
    conversation = thread(acme)
    buttons = {
        "type": "buttons",
        "body": "When?",
        "buttons": [{"id": "1", "title": "Today"}, {"id": "2", "title": "Tomorrow"}],
    }
    with business_scope(acme):
        message = messages.send_interactive(conversation, buttons)
        assert (message.kind, message.text) == ("interactive", "When?")
        assert request_for(message)["interactive"]["type"] == "button"
        for broken in (
            {**buttons, "buttons": []},
            {**buttons, "buttons": [{"id": str(n), "title": f"b{n}"} for n in range(4)]},
            {**buttons, "buttons": [{"id": "1", "title": "x" * 21}]},
            {**buttons, "buttons": [{"id": "1", "title": "a"}, {"id": "1", "title": "b"}]},
            {**buttons, "footer": "x" * 61},
            {"type": "list", "body": "?", "button": "Choose", "sections": []},
            {"type": "link", "body": "?", "title": "Open", "url": "javascript:alert(1)"},
            {"type": "flow", "body": "?"},
        ):
            with pytest.raises(ValidationError):
                messages.send_interactive(conversation, broken)


def test_reading_empties_the_counter_and_hints_a_receipt(acme, ana, hints_sent, django_capture_on_commit_callbacks):
    conversation = thread(acme)
    heard = builders.message(conversation, "Hi")
    with business_scope(acme):
        Conversation.objects.update(unread_count=3)
    with django_capture_on_commit_callbacks(execute=True), business_scope(acme):
        assert messages.mark_read(conversation, by=ana)
        assert not messages.mark_read(conversation, by=ana)
        conversation.refresh_from_db()
    assert (conversation.unread_count, conversation.read_up_to) == (0, heard.at)
    receipts = [hint for hint in hints_sent if hint[1] == messages.READ_RECEIPT]
    assert receipts == [("task", messages.READ_RECEIPT, (acme.pk, conversation.pk))]


def test_a_person_may_send_an_unknown_message_again_once(acme, ana):
    conversation = thread(acme)
    with business_scope(acme):
        lost = messages.send_text(conversation, "Hello")
        with pytest.raises(ValidationError):
            messages.resend(lost, author=ana)
        Message.objects.update(status=MessageStatus.UNKNOWN, rank=1)
        OutboxItem.objects.update(state=OutboxState.UNKNOWN)
        lost.refresh_from_db()
        again = messages.resend(lost, author=ana)
        assert messages.resend(lost, author=ana) == again
        assert list(OutboxItem.objects.values_list("message", flat=True)) == [again.pk]
    assert (again.text, again.idempotency_key) == ("Hello", messages.resend_key(lost))
    assert again.reference != lost.reference


def test_a_failed_picture_is_sent_again_with_its_file(acme):
    conversation = thread(acme)
    with business_scope(acme):
        lost = messages.send_media(conversation, SimpleUploadedFile("a.png", PNG))
        Message.objects.update(status=MessageStatus.FAILED, rank=4)
        lost.refresh_from_db()
        again = messages.resend(lost)
        assert again.media.file.name == lost.media.file.name


def test_the_neighbours_conversation_cannot_be_written_to(acme, globex):
    theirs = thread(globex)
    with business_scope(acme), pytest.raises(gate.NotAllowed):
        messages.send_text(theirs, "Hello")
    with business_scope(globex):
        assert not Message.objects.exists()
