"""Reactions: per message and side the latest one, an empty one when it was taken back."""

from config import bulk
from contactcenter.models import Direction, Reaction
from contactcenter.understand import conversations


def store(items):
    """Keep the newest reaction to each message; returns ``[(Item, Thread)]`` of those that were news."""
    latest = {}
    for item in items:
        key = (item.number_id, item.event.target_id)
        if key not in latest or _order(item) > _order(latest[key]):
            latest[key] = item
    rows = list(latest.values())
    threads = conversations.ensure(
        {row.place: (row.business_id, row.at) for row in sorted(items, key=lambda row: row.at, reverse=True)}
    )
    written = bulk.insert(
        Reaction,
        {
            "business_id": [row.business_id for row in rows],
            "phone_number_id": [row.number_id for row in rows],
            "target_provider_id": [row.event.target_id for row in rows],
            "direction": [Direction.INBOUND.value for _ in rows],
            "conversation_id": [threads[row.place].id for row in rows],
            "emoji": [row.event.emoji or "" for row in rows],
            "provider_id": [row.event.provider_id for row in rows],
            "at": [row.at for row in rows],
        },
        order=["phone_number_id", "target_provider_id", "direction"],
        conflict="(phone_number_id, target_provider_id, direction) DO UPDATE SET emoji = EXCLUDED.emoji, "
        "provider_id = EXCLUDED.provider_id, at = EXCLUDED.at, conversation_id = EXCLUDED.conversation_id "
        'WHERE (contactcenter_reaction.at, contactcenter_reaction.provider_id COLLATE "C") '
        '< (EXCLUDED.at, EXCLUDED.provider_id COLLATE "C")',
        returning=["phone_number_id", "target_provider_id"],
    )
    return [(latest[key], threads[latest[key].place]) for key in written]


def _order(item):
    return item.at, item.event.provider_id
