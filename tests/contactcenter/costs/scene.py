"""What the tests of costs share: messages that were sent, counting, and the rows that came of it."""

from datetime import UTC, datetime
from decimal import Decimal

from config.clock import now
from contactcenter.costs import usage
from contactcenter.models import Budget, Direction, Message, MessageStatus, UsageBook, UsageDay
from contacts.models import Identity, IdentityKind
from tenants.tenancy import business_scope, every_business
from tests import builders

COLOMBIA_MARKETING, COLOMBIA_UTILITY = Decimal("0.0125"), Decimal("0.0008")
"""The card of 1 October 2026."""


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def thread(business, digits="573001112233", number=None):
    """A conversation with somebody of this number; without digits only a user ID is known."""
    person = builders.contact(business, "Rosa", wa_id=digits or None)
    if not digits:
        with business_scope(business):
            Identity.objects.filter(contact=person).update(kind=IdentityKind.BSUID, value="CO.abc")
    return builders.conversation(business, contact=person, phone_number=number)


def sent(conversation, status=MessageStatus.DELIVERED, *, told="", category="", at=None, **fields):
    """A message of ours that came so far, with what Meta said about its price."""
    status, at = MessageStatus(status), at or now()
    if status.rank >= MessageStatus.DELIVERED.rank:
        fields.setdefault("delivered_at", at)
    return builders.message(
        conversation,
        "Hello",
        Direction.OUTBOUND,
        status=status,
        rank=status.rank,
        pricing_type=told,
        pricing_category=category,
        at=at,
        **fields,
    )


def counted(business, *messages):
    """Count the days of these messages (or all that there is news of) and return the business's rows."""
    with every_business():
        usage.note((one.business_id, one.at) for one in messages)
        UsageBook.objects.update(due_at=utc(2020, 1, 1))
    usage.count_business(business.pk)
    return rows_of(business)


def rows_of(business):
    with business_scope(business):
        return list(UsageDay.objects.order_by("day", "category", "country", "pricing_type"))


def budget(business, amount, **fields):
    with business_scope(business):
        return Budget.objects.create(business=business, amount=Decimal(amount), **fields)


def change(message, **fields):
    with every_business():
        Message.objects.filter(pk=message.pk).update(**fields)
