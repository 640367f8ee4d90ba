"""The floor of understanding: Django's ORM, one message after the other, each in its transaction."""

import json
from datetime import UTC, datetime, timedelta

from django.db import transaction

from contactcenter.models import Conversation, Message
from contacts.models import ConsentEvent, Contact, Identity
from onboarding.models import PhoneNumber
from sessions_24h.models import CustomerServiceWindow
from tenants.models import LiveCounter, LiveEvent
from tenants.tenancy import every_business


def understand(body):
    """Take in one delivery."""
    for entry in json.loads(body)["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            names = {contact["wa_id"]: contact["profile"]["name"] for contact in value["contacts"]}
            for told in value["messages"]:
                with every_business():
                    number = PhoneNumber.objects.get(phone_number_id=value["metadata"]["phone_number_id"])
                    take_in(number, told, names.get(told["from"], ""))


def take_in(number, told, name):
    """Store one message with everything that follows from it."""
    at = datetime.fromtimestamp(int(told["timestamp"]), UTC)
    contact = person(number.business_id, told["from"], name, at)
    conversation, _ = Conversation.objects.select_for_update().get_or_create(
        phone_number=number, contact=contact, defaults={"business_id": number.business_id, "last_activity_at": at}
    )
    message, created = Message.objects.get_or_create(
        phone_number=number,
        provider_id=told["id"],
        defaults={
            "business_id": number.business_id,
            "conversation": conversation,
            "contact": contact,
            "direction": "inbound",
            "source": "contact",
            "kind": told["type"],
            "text": told["text"]["body"],
            "at": at,
            "status": "received",
        },
    )
    if not created:
        return
    if open_window(number, contact, at):
        tell(number.business_id, "window", conversation=str(conversation.reference))
    ConsentEvent.objects.get_or_create(
        business_id=number.business_id,
        key=f"wrote_first:{contact.pk}",
        defaults={
            "contact": contact,
            "kind": "opt_in",
            "source": "wrote_first",
            "occurred_at": at,
            "proof": {"message": message.provider_id},
        },
    )
    count(conversation, message)
    tell(number.business_id, "message", conversation=str(conversation.reference), message=str(message.reference))


def person(business_id, wa_id, name, at):
    """The contact with this number, made if it is new, with the newest name and time."""
    identity = (
        Identity.objects.select_related("contact").filter(business_id=business_id, kind="wa_id", value=wa_id).first()
    )
    if identity is None:
        contact = Contact.objects.create(business_id=business_id, name=name, profile_name=name)
        Identity.objects.create(business_id=business_id, contact=contact, kind="wa_id", value=wa_id)
    else:
        contact = identity.contact
    if contact.last_seen_at is None or at > contact.last_seen_at:
        contact.last_seen_at = at
        contact.profile_name, contact.profile_at = name, at
        contact.save()
    return contact


def open_window(number, contact, at):
    """Have the window end 24 hours after this message; returns whether that opened it."""
    ends = at + timedelta(hours=24)
    window, made = CustomerServiceWindow.objects.get_or_create(
        phone_number=number,
        contact=contact,
        defaults={"business_id": number.business_id, "last_inbound_at": at, "expires_at": ends},
    )
    opened = made or window.expires_at <= at
    if not made and window.expires_at < ends:
        window.last_inbound_at, window.expires_at = at, ends
        window.save()
    return opened


def count(conversation, message):
    """Bring the conversation's line in the list up to date."""
    conversation.status = "open"
    conversation.unread_count += 1
    if conversation.last_activity_at <= message.at:
        conversation.last_activity_at = message.at
        conversation.last_message_text = message.text[:200]
        conversation.last_message_kind = message.kind
        conversation.last_message_direction = message.direction
    if conversation.last_inbound_at is None or conversation.last_inbound_at < message.at:
        conversation.last_inbound_at = message.at
    if conversation.waiting_since is None:
        conversation.waiting_since = message.at
    conversation.version += 1
    conversation.save()


def tell(business_id, type, **data):
    """One event for open pages, numbered per business."""
    counter, _ = LiveCounter.objects.select_for_update().get_or_create(business_id=business_id)
    counter.last += 1
    counter.save()
    LiveEvent.objects.create(business_id=business_id, number=counter.last, type=type, data=data)


RANKS = {"sent": 3, "failed": 4, "delivered": 5, "read": 6, "played": 7}


def apply_status(body):
    """Get, compare the rank, save: one delivery with statuses."""
    for entry in json.loads(body)["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            for told in value["statuses"]:
                with every_business(), transaction.atomic():
                    climb(value["metadata"]["phone_number_id"], told)


def climb(phone_number_id, told):
    """Bring one message up to a status."""
    message = Message.objects.select_for_update(of=["self"]).get(
        phone_number__phone_number_id=phone_number_id, provider_id=told["id"]
    )
    at = datetime.fromtimestamp(int(told["timestamp"]), UTC)
    setattr(message, f"{told['status']}_at", at)
    rank = RANKS[told["status"]]
    if rank > message.rank:
        message.rank, message.status = rank, told["status"]
        message.pricing_type, message.pricing_category = told["pricing"]["type"], told["pricing"]["category"]
    message.save()
