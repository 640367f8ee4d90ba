"""Readers for settings from the environment.

Each value may also come from a file named by ``NAME_FILE`` (secrets mounted by an orchestrator). A value that
can't be read is an error with a sentence, never a silent default.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit


class BadSetting(ValueError):
    """A setting has a value that can't be understood; the message says what would be."""


def text(name, default=""):
    """The value of ``name``, else the content of the file that ``NAME_FILE`` points to, else ``default``."""
    if name in os.environ:
        return os.environ[name].strip()
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return default
    try:
        return Path(path).read_text().strip()
    except OSError as exc:
        raise BadSetting(f"{name}_FILE points to {path}, which can't be read: {exc.strerror}.") from exc


def boolean(name, default=False):
    """``1``/``0``, ``true``/``false``, ``on``/``off``; anything else is an error."""
    value = text(name, None)
    if value is None or value == "":
        return default
    if value.lower() in {"1", "true", "on"}:
        return True
    if value.lower() in {"0", "false", "off"}:
        return False
    raise BadSetting(f"{name}={value!r} is not a yes or no. Use 1 or 0.")


def integer(name, default):
    value = text(name, "")
    if not value:
        return default
    try:
        return int(value)
    except ValueError as exc:
        raise BadSetting(f"{name}={value!r} is not a whole number.") from exc


def words(name, default=()):
    """A list separated by commas or blanks."""
    value = text(name, "")
    return [word for word in value.replace(",", " ").split() if word] or list(default)


def postgres(name, default=""):
    """A ``postgresql://user:password@host:port/name`` address as Django's settings, or ``None`` when unset.

    ``?host=/path`` gives a socket folder; other query parameters become connection options.
    """
    value = text(name, default)
    if not value:
        return None
    parts = urlsplit(value)
    if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) < 2:
        raise BadSetting(f"{name} must look like postgresql://user:password@host:5432/name.")
    query = dict(pair.partition("=")[::2] for pair in parts.query.split("&") if pair)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(query.pop("host", "")) or parts.hostname or "",
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "OPTIONS": {key: unquote(val) for key, val in query.items()},
    }
