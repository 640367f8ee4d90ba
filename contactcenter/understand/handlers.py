"""The door: what the apps above the provider make of a batch of events."""

from contactcenter.models import Direction
from contactcenter.understand import (
    arrivals,
    changes,
    consents,
    conversations,
    messages,
    pending,
    people,
    reactions,
    round_trips,
    routing,
    statuses,
    unknown,
    windows,
)
from contactcenter.understand.conversations import News
from contactcenter.understand.signals import messages_received
from providers.webhooks.events import (
    AccountError,
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

_INBOUND, _NOTICE = Direction.INBOUND.value, Direction.NOTICE.value

EVENTS = (
    InboundMessage,
    MessageEcho,
    Reaction,
    Edit,
    Revoke,
    SystemChange,
    StatusUpdate,
    CallEvent,
    UserPreference,
    AccountError,
)


def understand(heard):
    """Take in a batch (``providers.webhooks.subscribers.Heard``), inside ``every_business()`` and one transaction."""
    items, strangers = routing.route(heard)
    unknown.keep(strangers, "unknown phone number ID")
    items = _without(items, _no_place_for)
    routing.lock(item.number_id for item in items)
    people.resolve(items)
    items = _without(items, _nobody_named)
    of = _by_class(items)

    stored = messages.store([item for item in items if _is_message(item.event)])
    reacted = reactions.store(of[Reaction])
    asked = changes.of_items(of[Edit] + of[Revoke] + [i for i in of[MessageEcho] if i.event.target_id is not None])
    edited, missing = changes.apply(asked)
    pending.keep(missing)
    statuses.apply(of[StatusUpdate])

    windows.note(stored.new)
    conversations.apply(_news(stored, reacted))
    statuses.apply_pending([row.key for row in stored.new], locked=True)
    _work_out_again(stored.corrected, edited)
    windows.refresh_free_entries({row.thread.id for row in stored.new + stored.corrected if row.from_ad})

    inbound = [row for row in stored.new if row.direction == _INBOUND]
    heard_now = inbound + [row for row in stored.corrected if row.direction == _INBOUND]
    consents.note_messages(heard_now)
    arrivals.note_messages(heard_now)
    round_trips.note_messages(inbound)
    strange = consents.note_preferences(of[UserPreference])
    unknown.keep([item.heard for item in strange], "unknown preference")
    if inbound:
        messages_received.send(sender=InboundMessage, rows=inbound)


def _without(items, why_not):
    """The items but those for which ``why_not`` has a reason: these are kept for staff."""
    taken, dropped = [], {}
    for item in items:
        reason = why_not(item)
        if reason:
            dropped.setdefault(reason, []).append(item.heard)
        else:
            taken.append(item)
    for reason, heard in dropped.items():
        unknown.keep(heard, reason)
    return taken


def _no_place_for(item):
    event = item.event
    kind = type(event)
    if kind is StatusUpdate and not statuses.known(item):
        return "unknown status"
    if kind is AccountError:
        return "fault of the number or account"
    return "group message" if getattr(event, "group_id", None) else ""


_ABOUT_A_MESSAGE = {StatusUpdate, Edit, Revoke}


def _nobody_named(item):
    if item.contact_id is not None or type(item.event) in _ABOUT_A_MESSAGE:
        return ""
    return "" if type(item.event) is MessageEcho and item.event.target_id else "nobody is named"


_MESSAGES = {InboundMessage, SystemChange, CallEvent}


def _is_message(event):
    kind = type(event)
    return kind in _MESSAGES or (kind is MessageEcho and event.target_id is None)


def _by_class(items):
    of = {one: [] for one in EVENTS}
    for item in items:
        of[type(item.event)].append(item)
    return of


def _news(stored, reacted):
    news = {}
    for row in stored.new:
        one = news.get(row.thread.id)
        if one is None:
            one = news[row.thread.id] = News(is_first=row.thread.is_new)
        if row.direction == _NOTICE:
            one.active_at.append(row.at)
            continue
        (one.inbound if row.direction == _INBOUND else one.answers).append(row.at)
        shown = (row.at, row.id, row.text, row.kind, row.direction)
        if one.newest is None or shown[:2] > one.newest[:2]:
            one.newest = shown
    for item, thread in reacted:
        news.setdefault(thread.id, News()).active_at.append(item.at)
    return news


def _work_out_again(corrected, edited):
    """After a time moved back, everything that was derived from it; after an edit, the line in the list."""
    threads = {row.thread.id for row in corrected}
    if threads:
        windows.work_out_again(threads)
        conversations.recount(threads, exactly=True)
    conversations.recount(edited - threads)
