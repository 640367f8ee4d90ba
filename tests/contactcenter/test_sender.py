"""The sender at work: a real process, a real database, a provider on loopback."""

import pytest

from tenants.tenancy import every_business
from tests.contactcenter.fake_provider import FakeProvider
from tests.contactcenter.sending import outbox_states, queue, sender, status_of, thread, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider():
    fake = FakeProvider()
    yield fake
    fake.stop()


def test_what_waits_leaves_once_and_is_written_down_as_accepted(acme, provider):
    conversation = thread(acme)
    message = queue(conversation, "Hola")

    with sender(provider):
        assert until(lambda: status_of(message) == "accepted")

    with every_business():
        message.refresh_from_db()
        number = conversation.phone_number
    assert (message.rank, message.provider_id[:10]) == (2, "wamid.fake")
    assert message.accepted_at
    assert outbox_states() == []
    [heard] = provider.heard
    assert heard.number == number.phone_number_id
    assert heard.reference == str(message.reference)
    assert heard.token == "Bearer sandbox-token"
