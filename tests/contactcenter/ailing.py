"""What the tests of health share: an installation where something waits, broke or rests."""

from datetime import UTC, datetime, timedelta

from config.clock import now
from contactcenter.models import OutboxState, SenderLane
from providers.models import DeadLetter
from tenants.tenancy import every_business
from tests.contactcenter.sending import queue
from tests.providers.hearing import delivery


def letter(n=1, kind="ValueError", number="200"):
    return DeadLetter.objects.create(
        delivery_id=n, received_at=now(), body=delivery(f"text {n}"), error="boom", kind=kind, number=number
    )


def unknown_send(conversation, minutes_ago=1):
    queue(conversation, "Hello", state=OutboxState.UNKNOWN, attempted_at=now() - timedelta(minutes=minutes_ago))


def lane(conversation, **fields):
    with every_business():
        return SenderLane.objects.create(
            **{
                "business": conversation.business,
                "phone_number": conversation.phone_number,
                "sender": "me",
                "allowed_per_second": 80,
                "limit_per_second": 80,
                "left_per_second": 12.5,
                "claimed": 3,
                "in_flight": 2,
                "seen_at": datetime.now(UTC),
            }
            | fields
        )
