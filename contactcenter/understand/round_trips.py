"""The round trip that makes a number live (product row C5): its word comes in, an answer leaves, it is delivered.

What it means is decided below, in ``onboarding.services.round_trips``; here messages are found and written.
"""

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _

from contactcenter import gate
from contactcenter.models import Conversation, Direction, Message, MessageSource, MessageStatus
from contactcenter.services import messages
from onboarding.models import PhoneNumber, RoundTrip
from onboarding.services import round_trips
from tenants.tenancy import acting_for, every_business

_ARRIVED = (MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.PLAYED)


def note_messages(rows):
    """For stored inbound messages: answer those that carry the word of a test. Most can't and cost nothing."""
    arrivals, of = [], []
    for row in rows:
        if row.kind == "text":
            for word in round_trips.words_in(row.text):
                arrivals.append((row.number_id, word, row.provider_id, row.at))
                of.append(row)
    for trip, place in round_trips.heard(arrivals):
        _answer(trip, of[place].place)


def _answer(trip, place):
    number_id, contact_id = place
    conversation = Conversation.objects.select_related("phone_number__waba", "contact", "business").get(
        phone_number_id=number_id, contact_id=contact_id
    )
    business = conversation.business
    with translation.override(business.language or None):
        text = _("The test message arrived. %(name)s can be reached on WhatsApp; this is the answer.") % {
            "name": business.name
        }
    try:
        said = messages.send_text(
            conversation, text, source=MessageSource.BOT, idempotency_key=f"round-trip:{trip.reference}"
        )
    except gate.NotAllowed as exc:
        with translation.override(business.language or None):
            round_trips.could_not_answer(trip, str(exc.answer.text))
    except ValidationError as exc:
        round_trips.could_not_answer(trip, " ".join(exc.messages))
    else:
        round_trips.answered(trip, reference=said.reference, at=said.at)


def note(conversation_ids, number_ids):
    """See whether what was just heard of these conversations closes a round trip; returns how many became live.

    Costs one look at ``number_ids``, their numbers, while all of those are live already and none is being tested.
    """
    tested = RoundTrip.objects.filter(phone_number=OuterRef("pk"), state__in=RoundTrip.UNDER_WAY)
    wanted = PhoneNumber.objects.filter(Q(live_at=None) | Exists(tested), pk__in=number_ids)
    numbers = {number.pk: number for number in wanted.select_related("business")}
    if not numbers:
        return 0
    made = 0
    for trip in RoundTrip.objects.filter(phone_number__in=numbers, state=RoundTrip.State.ANSWERED).order_by("pk"):
        trip.phone_number = numbers[trip.phone_number_id]
        answer = Message.objects.filter(conversation_id__in=conversation_ids, reference=trip.answer).first()
        if answer is not None:
            was_live = trip.phone_number.live_at is not None
            made += _progress(trip, answer) and not was_live
    return made + _ordinary(conversation_ids, [pk for pk, number in numbers.items() if number.live_at is None])


def catch_up(limit=50):
    """Look at the answers that are under way: what the sender gave up is told by no webhook. Returns how many ended."""
    with every_business():
        pks = list(RoundTrip.objects.filter(state=RoundTrip.State.ANSWERED).values_list("pk", flat=True)[:limit])
    ended = 0
    for pk in pks:
        with acting_for(RoundTrip, pk) as trip:
            answer = Message.objects.filter(reference=trip.answer).first()
            if answer is not None:
                _progress(trip, answer)
            ended += trip.state not in RoundTrip.UNDER_WAY
    return ended


def _progress(trip, answer):
    arrived = answer.status in _ARRIVED
    failed = answer.status == MessageStatus.FAILED
    return round_trips.progressed(
        trip,
        sent_at=answer.sent_at,
        delivered_at=(answer.delivered_at or answer.read_at or answer.played_at) if arrived else None,
        failed_at=(answer.failed_at or answer.at) if failed else None,
        code=answer.error_code,
        details=answer.error_details,
    )


def _ordinary(conversation_ids, number_ids):
    """Conversations of customers whose answer arrived make their numbers live, too."""
    made = 0
    candidates = Conversation.objects.filter(
        pk__in=conversation_ids, phone_number__in=number_ids, phone_number__live_at=None
    )
    for conversation in candidates.select_related("phone_number").order_by("pk"):
        number = conversation.phone_number
        if PhoneNumber.objects.filter(pk=number.pk, live_at=None).exists() and (found := _answered(conversation)):
            first, answer = found
            round_trips.from_conversation(
                number,
                received_at=first,
                answered_at=answer.at,
                sent_at=answer.sent_at,
                delivered_at=answer.delivered_at or answer.read_at or answer.played_at or answer.at,
            )
            made += 1
    return made


def _answered(conversation):
    """When the person's first message came, and the first answer to it that arrived; or None."""
    messages_of = Message.objects.filter(conversation=conversation)
    first = messages_of.filter(direction=Direction.INBOUND).order_by("at", "id").values_list("at", flat=True).first()
    if first is None:
        return None
    answers = messages_of.filter(direction=Direction.OUTBOUND, at__gte=first, status__in=_ARRIVED)
    answer = answers.order_by("at", "id").first()
    return (first, answer) if answer else None
