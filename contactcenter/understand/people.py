"""Who the events of a batch are about, and what they tell about these people."""

from contacts.services import identities, people
from contacts.services.people import Sighting
from providers.webhooks.events import (
    CallEvent,
    Edit,
    InboundMessage,
    MessageEcho,
    Reaction,
    Revoke,
    StatusUpdate,
    SystemChange,
    UserPreference,
)


def resolve(items):
    """Set ``contact_id`` on the items, making, joining and naming contacts."""
    claims, place_of = [], {}
    asked = []
    for item in items:
        claim = _claim(item)
        if claim is None:
            continue
        if claim not in place_of:
            place_of[claim] = len(claims)
            claims.append(claim)
        asked.append((item, place_of[claim]))
    answers = identities.resolve(claims)
    for item, place in asked:
        item.contact_id = answers[place]
    people.note([sighting for item in items if (sighting := _sighting(item))])


def person_of(event):
    """The identity that an event is about."""
    match event:
        case InboundMessage() | Reaction() | Edit() | Revoke():
            return event.sender
        case MessageEcho() | StatusUpdate():
            return event.recipient
        case CallEvent() | UserPreference():
            return event.person
        case SystemChange():
            return event.new
    return None


def _claim(item):
    """A contact is made for somebody who acts, and for somebody whose two names a status joins.

    A status or edit with a single name tells nothing new about who is who.
    """
    event = item.event
    names = _names(person_of(event))
    if isinstance(event, SystemChange):
        names |= _names(event.old)
    if not names or (isinstance(event, StatusUpdate | Edit | Revoke) and len(names) == 1):
        return None
    return identities.Claim(item.business_id, names)


def _names(person):
    return identities.names(wa_id=person.wa_id, bsuid=person.bsuid, parent_bsuid=person.parent_bsuid)


def _sighting(item):
    event = item.event
    if item.contact_id is None:
        return None
    person = person_of(event)
    seen = isinstance(event, InboundMessage | Reaction) or (isinstance(event, CallEvent) and event.is_inbound)
    if not (seen or person.profile_name or person.username):
        return None
    return Sighting(item.contact_id, item.at, seen, person.profile_name, person.username)
