"""What the sending figures send: people with open windows, messages in the outbox, and a provider that counts."""

import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, contextmanager
from datetime import timedelta

from config import hints
from config.clock import now
from tests.bench.ground import ROOT, stop
from tests.bench.measure import note

PROVIDER_SECONDS = 0.05


class Provider:
    """The counting provider as a process of its own."""

    def __init__(self, ground, seconds=PROVIDER_SECONDS):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.say_provider", str(seconds)],
            cwd=ROOT,
            env=ground.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.url = f"http://127.0.0.1:{int(self.process.stdout.readline())}"

    def told(self):
        """``(monotonic seconds of the first byte, reference)`` of each message since the last call."""
        with urllib.request.urlopen(f"{self.url}/told", timeout=10) as answer:
            return json.load(answer)

    @contextmanager
    def running(self):
        """Ends with the block."""
        try:
            yield self
        finally:
            stop(self.process)


def numbers(businesses, per_second, per_business=1):
    """Live numbers of new businesses, each with its own limit."""
    from tests import builders  # models need Django set up

    made = []
    for _ in range(businesses):
        business = builders.business("Bench")
        waba = builders.waba(business)
        made += [builders.phone_number(business, waba=waba, throughput=per_second) for _ in range(per_business)]
    return made


def people(number, count, prefix="5730"):
    """Conversations of a number with ``count`` new people whose windows are open."""
    from contactcenter.models import Conversation
    from contacts.models import Contact, Identity, IdentityKind
    from sessions_24h.models import CustomerServiceWindow
    from tenants.tenancy import every_business

    business, present = number.business_id, now()
    with every_business():
        persons = Contact.objects.bulk_create([Contact(business_id=business, name="Rosa") for _ in range(count)])
        Identity.objects.bulk_create(
            Identity(
                business_id=business, contact=person, kind=IdentityKind.WA_ID, value=f"{prefix}{person.pk % 10**8:08}"
            )
            for person in persons
        )
        threads = Conversation.objects.bulk_create(
            [Conversation(business_id=business, phone_number=number, contact=person) for person in persons]
        )
        CustomerServiceWindow.objects.bulk_create(
            CustomerServiceWindow(
                business_id=business,
                phone_number=number,
                contact=person,
                last_inbound_at=present,
                expires_at=present + timedelta(hours=24),
            )
            for person in persons
        )
    return threads


def messages(threads, *, template=None, source="agent"):
    """One queued message for each of these conversations, not yet in the outbox."""
    from contactcenter.models import Direction, Message, MessageStatus
    from tenants.tenancy import every_business

    words = "Hola, tu pedido ya está listo. Puedes pasar por él hoy hasta las siete."
    content = {"type": "text", "body": words, "preview_url": False}
    if template is not None:
        content = {"type": "template", "name": template.name, "language": "es", "components": []}
    with every_business():
        return Message.objects.bulk_create(
            [
                Message(
                    business_id=thread.business_id,
                    conversation=thread,
                    phone_number_id=thread.phone_number_id,
                    contact_id=thread.contact_id,
                    direction=Direction.OUTBOUND,
                    source=source,
                    kind="template" if template else "text",
                    text=words,
                    content=content,
                    template=template,
                    at=now(),
                    status=MessageStatus.QUEUED,
                )
                for thread in threads
            ],
            batch_size=1000,
        )


def put_out(rows, priority):
    """The messages into the outbox, in one transaction, and the bell; the moment of the commit."""
    return prepared(rows, priority)()


def prepared(rows, priority):
    """As ``put_out``, but the commit and the bell wait until what is returned is called."""
    from contactcenter.models import OutboxItem
    from contactcenter.sender import CHANNEL
    from tenants.tenancy import every_business

    present, scope = now(), ExitStack()
    scope.enter_context(every_business())
    OutboxItem.objects.bulk_create(
        [
            OutboxItem(
                business_id=row.business_id,
                message=row,
                phone_number_id=row.phone_number_id,
                priority=priority,
                not_before=present,
            )
            for row in rows
        ],
        batch_size=1000,
    )

    def go():
        scope.close()
        at = time.monotonic()
        for number in {row.phone_number_id for row in rows}:
            hints.publish(CHANNEL, str(number))
        return at

    return go


STILL_WAITING = "SELECT count(*) FROM contactcenter_outboxitem WHERE priority = 2"
"""How much of the campaign is in the outbox."""


def campaign_waits(cursor, number, wanted):
    """Have so many of the campaign's stored messages wait in the outbox, or none; the sender may be at work.

    ``cursor`` is a superuser's. Ends when the change has reached the sender.
    """
    from contactcenter.sender import CHANNEL

    cursor.execute("DELETE FROM contactcenter_outboxitem WHERE priority = 2 AND state = 'waiting'")
    wait_until(lambda: not count(cursor, STILL_WAITING))
    cursor.execute("VACUUM ANALYZE contactcenter_outboxitem")
    if not wanted:
        return
    cursor.execute(
        "INSERT INTO contactcenter_outboxitem (business_id, message_id, phone_number_id, priority, state, not_before, "
        "claimed_by, attempts, last_error, created_at) "
        "SELECT business_id, id, phone_number_id, 2, 'waiting', %s, '', 0, '', %s FROM contactcenter_message "
        "WHERE source = 'campaign' AND status = 'queued' ORDER BY id LIMIT %s",
        [now(), now(), wanted],
    )
    if cursor.rowcount != wanted:
        raise RuntimeError(f"Only {cursor.rowcount} of {wanted} messages can wait.")
    cursor.execute("ANALYZE contactcenter_outboxitem")
    hints.publish(CHANNEL, str(number.pk))
    wait_until(lambda: count(cursor, STILL_WAITING) < wanted - 40)


def wait_until(done, seconds=120.0, every=0.02):
    """Wait for ``done()``; raises when it takes too long."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise RuntimeError("It takes too long.")
        time.sleep(every)


def count(cursor, question, *parameters):
    """A single number."""
    cursor.execute(question, parameters)
    return cursor.fetchone()[0]


def check(rows, told, cursor):
    """Every message reached the provider once and is written down as accepted under a name of its own."""
    times = Counter(reference for _at, reference in told)
    asked = {str(row.reference) for row in rows}
    twice = sum(1 for reference in asked if times[reference] > 1)
    missing = sum(1 for reference in asked if not times[reference])
    accepted = count(
        cursor,
        "SELECT count(DISTINCT provider_id) FROM contactcenter_message WHERE id = ANY(%s) AND status = 'accepted'",
        [row.pk for row in rows],
    )
    if twice or missing or accepted != len(rows) or len(told) != len(rows):
        raise AssertionError(
            f"{twice} twice, {missing} missing, {len(rows) - accepted} without an answer, {len(told)} heard"
        )
    return twice, missing


def busiest_second(times):
    """The most departures in any second, however it is cut."""
    times = sorted(times)
    most, start = 0, 0
    for place, at in enumerate(times):
        while times[start] <= at - 1.0:
            start += 1
        most = max(most, place - start + 1)
    return most


@contextmanager
def running(ground, name, command, provider, **more):
    """A process that sends to ``provider``; ends with the block."""
    with ground.running(name, command, WHATSAPP_GRAPH_URL=provider.url, **more) as process:
        time.sleep(0.5)
        if process.poll() is not None:
            note((ground.data / f"{name}.log").read_text())
            raise RuntimeError(f"{name} doesn't run.")
        yield process
