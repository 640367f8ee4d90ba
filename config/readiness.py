"""What serving needs, and why it isn't there. Apps register their own checks; ``/readyz`` and the health page ask."""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from config import heartbeat

logger = logging.getLogger(__name__)

SEEN_WITHIN_SECONDS = {"sender": 30, "worker": 60, "beat": 60}

_checks = {}


def check(name):
    """Register a function without arguments that returns why ``name`` isn't ready, or ``""``; it may use the database.

    Reasons are plain English for logs and monitors. They name no business and no secret: anybody may read them.
    """

    def register(function):
        _checks[name] = function
        return function

    return register


def reasons():
    """``{what: why it isn't ready, or ""}`` for the database, Redis, each kind of process, and what apps registered."""
    found = {"database": _database(), "redis": _redis()}
    if found["database"]:
        return found | dict.fromkeys([*SEEN_WITHIN_SECONDS, *_checks], "The database can't be asked.")
    found |= processes()
    for name, function in _checks.items():
        try:
            with transaction.atomic():
                found[name] = function()
        except DatabaseError as exc:
            logger.warning("Readiness of %s: %s", name, exc)
            found[name] = f"The database refused: {type(exc).__name__}."
    return found


def broker():
    """Why Redis doesn't carry what processes say to each other, or ``""``."""
    return _redis()


def _database():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM config_clock")
        return ""
    except DatabaseError as exc:
        return f"The database doesn't answer: {type(exc).__name__}."


def _redis():
    try:
        client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
        return "" if client.ping() else "Redis answers, but not to a ping."
    except redis.RedisError as exc:
        return f"Redis doesn't answer: {type(exc).__name__}."


def processes():
    """``{kind of process: why it doesn't count as being at work, or ""}``."""
    ages = heartbeat.ages()
    found = {}
    for name, limit in SEEN_WITHIN_SECONDS.items():
        age = ages.get(name)
        if age is None:
            found[name] = f"No {name} was ever seen at work."
        elif age > limit:
            found[name] = f"The {name} was last seen {age:.0f} seconds ago; {limit} are allowed."
        else:
            found[name] = ""
    return found
