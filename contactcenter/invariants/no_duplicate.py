"""One message is one row, whatever came twice; and the constraints that see to it are in place."""

from django.apps import apps
from django.db import connection
from django.db.models import UniqueConstraint

from contactcenter.invariants.base import Broken, Invariant, Rule

RULES = (
    Rule(
        "A message is stored once per business number and provider ID.",
        "SELECT phone_number_id AS number, provider_id, count(*) AS rows FROM contactcenter_message "
        "WHERE provider_id IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    Rule(
        "A person has one conversation per business number.",
        "SELECT phone_number_id AS number, contact_id AS contact, count(*) AS rows FROM contactcenter_conversation "
        "GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    Rule(
        "A person has one window per business number.",
        "SELECT phone_number_id AS number, contact_id AS contact, count(*) AS rows "
        "FROM sessions_24h_customerservicewindow GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    Rule(
        "A message waits at most once in the outbox.",
        "SELECT message_id AS message, count(*) AS rows FROM contactcenter_outboxitem GROUP BY 1 HAVING count(*) > 1",
    ),
    Rule(
        "An idempotency key makes one message.",
        "SELECT business_id AS business, idempotency_key AS key, count(*) AS rows FROM contactcenter_message "
        "WHERE idempotency_key IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1",
    ),
    Rule(
        "An address belongs to one contact of a business.",
        "SELECT business_id AS business, kind, value, count(DISTINCT contact_id) AS contacts FROM contacts_identity "
        "GROUP BY 1, 2, 3 HAVING count(DISTINCT contact_id) > 1",
    ),
)

_VALID = """
SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE x.indisunique AND x.indisvalid AND x.indisready AND i.relnamespace = current_schema()::regnamespace
"""


def _constraints(limits, facts):
    """Every unique constraint of the models exists and is valid in the database."""
    with connection.cursor() as cursor:
        cursor.execute(_VALID)
        present = {name for (name,) in cursor.fetchall()}
    wanted = [
        f"{model._meta.db_table}.{constraint.name}"
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    facts["constraints"] = len(wanted)
    missing = [name for name in wanted if name.rpartition(".")[2] not in present]
    yield Broken("Every unique constraint of the models is in the database.", len(missing), missing[: limits.examples])


INVARIANT = Invariant("no_duplicate", "One message is one row, whatever came twice.", RULES, _constraints)
