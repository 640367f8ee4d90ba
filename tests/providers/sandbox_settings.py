"""The project's settings for a sandbox in a test: no PostgreSQL, the clock in a small sqlite file."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403

_folder = Path(os.environ["SANDBOX_DATA"])
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": _folder / "default.sqlite3"},
    "clock": {"ENGINE": "django.db.backends.sqlite3", "NAME": _folder / "clock.sqlite3"},
}
MOVABLE_CLOCK = os.environ.get("MOVABLE_CLOCK") == "1"
