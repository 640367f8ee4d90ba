"""A number is called live when a real message came in and our answer left, and not before."""

from datetime import timedelta

import pytest

from contactcenter.models import Conversation, Direction, MessageStatus
from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.models import OnboardingStep, PhoneNumber
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
            state = StepState.WAITING_FOR_META if kind == StepKind.ROUND_TRIP else StepState.DONE
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
    assert is_live(number) == (False, False)

    hear(meta.status("777", "wamid.out60", "sent", 61, wa_id=ROSA))

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
