"""The history of numbers and accounts: one line for each change, whoever told it first (product row C7).

Changes of fields are noted where they are written (``services/numbers.py``), so a webhook and a poll that say the same
make one line. What only a webhook says has a key made of its own words and time. ``note`` tells open pages; what a
business has to know at once goes out by mail as well (``services/number_notices.py``).
"""

import hashlib
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from config.clock import now
from onboarding.models import NewsKind, NewsSource, NumberNews, PhoneNumber
from onboarding.services import number_notices
from tenants import live

FIELDS = {
    "quality_rating": NewsKind.QUALITY,
    "messaging_limit": NewsKind.LIMIT,
    "throughput": NewsKind.THROUGHPUT,
    "status": NewsKind.STATUS,
    "name_status": NewsKind.NAME,
    "is_official": NewsKind.BADGE,
}
"""Fields of ``PhoneNumber`` whose changes are history."""
ACCOUNT_FIELDS = {
    "status": NewsKind.ACCOUNT,
    "account_review": NewsKind.REVIEW,
    "business_verification": NewsKind.VERIFICATION,
    "messaging_limit": NewsKind.LIMIT,
}


def note(kind, what, *, waba=None, number=None, key, at=None, source=NewsSource.US, before="", until=None, details=""):
    """Write one line of history; returns it, or ``None`` when the same news is there already.

    Must be called inside a scope. ``key`` says which news it is; the same one twice is one line.
    """
    owner = number or waba
    if number is not None and waba is None:
        waba = number.waba
    try:
        with transaction.atomic():
            row = NumberNews.objects.create(
                business_id=owner.business_id,
                waba=waba,
                phone_number=number,
                kind=kind,
                what=str(what)[:100],
                before=str(before)[:100],
                at=at or now(),
                until=until,
                details=_clean(details)[:2000],
                source=source,
                key=key[:200],
            )
    except IntegrityError:
        return None
    if number is not None:
        live.emit("number", business_id=owner.business_id, number=str(number.reference))
    else:
        live.emit("account", business_id=owner.business_id, waba=str(waba.reference))
    number_notices.tell(row)
    return row


def number_changed(number, before, after, source, at=None):
    """Note the changed fields of a number; the first word of a field is history, too, but nothing to write about.

    ``at`` is when the provider says that they changed.
    """
    at = at or now()
    for field, kind in FIELDS.items():
        if field not in after or (field == "name_status" and not number.registered_at):
            continue  # the review before the activation has its own step on the timeline
        note(
            kind,
            after[field],
            number=number,
            before=before.get(field, ""),
            at=at,
            source=source,
            key=f"{kind}:{number.pk}:{after[field]}:{at.isoformat()}",
            details=number.display_name if field == "name_status" else "",
        )


def account_changed(waba, before, after, source, at=None):
    """Note the changed fields of an account; ``at`` is when the provider says that they changed."""
    at = at or now()
    for field, kind in ACCOUNT_FIELDS.items():
        if field in after and str(before.get(field, "")) != str(after[field]):
            note(
                kind,
                after[field],
                waba=waba,
                before=before.get(field, ""),
                at=at,
                source=source,
                key=f"{kind}:waba:{waba.pk}:{after[field]}:{at.isoformat()}",
            )


def moment_of(event):
    """When the provider says that something happened, or the present."""
    return datetime.fromtimestamp(event.at_ms / 1000, UTC) if event.at_ms else now()


def key_of(*parts):
    """A key for news that is what it says: the same words at the same time are the same news."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def limit_reached(number):
    """A message had to wait because the messaging limit is used up; once a day is enough."""
    day = now().astimezone(UTC).date()
    limit = number.messaging_limit or (number.waba.messaging_limit if number.waba_id else "")
    return note(
        NewsKind.LIMIT_REACHED, limit, waba=number.waba, number=number, key=f"limit_reached:{number.waba_id}:{day}"
    )


def of_number(number, limit=50):
    """The history of a number and of its account, newest first."""
    rows = NumberNews.objects.filter(phone_number=number)
    if number.waba_id:
        rows = rows | NumberNews.objects.filter(waba=number.waba_id, phone_number=None)
    return list(rows.order_by("-at", "-pk")[:limit])


def quality_over_time(number, days=90, at=None):
    """``[(from, word)]``: the quality at the beginning of the span and each change in it, oldest first."""
    at = at or now()
    start = at - timedelta(days=days)
    rows = list(NumberNews.objects.filter(phone_number=number, kind=NewsKind.QUALITY).order_by("at", "pk"))
    earlier = [row for row in rows if row.at <= start]
    inside = [row for row in rows if row.at > start]
    begins = max(start, number.registered_at or number.created_at)
    if earlier:
        first = earlier[-1].what
    else:
        first = inside[0].before if inside else number.quality_rating
    points = [(begins if not earlier else start, first or "not_rated")]
    return points + [(row.at, row.what) for row in inside]


def numbers_of(waba):
    """The numbers that news about an account is about."""
    return PhoneNumber.objects.filter(waba=waba)


def _clean(text):
    return str(text or "").replace("\x00", "\ufffd")
