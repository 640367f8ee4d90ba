"""Two workers at once, committed: they wait for each other, never deadlock, and lose nothing."""

import json
import random
import threading
from datetime import timedelta

import pytest
from django.db import connection

from contactcenter.models import Conversation, Message
from contacts.models import Contact
from providers.webhooks.parser import parse_delivery
from providers.webhooks.subscribers import Heard
from tenants.tenancy import every_business
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN, digest, empty

pytestmark = pytest.mark.django_db(transaction=True)

RECEIVED = BEGIN + timedelta(days=2)


def batches(events, seed, size):
    shuffled = events[:]
    random.Random(seed).shuffle(shuffled)
    heard = [
        Heard(event, RECEIVED, place)
        for place, delivery in enumerate(shuffled)
        for event in parse_delivery(json.dumps(delivery).encode())
    ]
    return [heard[place : place + size] for place in range(0, len(heard), size)]


def at_once(*works):
    """Run the works in threads that start together; raises what any of them raised."""
    barrier, failures = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait()
        try:
            for batch in work:
                digest(batch)
        except Exception as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.fixture
def world(acme):
    return [
        builders.phone_number(acme, phone_number_id="777", pk=1001),
        builders.phone_number(acme, phone_number_id="778", pk=1002),
    ]


def test_workers_with_overlapping_batches_agree_with_one_worker_alone(world):
    events = []
    for n in range(240):
        number, person = ("777", "778")[n % 2], n % 12
        events.append(meta.inbound(number, f"wamid.{n}", n, f"text {n}", wa_id=f"5730000000{person:02}"))
        events.append(meta.echo(number, f"wamid.e{n}", n + 5, wa_id=f"5730000000{(person + 5) % 12:02}"))
        events.append(meta.status(number, f"wamid.e{n}", ("sent", "delivered", "read")[n % 3], n + 9))
        events.append(meta.reaction(number, f"wamid.r{n}", n, f"wamid.e{n % 40}", "👍", wa_id=f"5730000000{person:02}"))
    at_once(batches(events, 1, 40), batches(events, 2, 40), batches(events, 3, 25))
    together = meta.tables()

    empty()
    for batch in batches(events, 4, 60):
        digest(batch)

    assert meta.tables() == together


def test_workers_may_find_out_at_the_same_time_that_two_people_are_one(world):
    events = []
    for person in range(20):
        number, user = f"5730000000{person:02}", f"CO.{person}"
        events += [
            meta.inbound("777", f"wamid.a{person}", 1, wa_id=number),
            meta.inbound("778", f"wamid.b{person}", 2, bsuid=user),
            meta.inbound("777", f"wamid.c{person}", 3, wa_id=number, bsuid=user),
            meta.inbound("778", f"wamid.d{person}", 4, wa_id=number, bsuid=user),
        ]
    at_once(batches(events, 1, 7), batches(events, 2, 7))

    with every_business():
        assert Contact.objects.filter(merged_into=None).count() == 20
        assert Conversation.objects.count() == 40
        assert Message.objects.count() == 80
        assert not Message.objects.exclude(contact__merged_into=None).exists()


def test_twenty_pictures_of_somebody_new_at_once_make_one_contact_and_one_conversation(world):
    works = [
        batches([meta.inbound("777", f"wamid.{n}", n, wa_id="573001112233", type="image", image={"id": f"m{n}"})], 0, 1)
        for n in range(20)
    ]
    at_once(*works)

    with every_business():
        assert Contact.objects.count() == Conversation.objects.count() == 1
        assert Conversation.objects.get().unread_count == Message.objects.count() == 20
