"""Writing messages: the gate is asked, then one transaction holds the message, its place in the outbox and the news.

Every function works inside the caller's scope and raises ``gate.NotAllowed`` (the gate said no, with a sentence),
``ValidationError`` (WhatsApp would refuse the content) or ``IdempotencyConflict``. The sender takes over after commit.
"""

import hashlib

import orjson
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from config import hints
from config.clock import now
from config.faults import fault_point
from contactcenter import gate
from contactcenter.costs import spending
from contactcenter.models import (
    Conversation,
    ConversationStatus,
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
from contactcenter.sender import CHANNEL, UPLOADED
from contactcenter.services import CONVERSATION_CHANGED, MESSAGE_CHANGED, content, media
from contacts.models import Contact
from contacts.services import people
from tenants import live
from tenants.tenancy import current_scope

NotAllowed = gate.NotAllowed
READ_RECEIPT = "contactcenter.tasks.send_read_receipt"

_PRIORITY = {
    MessageSource.AGENT: Priority.AGENT,
    MessageSource.API: Priority.AGENT,
    MessageSource.BOT: Priority.SYSTEM,
    MessageSource.CAMPAIGN: Priority.CAMPAIGN,
}
_SHOWN_CHARACTERS = 200


class IdempotencyConflict(Exception):
    """The same idempotency key was used for another request; ``message`` is the one of the first."""

    def __init__(self, message):
        super().__init__("This idempotency key belongs to another request.")
        self.message = message


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
    return _say(
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
    return _say(
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

    ``header_file`` is an uploaded file for a media header. Without one, and without a value for it, the file goes
    along that the template was made with, when it was made here.
    """
    values = dict(values or {})
    file = None
    if header_file is not None:
        file = _Attachment(header_file)
        values["header"] = {"id": UPLOADED}
    elif not values.get("header"):
        file = media.own_file(template)
        if file is not None:
            values["header"] = {"id": UPLOADED}
    return _say(
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
    file = _Attachment(uploaded_file)
    caption = content.caption(caption, file.kind)
    built = {"type": file.kind}
    if caption:
        built["caption"] = caption
    if file.kind == "document":
        built["filename"] = file.name
    return _say(
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
    sent = _say(
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
    _tell(conversation, message)
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
        _tell(conversation)
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
    again = _say(
        message.conversation,
        kind=message.kind,
        text=message.text,
        built=message.content,
        template=message.template,
        author=author,
        source=MessageSource.AGENT if author else message.source,
        reply_to=message.reply_to_provider_id,
        idempotency_key=resend_key(message),
        file=_copy_of(message),
        in_thread=message.kind != "reaction",
    )
    OutboxItem.objects.filter(message=message, state=OutboxState.UNKNOWN).delete()
    _tell(message.conversation, message)
    return again


def resend_key(message):
    """The idempotency key of the message that repeats ``message``; finds it, too."""
    return f"resend:{message.reference}"


class _Attachment:
    """An uploaded file, recognised and measured, not stored yet."""

    def __init__(self, uploaded):
        self.uploaded = uploaded
        found = media.recognise(uploaded, uploaded.name or "")
        self.kind, self.mime_type, self.ending = found.kind, found.mime_type, found.ending
        media.check_size(self.kind, uploaded.size)
        self.name = media.clean_name(uploaded.name or "", self.ending)

    def digest(self):
        self.uploaded.seek(0)
        digest = hashlib.file_digest(self.uploaded, "sha256").hexdigest()
        self.uploaded.seek(0)
        return digest

    def attach(self, message):
        name, size, digest = media.store(message.business, self.uploaded, self.ending)
        MessageMedia.objects.create(
            business_id=message.business_id,
            message=message,
            mime_type=self.mime_type,
            file_name=self.name,
            size=size,
            sha256=digest,
            file=name,
        )


class _Copy:
    """The file of a message that is sent again."""

    def __init__(self, original):
        self.original = original

    def digest(self):
        return self.original.sha256

    def attach(self, message):
        MessageMedia.objects.create(
            business_id=message.business_id,
            message=message,
            mime_type=self.original.mime_type,
            file_name=self.original.file_name,
            size=self.original.size,
            sha256=self.original.sha256,
            file=self.original.file.name,
        )


def _copy_of(message):
    original = MessageMedia.objects.filter(message=message).exclude(file="").first()
    return _Copy(original) if original else None


def _say(
    conversation,
    *,
    kind,
    text,
    built,
    author,
    source,
    template=None,
    reply_to=None,
    idempotency_key=None,
    priority=None,
    file=None,
    in_thread=True,
):
    digest = ""
    quoted = reply_to if isinstance(reply_to, str) else content.quotable(conversation, reply_to)
    if idempotency_key:
        digest = _digest(conversation, built, quoted, template, file)
        if first := _first(conversation, idempotency_key, digest):
            return first
    answer = gate.require(conversation, kind=kind, template=template)
    present = now()
    amount = answer.price and answer.price.amount
    try:
        with transaction.atomic():
            if not spending.take(conversation.phone_number, amount, at=present, may_stop=kind == "template"):
                raise NotAllowed(gate.Answer(False, "budget_used_up", price=answer.price))
            message = Message.objects.create(
                business_id=conversation.business_id,
                conversation=conversation,
                phone_number_id=conversation.phone_number_id,
                contact_id=conversation.contact_id,
                direction=Direction.OUTBOUND,
                source=source,
                author=author,
                kind=kind,
                text=text,
                content=built,
                template=template,
                reply_to_provider_id=quoted or "",
                at=present,
                status=MessageStatus.QUEUED,
                rank=MessageStatus.QUEUED.rank,
                idempotency_key=idempotency_key or None,
                request_digest=digest,
            )
    except IntegrityError:
        if idempotency_key and (first := _first(conversation, idempotency_key, digest)):
            return first
        raise
    if file is not None:
        file.attach(message)
    OutboxItem.objects.create(
        business_id=conversation.business_id,
        message=message,
        phone_number_id=conversation.phone_number_id,
        priority=_PRIORITY.get(source, Priority.SYSTEM) if priority is None else priority,
    )
    if in_thread:
        _note_in_conversation(conversation, message)
    _tell(conversation, message)
    transaction.on_commit(lambda: hints.publish(CHANNEL, str(message.phone_number_id)), robust=True)
    fault_point("say.before_commit")
    return message


def _digest(conversation, built, quoted, template, file):
    asked = [
        conversation.pk,
        built,
        quoted or "",
        template.pk if template else None,
        file.digest() if file else None,
    ]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _first(conversation, idempotency_key, digest):
    first = Message.objects.filter(business_id=conversation.business_id, idempotency_key=idempotency_key).first()
    if first is not None and first.request_digest != digest:
        raise IdempotencyConflict(first)
    return first


def _note_in_conversation(conversation, message):
    """Counters and the line in the list; a newer message that another transaction added keeps its place there."""
    row = Conversation.objects.filter(pk=conversation.pk)
    # Of two replies that wait for the same row the later one may come first.
    answered = Greatest(F("last_outbound_at"), Value(message.at))
    changes = {"version": F("version") + 1, "last_outbound_at": answered, "waiting_since": None}
    if message.source == MessageSource.AGENT:
        changes |= {"unread_count": 0, "read_up_to": F("last_inbound_at"), "status": ConversationStatus.OPEN}
    row.update(**changes)
    row.filter(last_activity_at__lte=message.at).update(
        last_activity_at=message.at,
        last_message_text=message.text[:_SHOWN_CHARACTERS],
        last_message_kind=message.kind,
        last_message_direction=Direction.OUTBOUND,
    )


def _tell(conversation, message=None):
    business_id = None if current_scope().business_id else conversation.business_id
    if message is not None:
        live.emit(
            MESSAGE_CHANGED,
            business_id=business_id,
            conversation=str(conversation.reference),
            message=str(message.reference),
        )
    live.emit(CONVERSATION_CHANGED, business_id=business_id, conversation=str(conversation.reference))
