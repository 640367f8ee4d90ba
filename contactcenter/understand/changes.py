"""Edits and deletions: the newest edit by (time, ID) is shown, and what was deleted stays deleted."""

from config import bulk
from contactcenter.understand.pending import Pending
from providers.webhooks.events import Edit, MessageEcho


def of_items(items):
    """The changes that events ask for."""
    return [_change(item) for item in items]


def _change(item):
    event = item.event
    place = (item.business_id, item.number_id, event.target_id)
    is_edit = isinstance(event, Edit) or (isinstance(event, MessageEcho) and event.type == "edit")
    if not is_edit:
        return Pending(*place, "revoke", "", item.at, {})
    return Pending(*place, "edit", event.provider_id, item.at, {"text": event.text, "content": event.content})


def apply(changes):
    """Apply changes to stored messages; returns ``(conversations touched, changes whose message is missing)``."""
    if not changes:
        return set(), []
    pk_of = _find(changes)
    edits, revokes, missing = {}, {}, []
    for change in changes:
        pk = pk_of.get((change.number_id, change.provider_id))
        if pk is None:
            missing.append(change)
        elif change.kind == "edit":
            if pk not in edits or (change.at, change.key) > (edits[pk].at, edits[pk].key):
                edits[pk] = change
        elif pk not in revokes or change.at < revokes[pk].at:
            revokes[pk] = change
    bulk.fetch(
        "SELECT id FROM contactcenter_message WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
        [bulk.array(sorted(edits.keys() | revokes.keys()))],
    )
    return _edit(edits) | _revoke(revokes), missing


def _find(changes):
    keys = sorted({(change.number_id, change.provider_id) for change in changes})
    source, params = bulk.unnest(
        "k",
        phone_number_id=("bigint", [number for number, _ in keys]),
        provider_id=("text", [provider_id for _, provider_id in keys]),
    )
    rows = bulk.fetch(
        f"SELECT m.phone_number_id, m.provider_id, m.id FROM {source} "
        "JOIN contactcenter_message m USING (phone_number_id, provider_id)",
        params,
    )
    return {(number, provider_id): pk for number, provider_id, pk in rows}


def _edit(edits):
    if not edits:
        return set()
    source, params = bulk.unnest(
        "t",
        id=("bigint", list(edits)),
        at=("timestamptz", [one.at for one in edits.values()]),
        key=("text", [one.key for one in edits.values()]),
        text=("text", [one.data["text"] for one in edits.values()]),
        content=("jsonb", [one.data["content"] for one in edits.values()]),
    )
    rows = bulk.fetch(
        "UPDATE contactcenter_message m SET edited_at = t.at, edit_provider_id = t.key, text = t.text, "
        # Beside the first content: an edited caption comes without the facts of its file.
        f"content = m.content || jsonb_build_object('edit', t.content) FROM {source} WHERE m.id = t.id "
        'AND (coalesce(m.edited_at, \'-infinity\'), m.edit_provider_id COLLATE "C") < (t.at, t.key COLLATE "C") '
        "RETURNING m.conversation_id",
        params,
    )
    return {pk for (pk,) in rows}


def _revoke(revokes):
    if not revokes:
        return set()
    source, params = bulk.unnest(
        "t", id=("bigint", list(revokes)), at=("timestamptz", [one.at for one in revokes.values()])
    )
    rows = bulk.fetch(
        f"UPDATE contactcenter_message m SET deleted_at = t.at FROM {source} "
        "WHERE m.id = t.id AND (m.deleted_at IS NULL OR m.deleted_at > t.at) RETURNING m.conversation_id",
        params,
    )
    return {pk for (pk,) in rows}
