"""What is known of people besides who they are: names from their profiles, when they were last seen."""

from dataclasses import dataclass
from datetime import datetime

from config import bulk
from contacts.models import Contact
from contacts.names import fold
from contacts.services import tokens


@dataclass(slots=True)
class Sighting:
    """An event told something about a contact: that they were active (``seen``), and perhaps names."""

    contact_id: int
    at: datetime
    seen: bool = False
    profile_name: str | None = None
    username: str | None = None


def note(sightings, *, unindexed=frozenset()):
    """Keep the newest of what a batch of events told. A name that the business typed stays.

    Contacts in ``unindexed`` have names whose words nobody has indexed yet (see ``identities.resolve``).
    """
    news = {}
    for one in sightings:
        seen, name, username = news.get(one.contact_id, (None, None, None))
        if one.seen and (seen is None or one.at > seen):
            seen = one.at
        if one.profile_name:
            name = max(name or (one.at, ""), (one.at, one.profile_name))
        if one.username:
            username = max(username or (one.at, ""), (one.at, one.username))
        if seen or name or username:
            news[one.contact_id] = (seen, name, username)
    renamed = _write(news) if news else set()
    tokens.index_contacts(renamed | unindexed)


_IS_NEWS = """
    t.seen > coalesce(c.last_seen_at, '-infinity')
    OR (t.name_at, t.name COLLATE "C") > (coalesce(c.profile_at, '-infinity'), c.profile_name COLLATE "C")
    OR (t.username_at, t.username COLLATE "C") > (coalesce(c.username_at, '-infinity'), c.username COLLATE "C")
"""
_WRITE = """
UPDATE contacts_contact c SET
    last_seen_at = greatest(c.last_seen_at, n.seen),
    profile_at = CASE WHEN n.named THEN n.name_at ELSE c.profile_at END,
    profile_name = CASE WHEN n.named THEN n.name ELSE c.profile_name END,
    name = CASE WHEN n.named AND NOT c.named_by_us THEN n.name ELSE c.name END,
    name_key = CASE WHEN n.named AND NOT c.named_by_us THEN n.name_key ELSE c.name_key END,
    username_at = CASE WHEN n.called THEN n.username_at ELSE c.username_at END,
    username = CASE WHEN n.called THEN n.username ELSE c.username END
FROM (
    SELECT c.id, t.*, c.profile_name AS old_name, c.username AS old_username,
        coalesce((t.name_at, t.name COLLATE "C")
            > (coalesce(c.profile_at, '-infinity'), c.profile_name COLLATE "C"), false) AS named,
        coalesce((t.username_at, t.username COLLATE "C")
            > (coalesce(c.username_at, '-infinity'), c.username COLLATE "C"), false) AS called
    FROM {source} JOIN contacts_contact c ON c.id = t.pk WHERE {is_news} ORDER BY c.id FOR NO KEY UPDATE OF c
) AS n WHERE c.id = n.id
RETURNING c.id, (n.named AND n.old_name <> n.name) OR (n.called AND n.old_username <> n.username)
"""


def _write(news):
    """Keep what is newer than what is there, in one statement; returns those who are called differently now."""
    rows = sorted(
        (pk, seen, *(name or (None, None)), *(user or (None, None))) for pk, (seen, name, user) in news.items()
    )
    pks, seen, name_at, names, username_at, usernames = zip(*rows, strict=True)
    source, params = bulk.unnest(
        "t",
        pk=("bigint", pks),
        seen=("timestamptz", seen),
        name_at=("timestamptz", name_at),
        name=("text", names),
        name_key=("text", [fold(name)[:256] if name else None for name in names]),
        username_at=("timestamptz", username_at),
        username=("text", usernames),
    )
    changed = bulk.fetch(_WRITE.format(source=source, is_news=_IS_NEWS), params)
    return {pk for pk, renamed in changed if renamed}


def rename(contact, name):
    """Give a contact the name that the business uses; an empty one brings back the name from the profile."""
    contact.named_by_us = bool(name.strip())
    contact.name = name.strip()[:256] or contact.profile_name
    contact.name_key = fold(contact.name)[:256]
    contact.save(update_fields=["named_by_us", "name", "name_key"])
    tokens.index_contacts([contact.pk])


def get_or_make(business_id, *, wa_id=None, phone=None, bsuid=None, name=""):
    """The contact that goes by these names, made if nobody does; ``name`` is used for somebody without one."""
    from contacts.services import identities  # identities builds on search and merging, which build on this module

    [pk] = identities.resolve([identities.Claim(business_id, identities.names(wa_id=wa_id, phone=phone, bsuid=bsuid))])
    contact = Contact.objects.get(pk=pk)
    if name and not contact.name:
        rename(contact, name)
    return contact


def find(business_id, *, wa_id=None, phone=None, bsuid=None):
    """The contact that goes by one of these names, or ``None``; nobody is made."""
    from contacts.services import identities  # identities builds on search and merging, which build on this module

    names = identities.names(wa_id=wa_id, phone=phone, bsuid=bsuid)
    [pk] = identities.resolve([identities.Claim(business_id, names, make=False)])
    return Contact.objects.get(pk=pk) if pk is not None else None
