"""The project's settings for a sandbox in a test: no PostgreSQL, the clock's row in a small sqlite file."""

import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path

from config import clock
from config.settings import *  # noqa: F403

_folder = Path(os.environ["SANDBOX_DATA"])
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _folder / "default.sqlite3"}}
MOVABLE_CLOCK = os.environ.get("MOVABLE_CLOCK") == "1"


class _Cursor:
    def __init__(self, connection):
        self.connection = connection
        self.rows = None

    def execute(self, sql, parameters=()):
        self.rows = self.connection.execute(sql.replace("%s", "?"), parameters)

    def fetchone(self):
        return self.rows.fetchone()


@contextmanager
def _row_in_a_file():
    connection = sqlite3.connect(_folder / "clock.sqlite3", isolation_level=None)
    try:
        yield _Cursor(connection)
    finally:
        connection.close()


clock._own_connection = _row_in_a_file
