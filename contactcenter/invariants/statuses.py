"""A status is the best of the moments that were reached, and never lower."""

from contactcenter.invariants.base import Invariant, Rule
from contactcenter.models.messages import STATUS_RANK, MessageStatus

_RANKS = ", ".join(f"('{status.value}', {rank})" for status, rank in STATUS_RANK.items())
_REACHED = {
    "accepted_at": MessageStatus.ACCEPTED,
    "sent_at": MessageStatus.SENT,
    "failed_at": MessageStatus.FAILED,
    "delivered_at": MessageStatus.DELIVERED,
    "read_at": MessageStatus.READ,
    "played_at": MessageStatus.PLAYED,
}
_BEST = ", ".join(
    f"CASE WHEN m.{column} IS NOT NULL THEN {STATUS_RANK[status]} ELSE 0 END" for column, status in _REACHED.items()
)
_HAS_ITS_MOMENT = " ".join(f"WHEN '{status.value}' THEN m.{column} IS NULL" for column, status in _REACHED.items())

RULES = (
    Rule(
        "The rank is that of the status.",
        f"SELECT m.id, m.status, m.rank FROM contactcenter_message m LEFT JOIN (VALUES {_RANKS}) AS r(status, rank) "
        "USING (status) WHERE r.rank IS NULL OR r.rank <> m.rank",
    ),
    Rule(
        "The status isn't lower than the best moment reached.",
        "SELECT m.id, m.status, m.rank, m.sent_at, m.delivered_at, m.read_at, m.failed_at "
        f"FROM contactcenter_message m WHERE m.rank < greatest({_BEST})",
    ),
    Rule(
        "The status isn't higher than the best moment reached.",
        f"SELECT m.id, m.status FROM contactcenter_message m WHERE CASE m.status {_HAS_ITS_MOMENT} ELSE false END",
    ),
    Rule(
        "Only our own messages wait to leave, and only others' are received.",
        "SELECT m.id, m.direction, m.status FROM contactcenter_message m WHERE CASE m.direction "
        "WHEN 'outbound' THEN m.status = 'received' WHEN 'echo' THEN m.status IN ('received', 'queued', 'unknown') "
        "ELSE m.status <> 'received' END",
    ),
    Rule(
        "What the provider accepted has the provider's ID.",
        "SELECT m.id, m.status FROM contactcenter_message m WHERE m.direction = 'outbound' "
        "AND m.status IN ('accepted', 'sent', 'delivered', 'read', 'played') AND m.provider_id IS NULL",
    ),
)

INVARIANT = Invariant("statuses", "A status is the best of what was reached, and never went down.", RULES)
