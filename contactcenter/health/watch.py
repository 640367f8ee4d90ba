"""Incidents about the installation as a whole: they open when something is stuck and close when it moves again.

A worker looks after the sender and what waits (``look``); the sender, which lives without Redis, looks after what a
worker needs to look at all (``look_at_workers``). Incidents about one thing are opened by whoever sees it: a number
that is refused (the sender), an account without answers (polls), dead letters and the lag of digestion (digestion), a
step or a template (onboarding, templates).
"""

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db import Error

from config import readiness
from config.clock import now
from contactcenter.health import figures
from providers import dead_letters
from providers.incidents import close_incident, open_incident, to_translate

logger = logging.getLogger(__name__)

SENDER, WORKER, BEAT = "process:sender", "process:worker", "process:beat"
REDIS = "process:redis"
UNKNOWN = "outbox:unknown"
REPLIES = "outbox:replies"
UNKNOWN_MAY_WAIT = timedelta(minutes=15)
REPLY_MAY_WAIT = timedelta(minutes=5)
TASKS_MAY_WAIT = 20
"""Beat alone asks for more within ten seconds; workers take what comes at once."""


def look():
    """Look at everything once; ``{incident key: details, or "" when all is well}``. Inside ``every_business()``."""
    # Whoever looks here came by Redis: beat asked for it, and a worker does it.
    here = dict.fromkeys((WORKER, BEAT, REDIS), "")
    found = here | {SENDER: readiness.processes()["sender"], UNKNOWN: _unknown(), REPLIES: _replies()}
    _note(found)
    dead_letters.close_incident_when_none_is_left()
    return found


def look_at_workers():
    """Look whether a worker, beat and Redis are at work; ``{incident key: details, or "" when all is well}``.

    Beat is seen through a worker, and both through Redis. So while Redis is away it alone is named; of worker and beat
    it is the worker when tasks wait that nobody takes, else beat. Empty when the database can't be asked.
    """
    try:
        found = _workers()
        _note(found)
    except Error as exc:
        logger.warning("Nobody can note whether workers are at work: %s", exc)
        return {}
    return found


def _workers():
    found = {REDIS: readiness.broker(), WORKER: "", BEAT: ""}
    reasons = readiness.processes()
    if not found[REDIS] and (reasons["worker"] or reasons["beat"]):
        waiting = _tasks_waiting()
        if waiting > TASKS_MAY_WAIT:
            found[WORKER] = f"{reasons['worker'] or reasons['beat']} {waiting} tasks wait."
        else:
            found[BEAT] = f"{reasons['beat'] or reasons['worker']} Nothing waits for a worker."
    return found


def _tasks_waiting():
    """How many tasks lie in the queues; 0 also when Redis went away meanwhile."""
    queues = {settings.CELERY_TASK_DEFAULT_QUEUE, *(route["queue"] for route in settings.CELERY_TASK_ROUTES.values())}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5) as client:
            return sum(client.llen(queue) for queue in queues)
    except redis.RedisError:
        return 0


def _note(found):
    for key, details in found.items():
        if details:
            open_incident(key, TITLES[key], details)
        else:
            close_incident(key)


TITLES = {
    SENDER: to_translate("The sender isn't at work, so no message leaves"),
    WORKER: to_translate("No worker is at work, so what customers write doesn't reach the inbox"),
    BEAT: to_translate("Beat isn't at work, so nothing begins at its time"),
    REDIS: to_translate("Redis doesn't answer, so workers can't be asked for anything"),
    UNKNOWN: to_translate("Messages whose sending is unknown wait for a person"),
    REPLIES: to_translate("Agents' replies wait too long"),
}


def _unknown():
    rows, count = figures.unknown_sends()
    if not rows or rows[0].attempted_at is None or now() - rows[0].attempted_at < UNKNOWN_MAY_WAIT:
        return ""
    return f"{count} messages; the oldest was tried at {rows[0].attempted_at:%Y-%m-%d %H:%M} UTC."


def _replies():
    waits = figures.oldest_reply_waits()
    if waits is None or waits < REPLY_MAY_WAIT:
        return ""
    return f"The oldest that may leave has waited for {waits.total_seconds():.0f} seconds."
