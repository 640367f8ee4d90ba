"""Kill the sender anywhere: nothing is sent twice, nothing is lost, and what is unknown is settled by the echo."""

import signal
import time

import pytest

from contactcenter.models import Message
from contactcenter.outbox_tasks import sweep_outbox
from tenants.tenancy import every_business
from tests import builders
from tests.contactcenter.sending import (
    hear_status,
    outbox_states,
    queue,
    sender,
    start_sender,
    status_of,
    statuses,
    thread,
    until,
)

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGES = 8


def swept_until(condition, seconds=15.0):
    def look():
        sweep_outbox()
        return condition()

    return until(look, seconds, every=0.2)


@pytest.mark.parametrize(
    ("point", "may_be_unknown"),
    [
        ("sender.before_claim_commit", False),
        ("sender.after_claim", False),
        ("sender.before_mark", False),
        ("sender.after_mark", True),
        ("sender.after_send", True),
        ("sender.before_result_commit", True),
    ],
)
def test_a_sender_killed_at_any_point_sends_nothing_twice_and_loses_nothing(acme, provider, point, may_be_unknown):
    number = builders.phone_number(acme)
    messages = [queue(thread(acme, phone_number=number), f"m{n}") for n in range(MESSAGES)]

    killed = start_sender(provider, FAULTS="1", FAULT=f"{point}:kill")
    assert killed.wait(20) == -signal.SIGKILL
    with sender(provider):
        assert swept_until(lambda: statuses(messages) <= {"accepted", "unknown"})
        time.sleep(0.7)

    heard = {str(message.reference): provider.times(message.reference) for message in messages}
    assert max(heard.values()) == 1
    unknown = [message for message in messages if status_of(message) == "unknown"]
    assert bool(unknown) == may_be_unknown
    assert all(heard[str(message.reference)] for message in messages if message not in unknown)
    assert outbox_states() == ["unknown"] * len(unknown)

    for n, message in enumerate(unknown):
        if heard[str(message.reference)]:
            hear_status(f"wamid.echo{n}", message.reference, "delivered", phone_number_id=number.phone_number_id)
    settled = [message for message in unknown if heard[str(message.reference)]]
    assert bool(settled) == (point in {"sender.after_send", "sender.before_result_commit"})
    assert statuses(settled) <= {"delivered"}
    assert len(outbox_states()) == len(unknown) - len(settled)


def test_faults_are_ignored_unless_they_are_allowed(acme, provider):
    message = queue(thread(acme), "Hola")

    with sender(provider, FAULT="sender.after_mark:kill"):
        assert until(lambda: status_of(message) == "accepted")


def test_a_failing_commit_of_results_is_repeated(acme, provider):
    messages = [queue(thread(acme), f"m{n}") for n in range(3)]

    with sender(provider, FAULTS="1", FAULT="sender.before_result_commit:raise"):
        assert until(lambda: statuses(messages) == {"accepted"})

    assert sorted(provider.texts) == ["m0", "m1", "m2"]


def test_results_that_come_after_the_lease_ended_still_count(acme, provider):
    provider.delay = 1.5
    message = queue(thread(acme), "slow")

    with sender(provider, SENDER_LEASE_SECONDS=0.5):
        assert swept_until(lambda: status_of(message) == "unknown", 5)
        assert until(lambda: status_of(message) == "accepted", 5)

    with every_business():
        assert Message.objects.get(pk=message.pk).provider_id
    assert provider.times(message.reference) == 1
    assert outbox_states() == []
