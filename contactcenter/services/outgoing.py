"""A message's way into the outbox: the gate is asked, then one transaction holds the message, its place there and the
news. The sender takes over after commit.
"""

import hashlib

import orjson
from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest

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
    MessageSource,
    MessageStatus,
    OutboxItem,
    Priority,
)
from contactcenter.sender import CHANNEL
from contactcenter.services import CONVERSATION_CHANGED, MESSAGE_CHANGED, content
from tenants import live
from tenants.tenancy import current_scope

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


def say(
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
    """Queue one message of any kind; ``built`` is its content as the gateway takes it. Returns the ``Message``.

    A key that was used before gives the message of the first time. ``file`` is one of ``attachments``, ``reply_to`` a
    message or its provider ID; ``in_thread`` is false for what the list doesn't show.
    """
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
                raise gate.NotAllowed(gate.Answer(False, "budget_used_up", price=answer.price))
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
    tell(conversation, message)
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


def tell(conversation, message=None):
    """Let open pages show the conversation, and the message, anew."""
    business_id = None if current_scope().business_id else conversation.business_id
    if message is not None:
        live.emit(
            MESSAGE_CHANGED,
            business_id=business_id,
            conversation=str(conversation.reference),
            message=str(message.reference),
        )
    live.emit(CONVERSATION_CHANGED, business_id=business_id, conversation=str(conversation.reference))
