"""One clock for the whole installation.

``now()`` is the present for everything that has meaning to people: windows, reviews, quotas, schedules. With
``MOVABLE_CLOCK=1`` (rehearsals only; ``check --deploy`` refuses it) it adds an offset kept in one row, which the
sandbox's control panel writes, so all processes move together. Leases and time-outs use ``time.monotonic()``.
"""

import os
import threading
import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

import psycopg2
from django.conf import settings
from django.db import connections

REFRESH_SECONDS = 0.5

_frozen = ContextVar("frozen_clock", default=None)
_lock = threading.Lock()
_connection_lock = threading.Lock()
_offset = 0.0
_read_at = float("-inf")


class ClockNotMovable(RuntimeError):
    """The clock was asked to move on an installation that doesn't allow it."""


def now():
    """The present as an aware UTC datetime, moved by the installation's offset."""
    ahead = offset()  # before the look at the clock: reading it may take its time
    return _frozen.get() or datetime.now(UTC) + timedelta(seconds=ahead)


@contextmanager
def frozen(at):
    """Inside the block ``now()`` is ``at`` (aware) for the caller alone, so that a rehearsal can tell of the past.

    Raises ``ClockNotMovable`` unless ``MOVABLE_CLOCK=1``.
    """
    if not settings.MOVABLE_CLOCK:
        raise ClockNotMovable("Set MOVABLE_CLOCK=1 to hold the clock. Never do this where customers are served.")
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


def offset():
    """Seconds that the installation's clock runs ahead of the real one (0 unless ``MOVABLE_CLOCK``)."""
    global _offset, _read_at
    if not settings.MOVABLE_CLOCK:
        return 0.0
    if time.monotonic() - _read_at > REFRESH_SECONDS:
        with _lock:
            if time.monotonic() - _read_at > REFRESH_SECONDS:
                _offset = _read_offset()
                _read_at = time.monotonic()
    return _offset


def set_offset(seconds):
    """Move the clock of the whole installation to ``seconds`` ahead of the real one.

    Raises ``ClockNotMovable`` unless ``MOVABLE_CLOCK=1``. Other processes follow within ``REFRESH_SECONDS``.
    """
    global _offset, _read_at
    if not settings.MOVABLE_CLOCK:
        raise ClockNotMovable("Set MOVABLE_CLOCK=1 to move the clock. Never do this where customers are served.")
    with _own_connection() as cursor:
        cursor.execute("UPDATE config_clock SET offset_seconds = %s WHERE id = 1", [float(seconds)])
    with _lock:
        _offset, _read_at = float(seconds), time.monotonic()


def forget():
    """Drop the remembered offset, so that the next ``now()`` reads the row again."""
    global _read_at
    _read_at = float("-inf")


def _read_offset():
    try:
        with _own_connection() as cursor:
            cursor.execute("SELECT offset_seconds FROM config_clock WHERE id = 1")
            row = cursor.fetchone()
    except psycopg2.Error:
        return _offset
    return row[0] if row else 0.0


_connection = None


@contextmanager
def _own_connection():
    """A cursor apart from the caller's transaction, so that a broken or long one can't freeze the clock."""
    global _connection
    with _connection_lock:
        if _connection is None or _connection.closed:
            parameters = connections["default"].get_connection_params()
            parameters.pop("cursor_factory", None)
            parameters.pop("context", None)
            _connection = psycopg2.connect(**parameters)
            _connection.autocommit = True
        try:
            with _connection.cursor() as cursor:
                yield cursor
        except psycopg2.Error:
            _connection.close()
            raise


def _forget_connection():
    """A forked child must not share its parent's socket."""
    global _connection, _read_at
    _connection, _read_at = None, float("-inf")


os.register_at_fork(after_in_child=_forget_connection)
