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
    """Take in a batch (``providers.webhooks.dispatch.Heard``), inside ``every_business()`` and one transaction."""
    items, strangers = routing.route(heard)
    unknown.keep(strangers, "unknown phone number ID")
    items = _without(items, lambda item: isinstance(item.event, AccountError), "fault of the number or account")
    items = _without(items, lambda item: bool(getattr(item.event, "group_id", None)), "group message")
    items = _without(
        items, lambda item: isinstance(item.event, StatusUpdate) and not statuses.known(item), "unknown status"
    )
    routing.lock(item.number_id for item in items)
    people.resolve(items)
    items = _without(items, _needs_a_person, "nobody is named")
    of = _by_class(items)

    echoes = of[MessageEcho]
    stored = messages.store(
        of[InboundMessage] + of[SystemChange] + of[CallEvent] + [i for i in echoes if i.event.target_id is None]
    )
    reacted = reactions.store(of[Reaction])
    asked = changes.of_items(of[Edit] + of[Revoke] + [i for i in echoes if i.event.target_id is not None])
    edited, missing = changes.apply(asked)
    pending.keep(missing)
    statuses.apply(of[StatusUpdate])

    windows.note(stored.new)
    conversations.apply(_news(stored, reacted))
    statuses.apply_pending([row.key for row in stored.new])
    _work_out_again(stored.corrected, edited)
    windows.refresh_free_entries({row.thread.id for row in stored.new + stored.corrected if row.from_ad})

    inbound = [row for row in stored.new if row.direction == Direction.INBOUND]
    heard_now = inbound + [row for row in stored.corrected if row.direction == Direction.INBOUND]
    consents.note_messages(heard_now)
    arrivals.note_messages(heard_now)
    strange = consents.note_preferences(of[UserPreference])
    unknown.keep([item.heard for item in strange], "unknown preference")
    if inbound:
        messages_received.send(sender=InboundMessage, rows=inbound)


def _without(items, unwanted, reason):
    """The items but those that are ``unwanted``, which are kept for staff."""
    dropped = [item for item in items if unwanted(item)]
    if not dropped:
        return items
    unknown.keep([item.heard for item in dropped], reason)
    gone = set(map(id, dropped))
    return [item for item in items if id(item) not in gone]


def _needs_a_person(item):
    if item.contact_id is not None or isinstance(item.event, StatusUpdate | Edit | Revoke):
        return False
    return not (isinstance(item.event, MessageEcho) and item.event.target_id)


def _by_class(items):
    of = {one: [] for one in EVENTS}
    for item in items:
        of[type(item.event)].append(item)
    return of


def _news(stored, reacted):
    news = {}
    for row in stored.new:
        one = news.setdefault(row.thread.id, News())
        if row.direction == Direction.INBOUND:
            one.inbound.append(row.at)
        elif row.direction == Direction.ECHO:
            one.answers.append(row.at)
        else:
            one.active_at.append(row.at)
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
