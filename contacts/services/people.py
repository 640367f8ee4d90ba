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


def note(sightings):
    """Keep the newest of what a batch of events told. A name that the business typed stays."""
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
    if not news:
        return
    renamed = _write(_lock_those_that_change(news), news)
    tokens.index_contacts(renamed)


def _lock_those_that_change(news):
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
        username_at=("timestamptz", username_at),
        username=("text", usernames),
    )
    return bulk.fetch(
        "SELECT c.id, c.last_seen_at, c.name, c.named_by_us, c.profile_name, c.profile_at, c.username, "
        f"c.username_at FROM {source} JOIN contacts_contact c ON c.id = t.pk WHERE t.seen > c.last_seen_at "
        "OR (t.seen IS NOT NULL AND c.last_seen_at IS NULL) "
        'OR (t.name_at, t.name COLLATE "C") > (coalesce(c.profile_at, \'-infinity\'), c.profile_name COLLATE "C") '
        'OR (t.username_at, t.username COLLATE "C") > (coalesce(c.username_at, \'-infinity\'), c.username COLLATE "C") '
        "ORDER BY c.id FOR NO KEY UPDATE OF c",
        params,
    )


def _write(locked, news):
    if not locked:
        return set()
    rows, renamed = [], set()
    for pk, seen, name, ours, profile, profile_at, username, username_at in locked:
        new_seen, new_name, new_username = news[pk]
        seen = new_seen if seen is None or (new_seen and new_seen > seen) else seen
        if new_name and (profile_at is None or new_name > (profile_at, profile)):
            if profile != new_name[1]:
                renamed.add(pk)
            profile_at, profile = new_name
            if not ours:
                name = profile
        if new_username and (username_at is None or new_username > (username_at, username)):
            if username != new_username[1]:
                renamed.add(pk)
            username_at, username = new_username
        rows.append((pk, seen, name, fold(name)[:256], profile, profile_at, username, username_at))
    columns = zip(*rows, strict=True)
    source, params = bulk.unnest(
        "t",
        **{
            column: (kind, values)
            for (column, kind), values in zip(
                [
                    ("pk", "bigint"),
                    ("seen", "timestamptz"),
                    ("name", "text"),
                    ("name_key", "text"),
                    ("profile_name", "text"),
                    ("profile_at", "timestamptz"),
                    ("username", "text"),
                    ("username_at", "timestamptz"),
                ],
                columns,
                strict=True,
            )
        },
    )
    bulk.run(
        "UPDATE contacts_contact c SET last_seen_at = t.seen, name = t.name, name_key = t.name_key, "
        "profile_name = t.profile_name, profile_at = t.profile_at, username = t.username, "
        f"username_at = t.username_at FROM {source} WHERE c.id = t.pk",
        params,
    )
    return renamed


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
