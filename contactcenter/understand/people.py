"""Who the events of a batch are about, and what they tell about these people."""

from operator import attrgetter

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
    unindexed = set()
    answers = identities.resolve(claims, unindexed=unindexed)
    for item, place in asked:
        item.contact_id = answers[place]
    people.note([sighting for item in items if (sighting := _sighting(item))], unindexed=unindexed)


def person_of(event):
    """The identity that an event is about."""
    return _PERSON[type(event)](event)


_PERSON = dict.fromkeys((InboundMessage, Reaction, Edit, Revoke), attrgetter("sender"))
_PERSON |= dict.fromkeys((MessageEcho, StatusUpdate), attrgetter("recipient"))
_PERSON |= dict.fromkeys((CallEvent, UserPreference), attrgetter("person"))
_PERSON[SystemChange] = attrgetter("new")
_ABOUT_A_MESSAGE = {StatusUpdate, Edit, Revoke}


def _claim(item):
    """A contact is made for somebody who acts, and for somebody whose two names a status joins.

    A status or edit with a single name tells nothing new about who is who.
    """
    event = item.event
    person = person_of(event)
    if type(event) in _ABOUT_A_MESSAGE and bool(person.wa_id) + bool(person.bsuid) + bool(person.parent_bsuid) < 2:
        return None
    names = _names(person)
    if type(event) is SystemChange:
        names |= _names(event.old)
    if not names:
        return None
    return identities.Claim(item.business_id, names)


def _names(person):
    return identities.names(wa_id=person.wa_id, bsuid=person.bsuid, parent_bsuid=person.parent_bsuid)


def _sighting(item):
    event = item.event
    if item.contact_id is None:
        return None
    person = person_of(event)
    kind = type(event)
    seen = kind is InboundMessage or kind is Reaction or (kind is CallEvent and event.is_inbound)
    if not (seen or person.profile_name or person.username):
        return None
    return Sighting(item.contact_id, item.at, seen, person.profile_name, person.username)
