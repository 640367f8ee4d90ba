"""Each safety by itself, below the code that leans on it: what holds when everything above it is wrong."""

import pytest
from django.db import IntegrityError, connection, transaction

from contactcenter.models import Direction, Message, OutboxItem
from contactcenter.sender.options import Options
from contactcenter.sender.store import Store, connection_parameters
from contactcenter.services import messages, outgoing
from contacts.models import Contact
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.sending import queue, thread


def test_the_database_itself_keeps_a_message_of_the_provider_once(acme):
    conversation = thread(acme)
    builders.message(conversation, "first", provider_id="wamid.one")

    with pytest.raises(IntegrityError), transaction.atomic():
        builders.message(conversation, "again", provider_id="wamid.one")


def test_a_message_waits_in_the_outbox_once(acme):
    conversation = thread(acme)
    message = queue(conversation, "Hello")

    with pytest.raises(IntegrityError), transaction.atomic(), business_scope(acme):
        OutboxItem.objects.create(business=acme, message=message, phone_number=conversation.phone_number)


def test_two_requests_at_once_under_one_key_are_one_message(acme, monkeypatch):
    """The second request looks for the first one before that has committed, so it finds nothing: the database does."""
    conversation = thread(acme)
    looked = []

    def look(*args):
        looked.append(args)
        return None if len(looked) <= 2 else real(*args)

    real = outgoing._first
    monkeypatch.setattr(outgoing, "_first", look)
    with business_scope(acme):
        first = messages.send_text(conversation, "Hello", idempotency_key="key")
        second = messages.send_text(conversation, "Hello", idempotency_key="key")

        assert first == second
        assert Message.objects.filter(direction=Direction.OUTBOUND).count() == 1
        assert OutboxItem.objects.count() == 1


def test_a_scoped_query_names_the_business_itself(acme, globex):
    """Under the policy alone a query would read the neighbours' index entries before it throws them away."""
    with business_scope(acme):
        where = str(Contact.objects.all().query).partition("WHERE")[2]

    assert f'"business_id" = {acme.pk}' in where


def test_postgresql_shows_no_row_when_the_manager_is_gone_round(acme, globex):
    builders.contact(globex)

    with business_scope(acme), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contacts_contact WHERE business_id = %s", [globex.pk])
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_a_number_that_one_sender_holds_is_not_taken_over(acme):
    number = builders.phone_number(acme)
    one, other = (Store(name, Options(), connection_parameters()) for name in ("one", "other"))
    try:
        assert one.take_over([number.pk])[0] == [number.pk]
        assert other.take_over([number.pk])[0] == []
        one.let_go([number.pk])
        assert other.take_over([number.pk])[0] == [number.pk]
    finally:
        one.close()
        other.close()
