"""What messages mean for customer service windows and free entry points."""

from config import bulk
from contactcenter.models import Direction
from sessions_24h import services as windows

_INBOUND = Direction.INBOUND.value


def note(rows):
    """Open or extend the windows of those who wrote or called."""
    windows.note_inbound(
        [
            windows.Heard(row.business_id, row.number_id, row.contact_id, row.at)
            for row in rows
            if row.direction == _INBOUND
        ]
    )


def work_out_again(conversations):
    """Set the ends of these conversations' windows from their messages: a time turned out to be too late."""
    rows = bulk.fetch(
        "SELECT c.business_id, c.phone_number_id, c.contact_id, max(m.at) FROM contactcenter_conversation c "
        "JOIN contactcenter_message m ON m.conversation_id = c.id AND m.direction = 'inbound' "
        "WHERE c.id = ANY(%s::bigint[]) GROUP BY c.id",
        [bulk.array(sorted(conversations))],
    )
    windows.set_ends([windows.Heard(*row) for row in rows])


_FREE_ENTRIES = """
SELECT c.phone_number_id, c.contact_id, max(ad.at), max(answer.first) + interval '72 hours'
FROM contactcenter_message ad
JOIN contactcenter_conversation c ON c.id = ad.conversation_id
LEFT JOIN LATERAL (
    SELECT min(least(m.accepted_at, m.sent_at)) AS first FROM contactcenter_message m
    WHERE m.conversation_id = ad.conversation_id AND m.direction = 'outbound' AND m.rank >= 2 AND m.status <> 'failed'
    AND least(m.accepted_at, m.sent_at) >= ad.at AND least(m.accepted_at, m.sent_at) < ad.at + interval '24 hours'
    AND m.at < ad.at + interval '24 hours'
) answer ON true
WHERE ad.from_ad AND ad.conversation_id = ANY(%s::bigint[])
GROUP BY c.id
"""


def refresh_free_entries(conversations):
    """Work out the free entry points of these conversations: after an ad brought somebody, or an answer was accepted.

    Each arrival through an ad begins one; the business's first answer within 24 hours makes it last 72 hours from
    that answer (docs "Pricing", 10 December 2025). What was written in the WhatsApp Business app counts as no answer.
    """
    if conversations:
        windows.set_free_entries(bulk.fetch(_FREE_ENTRIES, [bulk.array(sorted(conversations))]))
