"""Live events are numbered per business without gaps, so that a page that resumes can't miss one."""

from datetime import timedelta

from config.clock import now
from contactcenter.invariants.base import Invariant, Rule
from tenants import live


def _kept_since(limits):
    return (now() - timedelta(seconds=live.kept_seconds() * 0.9),)


RULES = (
    Rule(
        "No event has a number that its business hasn't given yet.",
        "SELECT e.business_id AS business, max(e.number) AS number, max(c.last) AS counter FROM tenants_liveevent e "
        "LEFT JOIN tenants_livecounter c USING (business_id) GROUP BY 1 "
        "HAVING max(c.last) IS NULL OR max(e.number) > max(c.last)",
    ),
    Rule(
        "Numbers follow each other without a gap.",
        "SELECT * FROM (SELECT business_id AS business, number, "
        "lag(number) OVER (PARTITION BY business_id ORDER BY number) AS before FROM tenants_liveevent WHERE at > %s"
        ") n WHERE number - before > 1",
        _kept_since,
    ),
    Rule(
        "The newest number given is that of an event.",
        "SELECT c.business_id AS business, c.last, newest.number, newest.at FROM tenants_livecounter c "
        "CROSS JOIN LATERAL (SELECT e.number, e.at FROM tenants_liveevent e WHERE e.business_id = c.business_id "
        "ORDER BY e.number DESC LIMIT 1) newest WHERE newest.number < c.last AND newest.at > %s",
        _kept_since,
    ),
)

INVARIANT = Invariant("live", "Live events are numbered without gaps.", RULES)
