"""The two roles of the database: one that owns the tables, one that works with the rows."""

from contextlib import contextmanager

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections


@contextmanager
def as_owner(alias="default"):
    """Within it, ``alias`` connects as the role that owns the tables (migrations, building a test database).

    Raises ``ImproperlyConfigured`` when ``DATABASE_OWNER_URL`` is not set.
    """
    owner = settings.DATABASE_OWNER
    if owner is None:
        raise ImproperlyConfigured(
            "Set DATABASE_OWNER_URL to the role that owns the tables; the application's role may not change them."
        )
    connection = connections[alias]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    connection.close()
    connection.settings_dict.update({key: owner[key] for key in before})
    try:
        yield connection
    finally:
        connection.close()
        connection.settings_dict.update(before)
