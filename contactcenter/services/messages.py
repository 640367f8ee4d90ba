"""Writing messages, each kind of them; ``outgoing`` asks the gate and puts them into the outbox.

Every function works inside the caller's scope and raises ``gate.NotAllowed`` (the gate said no, with a sentence),
``ValidationError`` (WhatsApp would refuse the content) or ``outgoing.IdempotencyConflict``.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from config import hints
from contactcenter.costs import spending
from contactcenter.models import (
    Conversation,
    Direction,
    Message,
    MessageSource,
    MessageStatus,
    OutboxItem,
    OutboxState,
    Reaction,
)
from contactcenter.sender import UPLOADED
from contactcenter.services import attachments, content, outgoing, template_files
from contacts.models import Contact
from contacts.services import people

FILE_REFUSED = frozenset({131052, 131053})
"""A file could not be fetched or taken by WhatsApp (Meta, Error codes, 2025-12-12)."""
READ_RECEIPT = "contactcenter.tasks.send_read_receipt"


def send_text(
    conversation,
    text,
    *,
    author=None,
    source=MessageSource.AGENT,
    reply_to=None,
    idempotency_key=None,
    preview_url=True,
    priority=None,
):
    """Queue free-form text (up to 4,096 characters). ``reply_to`` is the message to quote. Returns the ``Message``."""
    body = content.text(text)
    return outgoing.say(
        conversation,
        kind="text",
        text=body,
        built={"type": "text", "body": body, "preview_url": preview_url and "://" in body},
        author=author,
        source=source,
        reply_to=reply_to,
        idempotency_key=idempotency_key,
        priority=priority,
    )


def send_interactive(
    conversation,
    asked,
    *,
    author=None,
    source=MessageSource.BOT,
    reply_to=None,
    idempotency_key=None,
    priority=None,
):
    """Queue buttons, a list, a link, a location or a request for one: ``asked`` as the gateway's builders take it."""
    built = content.interactive(asked)
    return outgoing.say(
        conversation,
        kind=content.kind_of(built),
        text=content.words_of(built),
        built=built,
        author=author,
        source=source,
        reply_to=reply_to,
        idempotency_key=idempotency_key,
        priority=priority,
    )


def send_template(
    conversation,
    template,
    values=None,
    *,
    header_file=None,
    author=None,
    source=MessageSource.AGENT,
    idempotency_key=None,
    priority=None,
):
    """Queue an approved template with its ``values`` (``templates_hsm.components.sending``) filled in.

    ``header_file`` is an uploaded file for a media header. Where neither it nor a value names a file, on a card too,
    the one goes along that the template was made with, when it was made here.
    """
    values = dict(values or {})
    file, own = None, []
    if header_file is not None:
        file = attachments.Attachment(header_file)
        values["header"] = {"id": UPLOADED, "filename": file.name}
    if template is not None:
        values, own = template_files.filled_in(template, values)
    message = outgoing.say(
        conversation,
        kind="template",
        text=content.filled(template, values),
        built=content.template(template, values),
        template=template,
        author=author,
        source=source,
        idempotency_key=idempotency_key,
        priority=priority,
        file=file,
    )
    template_files.keep(conversation.phone_number, own)
    return message


def send_media(
    conversation,
    uploaded_file,
    caption="",
    *,
    author=None,
    source=MessageSource.AGENT,
    reply_to=None,
    idempotency_key=None,
    priority=None,
):
    """Queue a file; its first bytes decide what it is. Only pictures, videos and documents have a caption."""
    file = attachments.Attachment(uploaded_file)
    caption = content.caption(caption, file.kind)
    built = {"type": file.kind}
    if caption:
        built["caption"] = caption
    if file.kind == "document":
        built["filename"] = file.name
    return outgoing.say(
        conversation,
        kind=file.kind,
        text=caption,
        built=built,
        author=author,
        source=source,
        reply_to=reply_to,
        idempotency_key=idempotency_key,
        priority=priority,
        file=file,
    )


def send_reaction(message, emoji, *, author=None, source=MessageSource.AGENT):
    """Queue a reaction to ``message``; an empty ``emoji`` takes it back. The thread shows the ``Reaction`` at once."""
    emoji = content.emoji(emoji)
    content.check_reaction_target(message)
    conversation = message.conversation
    sent = outgoing.say(
        conversation,
        kind="reaction",
        text=emoji,
        built={"type": "reaction", "message_id": message.provider_id, "emoji": emoji},
        author=author,
        source=source,
        in_thread=False,
    )
    Reaction.objects.update_or_create(
        business_id=conversation.business_id,
        phone_number_id=conversation.phone_number_id,
        target_provider_id=message.provider_id,
        direction=Direction.OUTBOUND,
        defaults={"conversation": conversation, "emoji": emoji, "at": sent.at},
    )
    outgoing.tell(conversation, message)
    return sent


def mark_read(conversation, *, by=None):
    """An agent has seen the thread: nothing is unread any more, and the person's ticks turn blue soon after.

    The receipt is a hint: a lost one costs nothing but blue ticks, and the next one covers it.
    """
    # Locked first: a message that a worker adds meanwhile must not be counted as seen.
    Conversation.objects.select_for_update(no_key=True).filter(pk=conversation.pk).first()
    newest = (
        Message.objects.filter(conversation=conversation, direction=Direction.INBOUND)
        .order_by("-at", "-id")
        .values_list("at", flat=True)
        .first()
    )
    if newest is None:
        return False
    changed = (
        Conversation.objects.filter(pk=conversation.pk)
        .exclude(read_up_to__gte=newest, unread_count=0)
        .update(read_up_to=newest, unread_count=0, version=F("version") + 1)
    )
    if changed:
        conversation.read_up_to, conversation.unread_count = newest, 0
        outgoing.tell(conversation)
        hints.after_commit(READ_RECEIPT, conversation.business_id, conversation.pk)
    return bool(changed)


def start_conversation(
    phone_number,
    to,
    template,
    values=None,
    *,
    author=None,
    source=MessageSource.AGENT,
    idempotency_key=None,
    priority=None,
    header_file=None,
):
    """Write first, with a template, to a ``Contact`` or a phone number in E.164. Returns the ``Message``.

    When the gate says no, neither a contact nor a conversation is left behind.
    """
    with transaction.atomic():
        spending.lock(phone_number.business_id, phone_number.pk)  # before rows that a campaign may write as well
        contact = to
        if not isinstance(to, Contact):
            contact = people.get_or_make(phone_number.business_id, phone=content.phone(to))
        conversation, _made = Conversation.objects.get_or_create(
            phone_number=phone_number,
            contact=contact,
            defaults={"business_id": phone_number.business_id},
        )
        return send_template(
            conversation,
            template,
            values,
            header_file=header_file,
            author=author,
            source=source,
            idempotency_key=idempotency_key,
            priority=priority,
        )


def resend(message, *, author=None):
    """Send a message that failed or whose outcome is unknown once more: a person's choice. Returns the new one.

    The new one is linked by its key, so choosing twice sends once. The old one keeps its state; if its outcome was
    unknown it leaves the outbox, and a late status still settles it.
    """
    if message.direction != Direction.OUTBOUND or message.status not in {
        MessageStatus.FAILED,
        MessageStatus.UNKNOWN,
    }:
        raise ValidationError(_("Only a message that wasn't sent can be sent again."), code="not_failed")
    key = resend_key(message)
    is_new = not Message.objects.filter(business_id=message.business_id, idempotency_key=key).exists()
    again = outgoing.say(
        message.conversation,
        kind=message.kind,
        text=message.text,
        built=message.content,
        template=message.template,
        author=author,
        source=MessageSource.AGENT if author else message.source,
        reply_to=message.reply_to_provider_id,
        idempotency_key=key,
        file=attachments.copy_of(message),
        in_thread=message.kind != "reaction",
    )
    if is_new and message.error_code in FILE_REFUSED:
        template_files.hand_in_anew(message)
    OutboxItem.objects.filter(message=message, state=OutboxState.UNKNOWN).delete()
    outgoing.tell(message.conversation, message)
    return again


def resend_key(message):
    """The idempotency key of the message that repeats ``message``; finds it, too."""
    return f"resend:{message.reference}"
