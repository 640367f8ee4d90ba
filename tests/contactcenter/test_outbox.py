"""Leases that ended: what can't have left waits again, what may have left is unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.models import OutboxItem, OutboxState
from contactcenter.outbox_tasks import sweep_outbox
from contactcenter.tasks import sweep_outbox as registered
from tenants.models import LiveEvent
from tenants.tenancy import business_scope, every_business
from tests.contactcenter.sending import outbox_states, queue, status_of, thread

pytestmark = pytest.mark.django_db


def real(seconds):
    return datetime.now(UTC) + timedelta(seconds=seconds)


def leased(conversation, text, state, seconds, **fields):
    return queue(conversation, text, state=state, lease_until=real(seconds), claimed_by="dead:1", **fields)


def test_ended_leases_are_told_apart_by_the_attempt_mark(acme, hints_sent):
    conversation = thread(acme)
    claimed = leased(conversation, "claimed", OutboxState.CLAIMED, -1)
    attempted = leased(conversation, "attempted", OutboxState.ATTEMPTED, -1)
    alive = leased(conversation, "alive", OutboxState.ATTEMPTED, 60)

    assert sweep_outbox() == {"waiting": 1, "unknown": 1}

    assert outbox_states() == ["attempted", "unknown", "waiting"]
    assert (status_of(claimed), status_of(attempted), status_of(alive)) == ("queued", "unknown", "queued")
    assert ("bell", "outbox", "swept") in hints_sent
    with every_business():
        assert list(LiveEvent.objects.values_list("business", "type")) == [(acme.pk, "status")]
    assert sweep_outbox() == {"waiting": 0, "unknown": 0}


def test_an_attempt_that_a_status_has_settled_just_goes_away(acme):
    message = leased(thread(acme), "delivered", OutboxState.ATTEMPTED, -1)
    with business_scope(acme):
        message.status, message.rank = "delivered", 5
        message.save()

    sweep_outbox()

    assert outbox_states() == []
    assert status_of(message) == "delivered"


def test_an_unknown_outcome_stays_for_a_person_to_decide(acme):
    queue(thread(acme), "?", state=OutboxState.UNKNOWN)

    sweep_outbox()

    assert outbox_states() == ["unknown"]


def test_the_sweep_covers_all_businesses_and_is_registered(acme, globex):
    for business in (acme, globex):
        leased(thread(business), "x", OutboxState.CLAIMED, -1)

    assert registered() == {"waiting": 2, "unknown": 0}
    with every_business():
        assert OutboxItem.objects.filter(claimed_by="").count() == 2
