"""Incidents: something is stuck or refused. They open by themselves and close by themselves."""

from django.db import connection
from django.utils.translation import gettext_noop as to_translate

from config.clock import now
from providers.models import Incident

__all__ = ["close_incident", "open_incident", "to_translate"]


def open_incident(key, title, details=""):
    """Note that something is wrong; again and again is one incident with a count. Returns whether it is new.

    ``key`` says what it is about (``"ledger:default-partition"``). ``title`` is shown to staff in their language:
    mark it with ``incidents.to_translate``. Never put secrets into ``details``.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO providers_incident AS i (key, title, details, opened_at, last_seen_at, count) "
            "VALUES (%s, %s, %s, %s, %s, 1) ON CONFLICT (key) WHERE closed_at IS NULL "
            "DO UPDATE SET last_seen_at = EXCLUDED.last_seen_at, count = i.count + 1, title = EXCLUDED.title, "
            "details = EXCLUDED.details RETURNING count",
            [key, str(title)[:200], str(details), *[now()] * 2],
        )
        return cursor.fetchone()[0] == 1


def close_incident(key):
    """Note that what ``key`` is about is well again; return whether an incident was open."""
    return bool(Incident.objects.filter(key=key, closed_at=None).update(closed_at=now()))
