"""Every message of ours is in exactly one place: waiting, leaving, unknown and shown, or done."""

from datetime import timedelta

from config.clock import now
from contactcenter.invariants.base import Invariant, Rule

MISSED = timedelta(minutes=3)

RULES = (
    Rule(
        "What waits to leave has its place in the outbox.",
        "SELECT m.id, m.status, m.at FROM contactcenter_message m LEFT JOIN contactcenter_outboxitem o "
        "ON o.message_id = m.id WHERE m.direction = 'outbound' AND m.status = 'queued' AND o.id IS NULL",
    ),
    Rule(
        "What is unknown is in the outbox for a person to decide, or a person has sent it again.",
        "SELECT m.id, m.at FROM contactcenter_message m LEFT JOIN contactcenter_outboxitem o ON o.message_id = m.id "
        "WHERE m.direction = 'outbound' AND m.status = 'unknown' AND o.id IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM contactcenter_message again WHERE again.business_id = m.business_id "
        "AND again.idempotency_key = 'resend:' || m.reference::text)",
    ),
    Rule(
        "What has an outcome has left the outbox.",
        "SELECT o.id, o.message_id AS message, o.state, m.status FROM contactcenter_outboxitem o "
        "JOIN contactcenter_message m ON m.id = o.message_id WHERE m.rank > 1 OR m.direction <> 'outbound'",
    ),
    Rule(
        "An unknown outcome is shown as unknown.",
        "SELECT o.id, o.message_id AS message, m.status FROM contactcenter_outboxitem o "
        "JOIN contactcenter_message m ON m.id = o.message_id WHERE o.state = 'unknown' AND m.status <> 'unknown'",
    ),
    Rule(
        "The outbox knows four states, and what is claimed or attempted has a lease.",
        "SELECT o.id, o.state, o.lease_until FROM contactcenter_outboxitem o "
        "WHERE o.state NOT IN ('waiting', 'claimed', 'attempted', 'unknown') "
        "OR (o.state IN ('claimed', 'attempted')) <> (o.lease_until IS NOT NULL) "
        "OR (o.state = 'attempted' AND o.attempted_at IS NULL)",
    ),
    Rule(
        "Nothing is beyond its lease.",
        # Leases are the database's own time, which nobody moves.
        "SELECT o.id, o.message_id AS message, o.state, o.lease_until FROM contactcenter_outboxitem o "
        "WHERE o.state IN ('claimed', 'attempted') "
        "AND o.lease_until < clock_timestamp() - make_interval(secs => %s)",
        lambda limits: (limits.beyond_lease,),
    ),
    Rule(
        "An outbox item leaves from the number of its message.",
        "SELECT o.id, o.message_id AS message FROM contactcenter_outboxitem o "
        "JOIN contactcenter_message m ON m.id = o.message_id WHERE o.phone_number_id <> m.phone_number_id",
    ),
    Rule(
        "No update waits for a message that is there.",
        # A minute's sweep finds those that two transactions missed.
        "SELECT p.id, p.provider_id, p.kind FROM contactcenter_pendingupdate p JOIN contactcenter_message m "
        "USING (phone_number_id, provider_id) WHERE p.created_at < %s",
        lambda limits: (now() - MISSED,),
    ),
)


INVARIANT = Invariant("conservation", "Each message of ours is in one place, and nothing is beyond its lease.", RULES)
