"""Row-level security: PostgreSQL itself refuses the rows of another business.

After each ``migrate`` every table of a ``BusinessOwned`` model has the policy, so none can be forgotten. The policy
casts ``current_setting('app.business')`` without a fallback: a query outside a scope is an error, not an empty page.
"""

from django.apps import apps
from django.db import connections

POLICY = "business_isolation"

_ROW_IS_OURS = (
    "CASE current_setting('app.business') WHEN 'all' THEN true "
    "ELSE business_id = current_setting('app.business')::bigint END"
)


def protected_models():
    """Every concrete model whose rows belong to a business."""
    from tenants.tenancy import BusinessOwned  # models load after this module's app

    return [model for model in apps.get_models() if issubclass(model, BusinessOwned)]


def protect_every_table(using, **kwargs):
    """Enable and force the policy on each tenant table that lacks it (a ``post_migrate`` receiver)."""
    connection = connections[using]
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_policies WHERE policyname = %s", [POLICY])
        done = {row[0] for row in cursor.fetchall()}
        for model in protected_models():
            table = model._meta.db_table
            if table in present and table not in done:
                protect(cursor, table)


def protect(cursor, table):
    """Put ``table`` (with a ``business_id`` column) under the policy."""
    cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    cursor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    cursor.execute(f'CREATE POLICY {POLICY} ON "{table}" USING ({_ROW_IS_OURS}) WITH CHECK ({_ROW_IS_OURS})')
