"""When a number may be called live: a real message came in on it, and our answer really left (product row C5)."""

from contactcenter.models import Conversation, Direction, Message, MessageStatus
from onboarding.models import PhoneNumber
from onboarding.services import steps

_LEFT = (MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.PLAYED)


def note(conversation_ids, number_ids):
    """See whether what was just heard of these conversations makes their numbers live; returns how many it made so.

    Costs one look at ``number_ids``, their numbers, while all of those are live already.
    """
    if not PhoneNumber.objects.filter(pk__in=number_ids, live_at=None).exists():
        return 0
    candidates = Conversation.objects.filter(pk__in=conversation_ids, phone_number__live_at=None)
    made = 0
    for conversation in candidates.select_related("phone_number").order_by("pk"):
        if conversation.phone_number.live_at is None and _was_answered(conversation):
            steps.note_round_trip(conversation.phone_number)
            made += 1
    return made


def _was_answered(conversation):
    messages = Message.objects.filter(conversation=conversation)
    first = messages.filter(direction=Direction.INBOUND).order_by("at", "id").values_list("at", flat=True).first()
    return first is not None and messages.filter(direction=Direction.OUTBOUND, at__gte=first, status__in=_LEFT).exists()
