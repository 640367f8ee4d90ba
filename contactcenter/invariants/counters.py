"""What a conversation says about its messages is what a recount says."""

from contactcenter.invariants.base import Invariant, Rule

_COUNTED = """
SELECT c.id, c.unread_count, c.read_up_to, c.last_inbound_at, c.last_outbound_at, c.waiting_since, c.last_activity_at,
       m.unread, m.inbound, m.answer, m.newest
FROM contactcenter_conversation c
LEFT JOIN (
  SELECT m.conversation_id,
    count(*) FILTER (WHERE m.direction = 'inbound' AND (v.read_up_to IS NULL OR m.at > v.read_up_to)) AS unread,
    max(m.at) FILTER (WHERE m.direction = 'inbound') AS inbound,
    max(m.at) FILTER (WHERE m.direction IN ('outbound', 'echo') AND m.kind <> 'reaction' AND m.source <> 'campaign')
      AS answer,
    max(m.at) FILTER (WHERE m.kind <> 'reaction' AND m.source <> 'campaign') AS newest
  FROM contactcenter_message m JOIN contactcenter_conversation v ON v.id = m.conversation_id GROUP BY 1
) m ON m.conversation_id = c.id
"""

RULES = (
    Rule(
        "The number of unread messages is a recount of them.",
        f"SELECT k.id, k.unread_count, coalesce(k.unread, 0) AS counted FROM ({_COUNTED}) k "
        "WHERE k.unread_count <> coalesce(k.unread, 0)",
    ),
    Rule(
        "The last received message is the newest one.",
        f"SELECT k.id, k.last_inbound_at, k.inbound AS newest FROM ({_COUNTED}) k "
        "WHERE k.last_inbound_at IS DISTINCT FROM k.inbound",
    ),
    Rule(
        "The last answer is the newest one.",
        f"SELECT k.id, k.last_outbound_at, k.answer AS newest FROM ({_COUNTED}) k "
        "WHERE k.last_outbound_at IS DISTINCT FROM k.answer",
    ),
    Rule(
        "Nobody waits since a message that isn't there, or that was answered.",
        f"SELECT k.id, k.waiting_since, k.answer FROM ({_COUNTED}) k WHERE k.waiting_since IS NOT NULL AND ("
        "k.waiting_since <= k.answer OR NOT EXISTS (SELECT 1 FROM contactcenter_message m "
        "WHERE m.conversation_id = k.id AND m.direction = 'inbound' AND m.at = k.waiting_since))",
    ),
    Rule(
        "A conversation was last active with its newest message or later.",
        f"SELECT k.id, k.last_activity_at, k.newest FROM ({_COUNTED}) k WHERE k.last_activity_at < k.newest",
    ),
    Rule(
        "The line in the list is a newest message's.",
        # Older releases decided otherwise which of one moment's messages it is, and what a deleted one leaves.
        "SELECT c.id, c.last_message_kind AS line, newest.kind AS newest FROM contactcenter_conversation c "
        "CROSS JOIN LATERAL (SELECT m.at, m.kind FROM contactcenter_message m WHERE m.conversation_id = c.id "
        "AND m.direction <> 'notice' AND m.kind <> 'reaction' AND m.source <> 'campaign' "
        "ORDER BY m.at DESC, m.id DESC LIMIT 1) newest "
        "WHERE NOT EXISTS (SELECT 1 FROM contactcenter_message m WHERE m.conversation_id = c.id AND m.at >= newest.at "
        "AND (m.deleted_at IS NOT NULL OR (left(m.text, 200), m.kind, m.direction) "
        "= (c.last_message_text, c.last_message_kind, c.last_message_direction)))",
    ),
    Rule(
        "A message belongs to the number and the contact of its conversation.",
        "SELECT m.id, m.conversation_id AS conversation FROM contactcenter_message m "
        "JOIN contactcenter_conversation c ON c.id = m.conversation_id "
        "WHERE (m.phone_number_id, m.contact_id) <> (c.phone_number_id, c.contact_id)",
    ),
)

INVARIANT = Invariant("counters", "Counters equal recounts.", RULES)
