"""Conversations of a batch: found or opened, and their counters brought up to date."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config import bulk
from contactcenter.models import Conversation, ConversationStatus, Direction
from contactcenter.services import CONVERSATION_CHANGED, MESSAGE_CHANGED
from contactcenter.understand.batch import Thread
from contacts.services.merging import move_rows
from tenants import live


@dataclass(slots=True)
class News:
    """What a batch brings to one conversation."""

    active_at: list[datetime] = field(default_factory=list)
    inbound: list[datetime] = field(default_factory=list)
    answers: list[datetime] = field(default_factory=list)
    is_first: bool = False
    """The conversation was opened by this batch, so it holds nothing else."""
    newest: tuple | None = None
    """(at, primary key, text, kind, direction) of the newest message that isn't a notice."""


def ensure(wanted):
    """``{(number, contact): (business, at)}`` to ``{(number, contact): Thread}``; missing ones are opened.

    ``at`` is the moment of the first activity of a conversation that doesn't exist yet.
    """
    found = find(wanted)
    return found | begin({place: told for place, told in wanted.items() if place not in found})


def find(places):
    """The conversations of these pairs of (number, contact), as ``{(number, contact): Thread}``."""
    if not places:
        return {}
    numbers, contacts = zip(*sorted(places), strict=True)
    source, params = bulk.unnest("k", phone_number_id=("bigint", numbers), contact_id=("bigint", contacts))
    rows = bulk.fetch(
        f"SELECT c.phone_number_id, c.contact_id, c.id FROM {source} "
        "JOIN contactcenter_conversation c USING (phone_number_id, contact_id)",
        params,
    )
    return {(number, contact): Thread(pk) for number, contact, pk in rows}


def begin(wanted):
    """Open conversations that aren't there, as ``ensure`` takes and gives them."""
    if not wanted:
        return {}
    places = sorted(wanted)
    made = bulk.insert(
        Conversation,
        {
            "business_id": [wanted[place][0] for place in places],
            "phone_number_id": [place[0] for place in places],
            "contact_id": [place[1] for place in places],
            "last_activity_at": [wanted[place][1] for place in places],
        },
        order=["phone_number_id", "contact_id"],
        conflict="(phone_number_id, contact_id) DO NOTHING",
        returning=["phone_number_id", "contact_id", "id"],
        computed={"reference": "gen_random_uuid()"},
    )
    threads = {(number, contact): Thread(pk, is_new=True) for number, contact, pk in made}
    return threads | find([place for place in places if place not in threads])


@dataclass(slots=True)
class _State:
    """A locked conversation."""

    id: int
    business_id: int
    reference: str
    status: str
    read_up_to: datetime | None
    resolved_at: datetime | None
    unread_count: int
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None
    waiting_since: datetime | None
    last_activity_at: datetime
    version: int
    newest: tuple | None = None
    """What the list shows of it, where that is known without looking (see ``News.newest``)."""


_COLUMNS = (
    "id, business_id, reference::text, status, read_up_to, resolved_at, unread_count, last_inbound_at, "
    "last_outbound_at, waiting_since, last_activity_at, version"
)


def lock(pks):
    """The conversations, locked in the order of their keys, as ``_State``."""
    rows = bulk.fetch(
        f"SELECT {_COLUMNS} FROM contactcenter_conversation WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [bulk.array(sorted(pks))],
    )
    return [_State(*row) for row in rows]


def apply(news):
    """Bring conversations up to date with ``{conversation: News}``, each about rows stored in this transaction."""
    if not news:
        return
    states = lock(news)
    answered = [state for state in states if _take_in(state, news[state.id])]
    _find_waiting(answered)
    _write(states)
    for state in states:
        live.emit(MESSAGE_CHANGED, business_id=state.business_id, conversation=state.reference)


def _take_in(state, news):
    """Change the state; returns whether an answer came, so that who waits must be asked of the messages."""
    seen = state.read_up_to
    if news.newest is not None and (news.is_first or news.newest[0] > state.last_activity_at):
        state.newest = news.newest
    state.last_activity_at = max(state.last_activity_at, *news.active_at, *news.inbound, *news.answers)
    state.unread_count += sum(1 for at in news.inbound if seen is None or at > seen)
    state.last_inbound_at = _latest(state.last_inbound_at, news.inbound)
    before = state.last_outbound_at
    state.last_outbound_at = _latest(before, news.answers)
    state.version += 1
    if news.inbound and state.status != ConversationStatus.OPEN:
        settled = min(filter(None, [state.resolved_at, seen]), default=None) if seen else None
        if state.resolved_at is None or settled is None or max(news.inbound) > settled:
            state.status = ConversationStatus.OPEN.value
    answer = state.last_outbound_at
    waiting = [at for at in news.inbound if answer is None or at > answer]
    state.waiting_since = min(filter(None, [state.waiting_since, *waiting]), default=None)
    return answer != before


def _latest(old, moments):
    return max(filter(None, [old, *moments]), default=None)


def _find_waiting(states):
    """After an answer: the oldest message that is newer than it."""
    if not states:
        return
    source, params = bulk.unnest(
        "t", id=("bigint", [s.id for s in states]), answer=("timestamptz", [s.last_outbound_at for s in states])
    )
    found = dict(
        bulk.fetch(
            f"SELECT t.id, min(m.at) FROM {source} JOIN contactcenter_message m "
            "ON m.conversation_id = t.id AND m.direction = 'inbound' AND m.at > t.answer GROUP BY t.id",
            params,
        )
    )
    for state in states:
        state.waiting_since = found.get(state.id)


_NEWEST = """
LEFT JOIN LATERAL (
    SELECT CASE WHEN m.deleted_at IS NULL THEN m.text ELSE '' END AS text,
        CASE WHEN m.deleted_at IS NULL THEN m.kind ELSE 'deleted' END AS kind, m.direction FROM contactcenter_message m
    WHERE NOT t.known AND m.conversation_id = t.id AND m.direction <> 'notice'
    AND m.kind <> 'reaction' AND m.source <> 'campaign' ORDER BY m.at DESC, m.id DESC LIMIT 1
) newest ON true
"""
"""The line in the list is the last one of the thread: of one moment's messages the one that arrived last. Keys tell,
because batches of one number come one after the other. A campaign is no line, except where it opened the thread, and of
what was deleted the list tells no more than the thread."""


_WRITTEN = {
    "id": "bigint",
    "status": "text",
    "unread_count": "integer",
    "last_inbound_at": "timestamptz",
    "last_outbound_at": "timestamptz",
    "waiting_since": "timestamptz",
    "last_activity_at": "timestamptz",
    "version": "bigint",
}


def _write(states):
    columns = {column: (kind, [getattr(state, column) for state in states]) for column, kind in _WRITTEN.items()}
    shown = [state.newest or _NOTHING for state in states]
    source, params = bulk.unnest(
        "t",
        **columns,
        known=("boolean", [state.newest is not None for state in states]),
        text=("text", [one[2][:200] for one in shown]),
        kind=("text", [one[3] for one in shown]),
        direction=("text", [one[4] for one in shown]),
    )
    bulk.run(
        "UPDATE contactcenter_conversation c SET status = t.status, unread_count = t.unread_count, "
        "last_inbound_at = t.last_inbound_at, last_outbound_at = t.last_outbound_at, "
        "waiting_since = t.waiting_since, last_activity_at = t.last_activity_at, version = t.version, "
        "last_message_text = CASE WHEN t.known THEN t.text ELSE left(coalesce(newest.text, c.last_message_text), 200) "
        "END, "
        "last_message_kind = CASE WHEN t.known THEN t.kind ELSE coalesce(newest.kind, c.last_message_kind) END, "
        "last_message_direction = CASE WHEN t.known THEN t.direction "
        "ELSE coalesce(newest.direction, c.last_message_direction) END "
        f"FROM {source} {_NEWEST} WHERE c.id = t.id",
        params,
    )


_NOTHING = (None, "", "", "", "")


def recount(pks, *, exactly=False):
    """Work out the counters of these conversations from their messages, after times, owners or texts changed.

    ``exactly`` may also move the time of the last activity back.
    """
    if not pks:
        return
    states = lock(pks)
    found = {
        row[0]: row[1:]
        for row in bulk.fetch(
            "SELECT c.id, "
            "(SELECT max(m.at) FROM contactcenter_message m WHERE m.conversation_id = c.id "
            "AND m.direction = 'inbound'), "
            "(SELECT max(m.at) FROM contactcenter_message m WHERE m.conversation_id = c.id "
            "AND m.direction IN ('outbound', 'echo') AND m.kind <> 'reaction' AND m.source <> 'campaign'), "
            "(SELECT max(m.at) FROM contactcenter_message m WHERE m.conversation_id = c.id "
            "AND m.source <> 'campaign'), "
            "(SELECT max(r.at) FROM contactcenter_reaction r WHERE r.conversation_id = c.id), "
            "(SELECT count(*) FROM contactcenter_message m WHERE m.conversation_id = c.id "
            "AND m.direction = 'inbound' AND (c.read_up_to IS NULL OR m.at > c.read_up_to)) "
            "FROM contactcenter_conversation c WHERE c.id = ANY(%s::bigint[])",
            [bulk.array(sorted(pks))],
        )
    }
    for state in states:
        inbound, answer, message, reaction, unread = found[state.id]
        state.last_inbound_at, state.last_outbound_at, state.unread_count = inbound, answer, unread
        floor = None if exactly else state.last_activity_at
        state.last_activity_at = max(filter(None, [message, reaction, floor]), default=state.last_activity_at)
        state.version += 1
        if answer is None:
            state.waiting_since = None
    _find_waiting([s for s in states if s.last_outbound_at is not None])
    _first_waiting([s for s in states if s.last_outbound_at is None])
    _write(states)
    for state in states:
        live.emit(CONVERSATION_CHANGED, business_id=state.business_id, conversation=state.reference)


def _first_waiting(states):
    if not states:
        return
    found = dict(
        bulk.fetch(
            "SELECT conversation_id, min(at) FROM contactcenter_message WHERE conversation_id = ANY(%s::bigint[]) "
            "AND direction = 'inbound' GROUP BY conversation_id",
            [bulk.array([state.id for state in states])],
        )
    )
    for state in states:
        state.waiting_since = found.get(state.id)


def merge(*, survivor_id, loser_id):
    """Two contacts are one: per number their conversations become one. They must be counted again afterwards."""
    for loser in Conversation.objects.select_for_update().filter(contact_id=loser_id).order_by("pk"):
        other = (
            Conversation.objects.select_for_update()
            .filter(phone_number_id=loser.phone_number_id, contact_id=survivor_id)
            .first()
        )
        if other is None:
            loser.contact_id = survivor_id
            loser.save(update_fields=["contact"])
            continue
        _combine(other, loser)
        _move_what_hangs_on(loser.pk, other.pk)
        loser.delete()


def _combine(survivor, loser):
    """What people did to either of them: nothing unread gets lost, and one open thread keeps the other open."""
    unread = [first for one in (survivor, loser) if (first := _first_unread(one)) is not None]
    read = max(filter(None, [survivor.read_up_to, loser.read_up_to]), default=None)
    if read is not None and unread:
        read = min(read, min(unread) - timedelta(microseconds=1))
    survivor.read_up_to = read
    survivor.resolved_at = max(filter(None, [survivor.resolved_at, loser.resolved_at]), default=None)
    survivor.created_at = min(survivor.created_at, loser.created_at)
    survivor.last_activity_at = max(survivor.last_activity_at, loser.last_activity_at)
    survivor.assignee_id = survivor.assignee_id or loser.assignee_id
    if loser.status == ConversationStatus.OPEN:
        survivor.status = ConversationStatus.OPEN
    survivor.save()


def _first_unread(conversation):
    if not conversation.unread_count:
        return None
    messages = conversation.messages.filter(direction=Direction.INBOUND)
    if conversation.read_up_to is not None:
        messages = messages.filter(at__gt=conversation.read_up_to)
    return messages.order_by("at").values_list("at", flat=True).first()


def _move_what_hangs_on(loser_pk, survivor_pk):
    for relation in Conversation._meta.get_fields(include_hidden=True):
        if relation.auto_created and (relation.one_to_many or relation.one_to_one):
            move_rows(relation.field, survivor_pk, loser_pk)
