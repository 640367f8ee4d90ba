"""Two contacts that are one person become one: the older one stays, the other one only points to it."""

from django.db.models import UniqueConstraint

from config import bulk
from contacts.models import Contact, ContactToken
from contacts.names import fold
from contacts.services import consent, tokens
from contacts.signals import contacts_merged, contacts_merging

_LOCK = 0x434F_4E54 << 32


def lock(business_ids, alone=()):
    """Keep merges away until the end of the transaction; for businesses in ``alone`` keep everybody away, to merge.

    ``business_ids`` must be sorted, so that no two transactions wait for each other.
    """
    bulk.fetch(
        "SELECT CASE WHEN alone THEN pg_advisory_xact_lock(key)::text ELSE pg_advisory_xact_lock_shared(key)::text END "
        "FROM unnest(%s::bigint[], %s::boolean[]) AS t(key, alone)",
        [bulk.array([_LOCK | pk for pk in business_ids]), bulk.array([pk in alone for pk in business_ids])],
    )


def merge(*, business_id, survivor_id, loser_id):
    """Make two contacts one. The caller holds ``lock`` alone and takes the older one (smaller key) as survivor.

    The apps above move what is theirs on ``contacts_merging``; every other row that points to the loser follows,
    except one that would stand twice beside the survivor's.
    """
    pair = Contact.objects.select_for_update().filter(pk__in=[survivor_id, loser_id]).order_by("pk")
    survivor, loser = sorted(pair, key=lambda contact: contact.pk != survivor_id)
    news = {"business_id": business_id, "survivor_id": survivor_id, "loser_id": loser_id}
    contacts_merging.send(sender=Contact, **news)
    consent.move_first_line(survivor_id=survivor_id, loser_id=loser_id)
    ContactToken.objects.filter(contact_id=loser_id).delete()
    for field in Contact._meta.get_fields(include_hidden=True):
        relation = field.auto_created and (field.one_to_many or field.one_to_one)
        if relation and field.related_model is not Contact:
            move_rows(field.field, survivor_id, loser_id)
    _combine(survivor, loser)
    Contact.objects.filter(merged_into_id=loser_id).update(merged_into_id=survivor_id)
    Contact.objects.filter(pk=loser_id).update(merged_into_id=survivor_id)
    tokens.index_contacts([survivor_id])
    contacts_merged.send(sender=Contact, **news)


def move_rows(foreign_key, survivor_id, loser_id):
    """Point rows from one target to another; those that a unique constraint would refuse are deleted."""
    model = foreign_key.model
    table, column = model._meta.db_table, foreign_key.column
    for others in _unique_beside(foreign_key):
        same = " AND ".join(f'o."{other}" = t."{other}"' for other in others) or "true"
        bulk.run(
            f'DELETE FROM "{table}" t USING "{table}" o WHERE t."{column}" = %s AND o."{column}" = %s AND {same}',
            [loser_id, survivor_id],
        )
    bulk.run(f'UPDATE "{table}" SET "{column}" = %s WHERE "{column}" = %s', [survivor_id, loser_id])


def _unique_beside(foreign_key):
    """The other columns of each unique constraint that the foreign key is part of."""
    model = foreign_key.model
    if foreign_key.unique:
        yield []
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint) and foreign_key.name in constraint.fields:
            yield [model._meta.get_field(name).column for name in constraint.fields if name != foreign_key.name]


def _combine(survivor, loser):
    survivor.created_at = min(survivor.created_at, loser.created_at)
    survivor.last_seen_at = max(filter(None, [survivor.last_seen_at, loser.last_seen_at]), default=None)
    survivor.blocked_at = min(filter(None, [survivor.blocked_at, loser.blocked_at]), default=None)
    survivor.language = survivor.language or loser.language
    for at, name in (("profile_at", "profile_name"), ("username_at", "username")):
        one, other = ((getattr(c, at), getattr(c, name)) for c in (survivor, loser))
        if other[0] is not None and (one[0] is None or other > one):
            setattr(survivor, at, other[0])
            setattr(survivor, name, other[1])
    named = next((contact for contact in (survivor, loser) if contact.named_by_us), None)
    survivor.named_by_us = named is not None
    survivor.name = named.name if named else survivor.profile_name or survivor.name or loser.name
    survivor.name_key = fold(survivor.name)[:256]
    survivor.save()


def merge_by_hand(one, other):
    """Merge two contacts of a business because somebody there knows better; returns the one that stays."""
    lock([one.business_id], {one.business_id})
    first, second = sorted([one.pk, other.pk])
    merge(business_id=one.business_id, survivor_id=first, loser_id=second)
    return Contact.objects.get(pk=first)
