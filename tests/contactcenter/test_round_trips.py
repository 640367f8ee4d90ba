"""A number is called live when a real message came in and our answer arrived, and not before."""

from datetime import timedelta

import pytest

from config.clock import now
from contactcenter.models import Conversation, Direction, Message, MessageSource, MessageStatus, OutboxItem
from contactcenter.understand.round_trips import catch_up
from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.exceptions import NotPossible
from onboarding.models import CheckKind, CheckState, OnboardingStep, PhoneNumber, RoundTrip
from onboarding.services import channel_words, round_trips
from providers.models import Incident
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN, hear

ROSA = "573001112233"


@pytest.fixture
def application(acme):
    return builders.application(acme, status=ApplicationStatus.APPROVED)


@pytest.fixture
def number(acme, application):
    number = builders.phone_number(acme, phone_number_id="777", live_at=None, application=application)
    with business_scope(acme):
        for kind in StepKind:
            state = StepState.WAITING_FOR_BUSINESS if kind == StepKind.ROUND_TRIP else StepState.DONE
            OnboardingStep.objects.create(business=acme, application=application, kind=kind, state=state)
    return number


def is_live(number):
    with every_business():
        number = PhoneNumber.objects.select_related("application").get(pk=number.pk)
        return number.live_at is not None, number.application.status == ApplicationStatus.LIVE


def answer(seconds):
    with every_business():
        conversation = Conversation.objects.get()
        builders.message(
            conversation, "Hola", Direction.OUTBOUND, provider_id=f"wamid.out{seconds}",
            at=BEGIN + timedelta(seconds=seconds),
            status=MessageStatus.ACCEPTED, rank=MessageStatus.ACCEPTED.rank,
        )  # fmt: skip


def test_a_message_received_and_answered_makes_the_number_and_its_application_live(number):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA, name="Rosa"))
    answer(60)
    hear(meta.status("777", "wamid.out60", "sent", 61, wa_id=ROSA))
    assert is_live(number) == (False, False)

    hear(meta.status("777", "wamid.out60", "delivered", 62, wa_id=ROSA))

    assert is_live(number) == (True, True)
    with every_business():
        trip = RoundTrip.objects.get()
        assert (trip.word, trip.state) == ("", RoundTrip.State.DONE)
        assert trip.received_at < trip.answered_at < trip.delivered_at


def test_an_answer_that_was_read_has_arrived(number):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA, name="Rosa"))
    answer(60)

    hear(meta.status("777", "wamid.out60", "read", 70, wa_id=ROSA))

    assert is_live(number) == (True, True)


def test_a_failed_answer_is_no_answer(number):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA, name="Rosa"))
    answer(60)

    hear(meta.status("777", "wamid.out60", "failed", 61, wa_id=ROSA, errors=[{"code": 131026, "title": "No"}]))

    assert is_live(number) == (False, False)


def test_writing_first_is_no_answer(number):
    hear(meta.inbound("777", "wamid.1", 100, wa_id=ROSA, name="Rosa"))
    answer(60)

    hear(meta.status("777", "wamid.out60", "delivered", 101, wa_id=ROSA))

    assert is_live(number) == (False, False)


# The test with a word


@pytest.fixture
def trip(number, olga):
    with business_scope(number.business):
        return round_trips.start(number, actor=olga)


def read(trip):
    with every_business():
        return RoundTrip.objects.get(pk=trip.pk)


def item(number):
    with every_business():
        return number.channel.items.get(kind=CheckKind.ROUND_TRIP)


def send_word(text, provider_id="wamid.1", number_id="777", wa_id=ROSA):
    at = int((now() - BEGIN).total_seconds())
    hear(meta.inbound(number_id, provider_id, at, text, wa_id=wa_id, name="Rosa"), received_at=now())
    return at


def answer_of(trip):
    with every_business():
        return Message.objects.get(reference=read(trip).answer)


@pytest.mark.parametrize("say", ["{}", "{}.", "  {} ", "Hola, la palabra es {}", "({})"])
def test_the_word_is_answered_through_the_outbox_and_its_delivery_makes_the_number_live(number, trip, say):
    at = send_word(say.format(trip.word.lower() if "Hola" in say else trip.word))

    answer = answer_of(trip)
    assert (answer.source, answer.status) == (MessageSource.BOT, MessageStatus.QUEUED)
    with every_business():
        assert OutboxItem.objects.filter(message=answer).exists()
    assert read(trip).state == RoundTrip.State.ANSWERED
    assert item(number).state == CheckState.CHECKING
    assert is_live(number) == (False, False)

    hear(
        meta.status("777", "wamid.out", "sent", at + 1, wa_id=ROSA, reference=str(answer.reference)), received_at=now()
    )
    assert read(trip).sent_at is not None
    assert is_live(number) == (False, False)

    hear(
        meta.status("777", "wamid.out", "delivered", at + 2, wa_id=ROSA, reference=str(answer.reference)),
        received_at=now(),
    )

    done = read(trip)
    assert done.state == RoundTrip.State.DONE
    assert done.received_at < done.answered_at
    assert done.sent_at < done.delivered_at
    assert item(number).state == CheckState.PASSED
    assert is_live(number) == (True, True)


def test_a_word_counts_once_whatever_comes_twice(number, trip):
    send_word(trip.word)
    send_word(trip.word)
    send_word(trip.word, "wamid.2", wa_id="573009998877")

    with every_business():
        assert Message.objects.filter(direction=Direction.OUTBOUND).count() == 1


@pytest.mark.parametrize("change", ["another word", "late", "other number", "long text"])
def test_what_is_not_the_word_is_not_answered(number, trip, globex, change):
    text = trip.word
    if change == "another word":
        text = trip.word[:4] + ("2" if trip.word[4] != "2" else "3")
    elif change == "late":
        with every_business():
            RoundTrip.objects.update(expires_at=now() - timedelta(minutes=1))
    elif change == "long text":
        text = trip.word + " y algo más" * 10
    if change == "other number":
        builders.phone_number(globex, phone_number_id="888")
    send_word(text, number_id="888" if change == "other number" else "777")

    with every_business():
        assert not Message.objects.filter(direction=Direction.OUTBOUND).exists()
        assert RoundTrip.objects.get(pk=trip.pk).state == RoundTrip.State.OPEN


def test_what_the_gate_forbids_is_said_at_the_item(number, trip):
    with every_business():
        number.waba.restrictions = [{"type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expires_at_ms": None}]
        number.waba.save()

    send_word(trip.word)

    found = item(number)
    assert (found.state, found.error) == (CheckState.FAILED, "trip_no_answer")
    assert found.details in channel_words.for_business(found).sentence
    assert read(trip).state == RoundTrip.State.FAILED


def test_an_answer_that_meta_could_not_deliver_fails_the_test_with_its_code(number, trip):
    at = send_word(trip.word)
    reference = str(answer_of(trip).reference)

    hear(
        meta.status("777", "wamid.out", "failed", at + 1, reference=reference, errors=[{"code": 131026, "title": "x"}])
    )

    found = item(number)
    assert (found.state, found.error, found.error_code) == (CheckState.FAILED, "trip_failed", 131026)
    assert is_live(number) == (False, False)


def test_an_answer_that_the_sender_gave_up_is_found_without_a_webhook(number, trip):
    send_word(trip.word)
    with every_business():
        Message.objects.filter(direction=Direction.OUTBOUND).update(
            status=MessageStatus.FAILED, rank=MessageStatus.FAILED.rank, failed_at=now(), error_code=131047
        )

    assert catch_up() == 1

    assert item(number).error == "trip_failed"


def test_a_word_that_nobody_sends_and_an_answer_of_which_nothing_is_heard_end_by_themselves(number, trip, olga):
    with every_business():
        RoundTrip.objects.update(expires_at=now() - timedelta(minutes=1))
    assert round_trips.give_up_late() == 1
    assert (read(trip).state, item(number).error) == (RoundTrip.State.EXPIRED, "trip_unused")

    with business_scope(number.business):
        second = round_trips.start(number, actor=olga)
    send_word(second.word)
    with every_business():
        RoundTrip.objects.filter(pk=second.pk).update(heard_at=now() - timedelta(hours=1))
    assert round_trips.give_up_late() == 1
    assert (read(second).state, item(number).error) == (RoundTrip.State.FAILED, "trip_silent")


def test_a_new_test_takes_the_place_of_the_one_under_way(number, trip, olga):
    with business_scope(number.business):
        second = round_trips.start(number, actor=olga)

    send_word(trip.word)
    assert read(second).state == RoundTrip.State.OPEN

    send_word(second.word, "wamid.2")
    assert read(second).state == RoundTrip.State.ANSWERED


def test_a_live_number_stays_live_when_a_later_test_fails(number, trip, olga):
    at = send_word(trip.word)
    reference = str(answer_of(trip).reference)
    hear(meta.status("777", "wamid.out", "delivered", at + 2, wa_id=ROSA, reference=reference), received_at=now())
    since = is_live(number)
    with business_scope(number.business):
        number.refresh_from_db()
        again = round_trips.start(number, actor=olga)
    at = send_word(again.word, "wamid.2")
    reference = str(answer_of(again).reference)

    hear(
        meta.status("777", "wamid.out2", "failed", at + 1, reference=reference, errors=[{"code": 131026, "title": "x"}])
    )

    assert is_live(number) == since == (True, True)
    assert item(number).state == CheckState.FAILED
    assert Incident.objects.filter(key=f"channel:{number.pk}:round_trip", closed_at=None).exists()


def test_only_a_registered_number_can_be_tested(acme, olga):
    number = builders.phone_number(acme, registered_at=None, live_at=None)

    with business_scope(acme), pytest.raises(NotPossible):
        round_trips.start(number, actor=olga)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("KMT47", ["KMT47"]), ("kmt47", ["KMT47"]), ("Hola KMT47!", ["KMT47"]), ("KMT471", []), ("xKMT47", []),
        ("KM47", []), ("hola 12345", []), ("KOT47", []), ("KMT01", []), ("", []),
    ],
)  # fmt: skip
def test_words_are_found_in_messages(text, words):
    assert round_trips.words_in(text) == words
