"""Incidents about the installation as a whole: they open when something is stuck and close when it moves again.

Those about one thing are opened by whoever sees it: a number that is refused (the sender), an account without answers
(polls), dead letters and the lag of digestion (digestion), a step or a template (onboarding, templates).
"""

from datetime import timedelta

from config import readiness
from config.clock import now
from contactcenter.health import figures
from providers import dead_letters
from providers.incidents import close_incident, open_incident, to_translate

SENDER = "process:sender"
UNKNOWN = "outbox:unknown"
REPLIES = "outbox:replies"
UNKNOWN_MAY_WAIT = timedelta(minutes=15)
REPLY_MAY_WAIT = timedelta(minutes=5)


def look():
    """Look at everything once; ``{incident key: details, or "" when all is well}``. Inside ``every_business()``."""
    found = {SENDER: readiness.processes()["sender"], UNKNOWN: _unknown(), REPLIES: _replies()}
    for key, details in found.items():
        if details:
            open_incident(key, TITLES[key], details)
        else:
            close_incident(key)
    dead_letters.close_incident_when_none_is_left()
    return found


TITLES = {
    SENDER: to_translate("The sender isn't at work, so no message leaves"),
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
