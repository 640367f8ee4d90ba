"""What the consent pages read: people by name, with the line of the ledger that decides about each."""

from django.db.models import OuterRef, Q, Subquery

from contacts.models import ConsentEvent, Contact, Identity, IdentityKind
from contacts.services import search

PAGE = 50


def contact_page(query="", *, after=None):
    """People by name, one page: ``(rows, cursor or None)``; with ``query`` those that a search finds.

    Rows carry ``address``, ``consent_kind``, ``consent_source`` and ``consent_at``. ``after`` is ``(name_key, pk)``.
    """
    rows = Contact.objects.filter(merged_into=None)
    if query:
        rows = rows.filter(pk__in=[person.pk for person in search(query, limit=PAGE)])
    if after is not None:
        name_key, pk = after
        rows = rows.filter(name_key__gte=name_key).filter(Q(name_key__gt=name_key) | Q(pk__gt=pk))
    line = ConsentEvent.objects.filter(contact=OuterRef("pk"), scope="all").order_by("-occurred_at", "-kind", "-pk")
    address = Identity.objects.filter(
        contact=OuterRef("pk"), kind__in=[IdentityKind.WA_ID, IdentityKind.PHONE]
    ).order_by("pk")
    rows = rows.annotate(
        address=Subquery(address.values("value")[:1]),
        consent_kind=Subquery(line.values("kind")[:1]),
        consent_source=Subquery(line.values("source")[:1]),
        consent_at=Subquery(line.values("occurred_at")[:1]),
    )
    page = list(rows.order_by("name_key", "pk")[: PAGE + 1])
    last = page[PAGE - 1] if len(page) > PAGE else None
    return page[:PAGE], (last.name_key, last.pk) if last else None
