"""The two roles of the database: one that owns the tables, one that works with the rows."""

from contextlib import contextmanager

import psycopg2
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


def plain_connection(label):
    """A psycopg2 connection of the application's role in autocommit, apart from Django's: for threads of their own.

    It notices a server that vanished without a word within seconds. Raises ``psycopg2.Error``.
    """
    parameters = connections["default"].get_connection_params()
    parameters.pop("cursor_factory", None)
    parameters.pop("context", None)
    parameters |= {
        "connect_timeout": 2,
        "application_name": f"{parameters.get('application_name', 'umbral')}:{label}",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    connection = psycopg2.connect(**parameters)
    connection.autocommit = True
    return connection
