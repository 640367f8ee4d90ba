"""Who is meant: from the names that events give people to contacts, for whole batches at once.

A contact is the union of the names that any event ever gave it (WhatsApp docs "Business-scoped user IDs", June 2026:
the user ID first, the telephone number second and perhaps missing). When an event proves two contacts to be one, the
older one stays. So the result is the same whatever the order of events, and repeats add nothing.

Two user IDs on one number are one contact. A user ID is made per person and business portfolio, so the same person has
one for each portfolio that a business works with. The price: when a carrier gives a number to somebody new, the thread
goes on. Which of the two wrote would depend on the order of events wherever a message names the number alone; a change
that Meta tells (``user_changed_number``) is linked and never guessed.
"""

import uuid
from dataclasses import dataclass

from django.db import transaction

from config import bulk
from contacts import numbers
from contacts.models import Contact, Identity, IdentityKind
from contacts.names import fold
from contacts.services import merging, tokens

NUMBERS = (IdentityKind.WA_ID, IdentityKind.PHONE, IdentityKind.ALIAS)
MAX_TRIES = 8


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody goes by all of these ``names``, pairs of (``IdentityKind``, value).

    With ``make`` a contact is made for somebody unknown, otherwise the answer is ``None``. Such a contact is called
    ``called``; whoever is there already keeps the name.
    """

    business_id: int
    names: frozenset
    make: bool = True
    called: str = ""


def names(*, wa_id=None, bsuid=None, parent_bsuid=None, phone=None):
    """The names for a ``Claim`` out of what an event or a person told; empty ones are left out."""
    pairs = (
        (IdentityKind.WA_ID.value, wa_id),
        (IdentityKind.BSUID.value, bsuid),
        (IdentityKind.PARENT_BSUID.value, parent_bsuid),
        (IdentityKind.PHONE.value, numbers.digits(phone) if phone else None),
    )
    return frozenset((kind, value) for kind, value in pairs if value)


def resolve(claims, *, unindexed=None):
    """The primary keys of the contacts that the claims are about, in their order.

    Who got names goes into the set ``unindexed``, if one is given, and the caller has their words indexed.
    Makes contacts, adds names and merges as needed. Until the end of the transaction no other one merges contacts of
    these businesses, so what is written for a contact afterwards can't go to one that just disappeared.
    """
    if not claims:
        return []
    businesses, alone = sorted({claim.business_id for claim in claims}), set()
    for _ in range(MAX_TRIES):
        try:
            with transaction.atomic():
                merging.lock(businesses, alone)
                return _resolve(claims, alone, unindexed)
        except _MustMerge as must:  # the savepoint's rollback gave the shared locks back
            alone |= must.businesses
        except _SomeoneWasFaster:
            continue
    raise RuntimeError("Contacts of this batch kept changing under our hands.")


def _resolve(claims, alone, unindexed):
    """Most claims tell nothing new: they are answered by one look, and only the others are worked out."""
    known = _exactly(claims)
    answers, others = [], []
    for place, claim in enumerate(claims):
        found = {known.get((claim.business_id, *name)) for name in claim.names}
        contact = found.pop() if len(found) == 1 else None
        answers.append(contact)
        if contact is None:
            others.append(place)
    if not others:
        return answers
    resolution = _Resolution([claims[place] for place in others], alone, unindexed)
    worked_out = dict(zip(others, resolution.answer(), strict=True))
    merged_into = resolution.merged_into
    return [worked_out[n] if n in worked_out else merged_into.get(pk, pk) for n, pk in enumerate(answers)]


def _exactly(claims):
    """The contacts that go by exactly these names: (business, kind, value) to contact."""
    rows = sorted({(claim.business_id, *name) for claim in claims for name in claim.names})
    if not rows:
        return {}
    businesses, kinds, values = zip(*rows, strict=True)
    source, params = bulk.unnest("k", business_id=("bigint", businesses), kind=("text", kinds), value=("text", values))
    # A name never stays with somebody who was merged into another, so the contact itself needs no look.
    found = bulk.fetch(
        "SELECT i.business_id, i.kind, i.value, i.contact_id "
        f"FROM {source} JOIN contacts_identity i USING (business_id, kind, value)",
        params,
    )
    return {(business, kind, value): contact for business, kind, value, contact in found}


class _MustMerge(Exception):
    def __init__(self, businesses):
        self.businesses = businesses


class _SomeoneWasFaster(Exception):
    """Another transaction has just added one of these names."""


class _Resolution:
    def __init__(self, claims, alone, unindexed):
        self.claims, self.alone, self.unindexed = claims, alone, unindexed
        self.parent = {}
        self.merged_into = {}
        """Contacts that were merged by this, with the one that stays."""

    def answer(self):
        nodes = self._read_claims()
        known = self._find()
        groups = self._groups(known)
        self._merge(groups)
        contact_of = self._make(groups)
        self._add_names(known, contact_of)
        return [contact_of.get(self._root(node)) for node in nodes]

    def _read_claims(self):
        """Join the names of each claim; answer one node per claim."""
        nodes = []
        for claim in self.claims:
            first = None
            for kind, value in claim.names:
                node = self._node(claim.business_id, kind, value)
                self.parent.setdefault(node, node)
                if first is None:
                    first = node
                else:
                    self._join(first, node)
            nodes.append(first)
        return nodes

    @staticmethod
    def _node(business_id, kind, value):
        """The thing that two names share when they name the same person."""
        if kind in NUMBERS:
            return business_id, "number", numbers.plain_form(value)
        return business_id, kind, value

    def _root(self, node):
        path = []
        while node is not None and self.parent[node] != node:
            path.append(node)
            node = self.parent[node]
        for passed in path:
            self.parent[passed] = node
        return node

    def _join(self, a, b):
        self.parent[self._root(a)] = self._root(b)

    def _find(self):
        """The names in the database that match: (business, kind, value) to contact."""
        keys = set()
        for business_id, kind, value in self.parent:
            if kind == "number":
                for form in numbers.forms(value):
                    keys |= {(business_id, one.value, form) for one in NUMBERS}
            else:
                keys.add((business_id, str(kind), value))
        rows = sorted(keys)
        source, params = bulk.unnest(
            "k",
            business_id=("bigint", [row[0] for row in rows]),
            kind=("text", [row[1] for row in rows]),
            value=("text", [row[2] for row in rows]),
        )
        found = bulk.fetch(
            f"SELECT i.business_id, i.kind, i.value, i.contact_id, c.merged_into_id FROM {source} "
            "JOIN contacts_identity i USING (business_id, kind, value) "
            "JOIN contacts_contact c ON c.id = i.contact_id",
            params,
        )
        return {(b, kind, value): _survivor(contact, into) for b, kind, value, contact, into in found}

    def _groups(self, known):
        """Per person: the contacts that exist for them."""
        groups = {self._root(node): set() for node in self.parent}
        contact_node = {}
        for (business_id, kind, value), contact in known.items():
            node = self._node(business_id, kind, value)
            if contact in contact_node:
                self._join(node, contact_node[contact])
            contact_node[contact] = node
        groups = {self._root(node): set() for node in self.parent}
        for contact, node in contact_node.items():
            groups[self._root(node)].add(contact)
        return groups

    def _merge(self, groups):
        doubles = {root: contacts for root, contacts in groups.items() if len(contacts) > 1}
        missing = {root[0] for root in doubles} - self.alone
        if missing:
            raise _MustMerge(missing)
        for root in sorted(doubles, key=lambda root: min(doubles[root])):
            survivor, *losers = sorted(doubles[root])
            for loser in losers:
                merging.merge(business_id=root[0], survivor_id=survivor, loser_id=loser)
                self.merged_into[loser] = survivor
            groups[root] = {survivor}

    def _make(self, groups):
        """The contact of each group, new ones included."""
        wanted = {self._root(self._node(c.business_id, *name)) for c in self.claims if c.make for name in c.names}
        contact_of = {root: next(iter(contacts)) for root, contacts in groups.items() if contacts}
        new = sorted(root for root in wanted if root not in contact_of)
        if new:
            references = [uuid.uuid4() for _ in new]
            made = bulk.insert(
                Contact,
                {"business_id": [root[0] for root in new], "reference": references} | self._called(new),
                order=["business_id", "reference"],
                returning=["reference", "id"],
            )
            pk_of = dict(made)
            contact_of |= {root: pk_of[ref] for root, ref in zip(new, references, strict=True)}
        return contact_of

    def _called(self, new):
        """The columns of names, where somebody knows any."""
        called = {}
        for claim in self.claims:
            if claim.called and claim.names:
                root = self._root(self._node(claim.business_id, *next(iter(claim.names))))
                called.setdefault(root, claim.called[:256])
        if not called:
            return {}
        names = [called.get(root, "") for root in new]
        return {"name": names, "name_key": [fold(name)[:256] for name in names], "named_by_us": list(map(bool, names))}

    def _add_names(self, known, contact_of):
        rows = {}
        for claim in self.claims:
            for kind, value in claim.names:
                node = self._node(claim.business_id, kind, value)
                contact = contact_of.get(self._root(node))
                if contact is None:
                    continue
                rows[claim.business_id, str(kind), value] = contact
                if node[1] == "number" and numbers.other_form(value):
                    rows[claim.business_id, IdentityKind.ALIAS.value, node[2]] = contact
        missing = sorted(key for key in rows if key not in known)
        if not missing:
            return
        written = bulk.insert(
            Identity,
            {
                "business_id": [key[0] for key in missing],
                "kind": [key[1] for key in missing],
                "value": [key[2] for key in missing],
                "contact_id": [rows[key] for key in missing],
            },
            order=["business_id", "kind", "value"],
            returning=["contact_id"],
        )
        if len(written) < len(missing):
            raise _SomeoneWasFaster
        named = {contact for (contact,) in written}
        if self.unindexed is None:
            tokens.index_contacts(named)
        else:
            self.unindexed |= named


def _survivor(contact, merged_into):
    """The contact that took over, through any number of merges."""
    while merged_into is not None:
        contact = merged_into
        [(merged_into,)] = bulk.fetch("SELECT merged_into_id FROM contacts_contact WHERE id = %s", [contact])
    return contact
