"""Search by the beginnings of names and numbers, through a table of words.

Under a row-level policy LIKE loses its index, because it isn't leakproof; ``=`` and the byte-wise ranges keep theirs.
"""

import re

import phonenumbers

from config import bulk
from contacts.models import Contact, ContactToken, IdentityKind
from contacts.names import fold
from contacts.numbers import national_part
from tenants.tenancy import current_scope

LENGTH = 60
MAX_WORDS = 12
LOOKED_AT = 200
_NUMBER = re.compile(r"[\d\s()+./-]+")


def search(query, limit=20):
    """Contacts of the scope's business that have, for each word of ``query``, a name or number beginning with it.

    Merged contacts are left out. Of very common beginnings the first ``LOOKED_AT`` matches are sorted by name.
    """
    wanted = sorted(words_of(query), key=len, reverse=True)
    if not wanted:
        return []
    business_id = current_scope().business_id
    if business_id is None:
        raise ValueError("A search needs the scope of one business.")
    also, params = "", [business_id, wanted[0], _end(wanted[0])]
    for word in wanted[1:]:
        also += (
            " AND EXISTS (SELECT 1 FROM contacts_contacttoken o WHERE o.business_id = t.business_id "
            "AND o.contact_id = t.contact_id AND o.token ~>=~ %s AND o.token ~<~ %s)"
        )
        params += [word, _end(word)]
    found = bulk.fetch(
        "SELECT DISTINCT contact_id FROM (SELECT t.contact_id FROM contacts_contacttoken t "
        f"WHERE t.business_id = %s AND t.token ~>=~ %s AND t.token ~<~ %s{also} LIMIT {LOOKED_AT}) AS first",
        params,
    )
    rows = Contact.objects.filter(pk__in=[pk for (pk,) in found], merged_into=None)
    return list(rows.order_by("name_key", "pk")[:limit])


def words_of(query):
    """What to look for: the digits of a number written in any way, or the words of a name."""
    query = query.strip()
    if _NUMBER.fullmatch(query) and (found := re.sub(r"\D", "", query)):
        return [found[:LENGTH]]
    return [word[:LENGTH] for word in fold(query).split()[:MAX_WORDS]]


def _end(prefix):
    return prefix + "\U0010ffff"


def index_contacts(pks):
    """Bring the words of these contacts up to date; unchanged ones aren't written again."""
    pks = sorted(pks)
    if not pks:
        return
    people = bulk.fetch(
        "SELECT id, business_id, name, profile_name, username FROM contacts_contact WHERE id = ANY(%s::bigint[])",
        [bulk.array(pks)],
    )
    names = bulk.fetch(
        "SELECT contact_id, kind, value FROM contacts_identity WHERE contact_id = ANY(%s::bigint[])",
        [bulk.array(pks)],
    )
    wanted = set()
    business_of = {}
    for pk, business_id, *texts in people:
        business_of[pk] = business_id
        for text in texts:
            wanted |= {(pk, word[:LENGTH]) for word in fold(text).split()[:MAX_WORDS]}
    for pk, kind, value in names:
        wanted |= {(pk, token[:LENGTH]) for token in _tokens_of_identity(kind, value)}
    present = set(
        bulk.fetch(
            "SELECT contact_id, token FROM contacts_contacttoken WHERE contact_id = ANY(%s::bigint[])",
            [bulk.array(pks)],
        )
    )
    stale, new = sorted(present - wanted), sorted(wanted - present)
    if stale:
        source, params = bulk.unnest(
            "s", contact_id=("bigint", [row[0] for row in stale]), token=("text", [row[1] for row in stale])
        )
        bulk.run(
            f"DELETE FROM contacts_contacttoken t USING {source} "
            "WHERE t.contact_id = s.contact_id AND t.token = s.token",
            params,
        )
    bulk.insert(
        ContactToken,
        {
            "business_id": [business_of[pk] for pk, _token in new],
            "contact_id": [pk for pk, _token in new],
            "token": [token for _pk, token in new],
        },
        order=["business_id", "token", "contact_id"],
    )


def _tokens_of_identity(kind, value):
    if kind in (IdentityKind.WA_ID, IdentityKind.PHONE):
        return {value, national_digits(value)}
    if kind == IdentityKind.ALIAS:
        return {value}
    return set(fold(value).split())


def national_digits(number):
    """The digits as dialled inside the country, or the same digits if they aren't a number that anyone knows."""
    if known := national_part(number):
        return known
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(f"+{number}"))
    except phonenumbers.NumberParseException:
        return number
