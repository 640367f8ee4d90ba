"""A window ends 24 hours after the person's last message, by the provider's time and never by one from the future."""

from contactcenter.invariants.base import Invariant, Rule

FUTURE_TOLERATED = "5 minutes"
"""Clocks of two machines of ours may differ; a provider's time from the future is cut when it is received."""

_LAST = """
SELECT c.business_id, c.phone_number_id, c.contact_id, max(m.at) AS at
FROM contactcenter_message m JOIN contactcenter_conversation c ON c.id = m.conversation_id
WHERE m.direction = 'inbound' GROUP BY 1, 2, 3
"""

RULES = (
    Rule(
        "Each window begins with the person's newest message, and whoever wrote has one.",
        f"SELECT w.id, l.phone_number_id AS number, l.contact_id AS contact, l.at AS newest, w.last_inbound_at "
        f"FROM ({_LAST}) l LEFT JOIN sessions_24h_customerservicewindow w USING (phone_number_id, contact_id) "
        "WHERE w.id IS NULL OR w.last_inbound_at <> l.at",
    ),
    Rule(
        "Each window ends 24 hours after it began.",
        "SELECT w.id, w.last_inbound_at, w.expires_at FROM sessions_24h_customerservicewindow w "
        "WHERE w.expires_at <> w.last_inbound_at + interval '24 hours'",
    ),
    Rule(
        "Nobody has a window who never wrote.",
        f"SELECT w.id, w.phone_number_id AS number, w.contact_id AS contact FROM sessions_24h_customerservicewindow w "
        f"LEFT JOIN ({_LAST}) l USING (phone_number_id, contact_id) WHERE l.at IS NULL",
    ),
    Rule(
        "No message of a person is dated after it was received.",
        "SELECT m.id, m.at, m.created_at FROM contactcenter_message m WHERE m.direction = 'inbound' "
        f"AND m.at > m.created_at + interval '{FUTURE_TOLERATED}'",
    ),
)

INVARIANT = Invariant("windows", "A window ends 24 hours after the person's last message.", RULES)
