"""News about single people: their messages, what became of ours, calls, preferences."""

from collections.abc import Callable
from typing import Any

from providers.webhooks.events import (
    STATUS_RANKS,
    AccountError,
    CallEvent,
    Edit,
    Identity,
    InboundMessage,
    MessageEcho,
    Pricing,
    Reaction,
    Revoke,
    StatusUpdate,
    SystemChange,
    UserPreference,
)
from providers.webhooks.parser.content import content_of
from providers.webhooks.parser.frame import Frame
from providers.webhooks.parser.values import (
    errors,
    flag,
    identifier,
    mapping,
    moment,
    only_texts,
    person_id,
    safe,
    text,
    whole,
)

Item = dict[str, Any]

NO_ID = "no usable ID"
NO_PERSON = "nobody is named"
NO_TARGET = "no message is named"


def read_messages(frame: Frame, value: Item) -> None:
    """The field ``messages``: messages, statuses and faults, in any mixture."""
    for key, read in _ITEMS:
        if key in value:
            each(frame, value, key, read)


def read_echoes(frame: Frame, value: Item) -> None:
    """What the business wrote in the WhatsApp Business app."""
    each(frame, value, "message_echoes", echo)


def read_calls(frame: Frame, value: Item) -> None:
    """Calls and what became of them."""
    each(frame, value, "calls", call)
    each(frame, value, "statuses", call)
    each(frame, value, "errors", fault)


def read_preferences(frame: Frame, value: Item) -> None:
    """Who wants marketing messages and who doesn't."""
    each(frame, value, "user_preferences", preference)


def each(frame: Frame, value: Item, key: str, read: Callable[[Frame, Item], None]) -> None:
    """Read every item of a list; one that can't be read is kept and harms none of the others."""
    items = value.get(key)
    if items is None:
        return
    if type(items) is not list:
        frame.unknown("unexpected_shape", f"{key} is no list", items)
        return
    for item in items:
        if type(item) is not dict:
            frame.unknown("unexpected_shape", f"an item of {key} is no object", item)
            continue
        try:
            read(frame, item)
        except Exception as exc:  # whatever a stranger thought of, the other items still count
            frame.unknown("unexpected_shape", f"{key}: {type(exc).__name__}", item)


def message(frame: Frame, item: Item) -> None:
    """One inbound message."""
    provider_id = identifier(item.get("id"))
    if provider_id is None:
        return frame.unknown("unexpected_shape", NO_ID, item)
    sender = frame.person(item.get("from"), item.get("from_user_id"), item.get("from_parent_user_id"))
    if not sender:
        return frame.unknown("unexpected_shape", NO_PERSON, item)
    kind = text(item.get("type")) or "unknown"
    about = frame.about()
    about["at_ms"], about["time_problem"] = moment(item.get("timestamp"))
    special = _SPECIAL.get(kind)
    if special is not None:
        frame.item -= 1  # in case it turns out to be unknown, which takes the place itself
        return special(frame, about, item, provider_id, sender)
    words, content = content_of(kind, item)
    event = InboundMessage(provider_id=provider_id, type=kind[:64], text=words, content=content, sender=sender, **about)
    context = item.get("context")
    if type(context) is dict:
        event.context_id = identifier(context.get("id"))
        event.context_from = person_id(context.get("from"))
        event.often_forwarded = flag(context.get("frequently_forwarded")) is True
        event.forwarded = event.often_forwarded or flag(context.get("forwarded")) is True
        product = context.get("referred_product")
        if type(product) is dict:
            event.referred_product = only_texts(product, "catalog_id", "product_retailer_id")
    if type(item.get("referral")) is dict:
        event.referral = safe(item["referral"])
    if "group_id" in item:
        event.group_id = identifier(item["group_id"])
    if "errors" in item:
        event.errors = errors(item["errors"])
    frame.events.append(event)


def _reaction(frame: Frame, about: Item, item: Item, provider_id: str, sender: Identity) -> None:
    reaction = mapping(item.get("reaction"))
    target = identifier(reaction.get("message_id"))
    if target is None:
        return frame.unknown("unexpected_shape", NO_TARGET, item)
    frame.item += 1
    frame.events.append(
        Reaction(
            provider_id=provider_id,
            sender=sender,
            target_id=target,
            emoji=text(reaction.get("emoji"))[:64] or None,
            group_id=identifier(item.get("group_id")),
            **about,
        )
    )


def _edit(frame: Frame, about: Item, item: Item, provider_id: str, sender: Identity) -> None:
    edit = mapping(item.get("edit"))
    target = identifier(edit.get("original_message_id"))
    if target is None:
        return frame.unknown("unexpected_shape", NO_TARGET, item)
    inner = mapping(edit.get("message"))
    kind = text(inner.get("type"))
    words, content = content_of(kind, inner)
    frame.item += 1
    frame.events.append(
        Edit(
            provider_id=provider_id,
            sender=sender,
            target_id=target,
            type=kind[:64],
            text=words,
            content=content,
            **about,
        )
    )


def _revoke(frame: Frame, about: Item, item: Item, provider_id: str, sender: Identity) -> None:
    target = identifier(mapping(item.get("revoke")).get("original_message_id"))
    if target is None:
        return frame.unknown("unexpected_shape", NO_TARGET, item)
    frame.item += 1
    frame.events.append(Revoke(provider_id=provider_id, sender=sender, target_id=target, **about))


def _system(frame: Frame, about: Item, item: Item, provider_id: str, sender: Identity) -> None:
    system = mapping(item.get("system"))
    kind = text(system.get("type"))
    if not kind:
        return frame.unknown("unexpected_shape", "a change without a type", item)
    old = Identity(
        person_id(item.get("from")),
        person_id(system.get("previous_user_id")),
        person_id(system.get("previous_parent_user_id")),
    )
    new = Identity(
        person_id(system.get("wa_id")) or sender.wa_id,
        person_id(system.get("user_id")) or sender.bsuid,
        person_id(system.get("parent_user_id")) or sender.parent_bsuid,
        sender.username,
        sender.profile_name,
    )
    if old.bsuid is None and new.bsuid == sender.bsuid and kind != "user_changed_user_id":
        old.bsuid, old.parent_bsuid = sender.bsuid, sender.parent_bsuid
    frame.item += 1
    frame.events.append(
        SystemChange(
            provider_id=provider_id,
            kind=kind[:64],
            old=old,
            new=new,
            body=text(system.get("body")),
            identity_hash=text(mapping(item.get("identity") or system.get("identity")).get("hash")),
            **about,
        )
    )


_SPECIAL = {"reaction": _reaction, "edit": _edit, "revoke": _revoke, "system": _system}


def echo(frame: Frame, item: Item) -> None:
    """One message that the business wrote in its app."""
    provider_id = identifier(item.get("id"))
    if provider_id is None:
        return frame.unknown("unexpected_shape", NO_ID, item)
    recipient = frame.person(item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id"))
    kind = text(item.get("type")) or "unknown"
    inner, target = item, None
    if kind in {"edit", "revoke"}:
        change = mapping(item.get(kind))
        target = identifier(change.get("original_message_id"))
        if target is None:
            return frame.unknown("unexpected_shape", NO_TARGET, item)
        inner = mapping(change.get("message"))
    elif not recipient:
        return frame.unknown("unexpected_shape", NO_PERSON, item)
    words, content = content_of(text(inner.get("type")) or kind, inner) if inner else ("", {})
    context = mapping(item.get("context"))
    at_ms, problem = moment(item.get("timestamp"))
    frame.events.append(
        MessageEcho(
            provider_id=provider_id,
            type=kind[:64],
            text=words,
            content=content,
            context_id=identifier(context.get("id")),
            recipient=recipient,
            target_id=target,
            **frame.about() | {"at_ms": at_ms, "time_problem": problem},
        )
    )


def status(frame: Frame, item: Item) -> None:
    """What became of one message of ours."""
    if item.get("type") == "call":
        return call(frame, item)
    provider_id = identifier(item.get("id"))
    word = text(item.get("status")).lower()
    if provider_id is None or not word:
        return frame.unknown("unexpected_shape", NO_ID if provider_id is None else "no status", item)
    about = frame.about()
    about["at_ms"], about["time_problem"] = moment(item.get("timestamp"))
    recipient_id = item.get("recipient_id")
    group_id = participant = None
    if item.get("recipient_type") == "group":
        group_id, recipient_id = identifier(recipient_id), None
        participant = Identity(
            person_id(item.get("recipient_participant_id")),
            person_id(item.get("recipient_participant_user_id")),
            person_id(item.get("recipient_participant_parent_user_id")),
        )
        recipient = participant
    else:
        parent = item.get("recipient_parent_user_id") or item.get("parent_recipient_user_id")
        recipient = frame.person(recipient_id, item.get("recipient_user_id"), parent)
    event = StatusUpdate(
        provider_id=provider_id,
        status=word[:64],
        rank=STATUS_RANKS.get(word, 0),
        recipient=recipient,
        group_id=group_id,
        participant=participant,
        **about,
    )
    price = item.get("pricing")
    if type(price) is dict:
        event.pricing = Pricing(
            text(price.get("type"))[:64],
            text(price.get("category"))[:64].replace("-", "_"),
            flag(price.get("billable")),
            text(price.get("pricing_model"))[:64],
        )
    conversation = item.get("conversation")
    if type(conversation) is dict:
        event.conversation_id = text(conversation.get("id"))[:200]
        event.conversation_origin = text(mapping(conversation.get("origin")).get("type"))[:64]
        if "expiration_timestamp" in conversation:
            event.conversation_expires_at_ms, _ = moment(conversation["expiration_timestamp"])
    if "errors" in item:
        event.errors = errors(item["errors"])
    if "biz_opaque_callback_data" in item:
        event.reference = text(item["biz_opaque_callback_data"])[:512]
    frame.events.append(event)


def fault(frame: Frame, item: Item) -> None:
    """One fault of the number or account."""
    found = errors([item])
    if not found or (found[0].code is None and not found[0].title):
        return frame.unknown("unexpected_shape", "an error that says nothing", item)
    frame.events.append(AccountError(error=found[0], **frame.about()))


def call(frame: Frame, item: Item) -> None:
    """One step of a call."""
    provider_id = identifier(item.get("id"))
    if provider_id is None:
        return frame.unknown("unexpected_shape", NO_ID, item)
    direction = text(item.get("direction")).lower()
    if len(frame.contacts) == 1:
        [person] = frame.contacts
    elif "recipient_id" in item or "recipient_user_id" in item:
        person = frame.person(item.get("recipient_id"), item.get("recipient_user_id"))
    elif direction == "business_initiated":
        person = frame.person(item.get("to"), item.get("to_user_id"))
    else:
        person = frame.person(item.get("from"), item.get("from_user_id"))
    at_ms, problem = moment(item.get("timestamp"))
    frame.events.append(
        CallEvent(
            provider_id=provider_id,
            event=text(item.get("event"))[:64] or "status",
            direction=direction[:64],
            person=person,
            status=text(item.get("status")).lower()[:64],
            started_at_ms=moment(item.get("start_time"))[0],
            ended_at_ms=moment(item.get("end_time"))[0],
            duration_seconds=whole(item.get("duration")),
            errors=errors(item.get("errors")),
            reference=text(item.get("biz_opaque_callback_data"))[:512],
            **frame.about() | {"at_ms": at_ms, "time_problem": problem},
        )
    )


def preference(frame: Frame, item: Item) -> None:
    """One wish about a kind of message."""
    person = frame.person(item.get("wa_id"), item.get("user_id"), item.get("parent_user_id"))
    category, value = text(item.get("category")), text(item.get("value")).lower()
    if not person or not category or not value:
        return frame.unknown("unexpected_shape", NO_PERSON if not person else "no wish", item)
    at_ms, problem = moment(item.get("timestamp"))
    frame.events.append(
        UserPreference(
            person=person,
            category=category[:64],
            value=value[:64],
            detail=text(item.get("detail"))[:1000],
            signup_id=text(item.get("signup_id"))[:200],
            **frame.about() | {"at_ms": at_ms, "time_problem": problem},
        )
    )


_ITEMS = (("messages", message), ("statuses", status), ("errors", fault))
