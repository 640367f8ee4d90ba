"""No row hangs on a row of another business, for every foreign key between tenant tables; and the policies hold."""

from django.db import connection

from contactcenter.invariants.base import Broken, Invariant, Rule
from onboarding.models import PhoneNumber, ProviderRoute, Waba
from tenants.rls import POLICY, protected_models


def rules():
    """A rule for each foreign key from a tenant table to a tenant table, and for the routes of webhooks."""
    found = []
    tenant_tables = protected_models()
    for model in tenant_tables:
        for field in model._meta.concrete_fields:
            parent = field.related_model
            if field.name == "business" or parent not in tenant_tables:
                continue
            child_table, parent_table = model._meta.db_table, parent._meta.db_table
            key = f'child."{model._meta.pk.column}"'
            found.append(
                Rule(
                    f"{model._meta.label}.{field.name} stays within its business.",
                    f"SELECT {key} AS id, child.business_id AS business, parent.business_id AS other "
                    f'FROM "{child_table}" child JOIN "{parent_table}" parent '
                    f'ON parent."{field.target_field.column}" = child."{field.column}" '
                    "WHERE child.business_id <> parent.business_id",
                )
            )
    for kind, model in (("phone_number", PhoneNumber), ("waba", Waba)):
        found.append(
            Rule(
                f"The routes to each {model._meta.label} lead to its business.",
                f'SELECT r.id, r.business_id AS business, t.business_id AS other FROM "{ProviderRoute._meta.db_table}" '
                f'r JOIN "{model._meta.db_table}" t ON t.id = r.target_pk '
                f"WHERE r.kind = '{kind}' AND r.business_id <> t.business_id",
            )
        )
    return tuple(found)


def _policies(limits, facts):
    """PostgreSQL refuses the row as well: each table has its forced policy, and our role can't step over it."""
    tables = sorted(model._meta.db_table for model in protected_models())
    facts["tables"] = len(tables)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relname = ANY(%s) AND c.relrowsecurity AND c.relforcerowsecurity "
            "AND c.relnamespace = current_schema()::regnamespace AND EXISTS (SELECT 1 FROM pg_policy p "
            "WHERE p.polrelid = c.oid AND p.polname = %s AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL)",
            [tables, POLICY],
        )
        bare = sorted(set(tables) - {name for (name,) in cursor.fetchall()})
        cursor.execute("SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)")
        mighty = [name for (name,) in cursor.fetchall()]
    yield Broken("Every tenant table has its forced policy.", len(bare), bare[: limits.examples])
    yield Broken("The application's role can't step over policies.", len(mighty), mighty)


INVARIANT = Invariant("isolation", "No row hangs on a row of another business.", rules, _policies)
