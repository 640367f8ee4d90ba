"""What the clock and polls decide: windows that close in the same minute, and templates of many accounts."""

import os
import sys
import time
import urllib.request
from datetime import timedelta

import orjson

from config.clock import now
from tests.bench import world
from tests.bench.measure import emit, figure, metered, note, paired
from tests.journeys.stack import free_ports

SMALL, NUMBERS = 10_000, 100

_BUILD = """
SET LOCAL session_replication_role = replica;
CREATE TEMPORARY TABLE person ON COMMIT DROP AS
SELECT n.business, n.number, nextval('contacts_contact_id_seq') AS contact,
    timestamptz %(at)s - interval '40 hours' - random() * interval '20 days' AS last
FROM unnest(%(businesses)s::bigint[], %(numbers)s::bigint[]) AS n(business, number), generate_series(1, %(each)s);
INSERT INTO contacts_contact (id, business_id, reference, name, name_key, named_by_us, profile_name, username,
    profile_at, language, created_at, last_seen_at)
SELECT contact, business, gen_random_uuid(), 'Rosa', 'rosa', false, 'Rosa', '', last, '', last, last FROM person;
INSERT INTO contactcenter_conversation (business_id, reference, channel, phone_number_id, contact_id, status,
    created_at, last_activity_at, last_message_text, last_message_kind, last_message_direction, unread_count,
    last_inbound_at, waiting_since, version)
SELECT business, gen_random_uuid(), 'whatsapp', number, contact, 'open', last, last, 'Hola', 'text', 'inbound', 1,
    last, last, 1 FROM person;
INSERT INTO sessions_24h_customerservicewindow (business_id, phone_number_id, contact_id, last_inbound_at,
    expires_at, announced_expiry_of)
SELECT business, number, contact, last, last + interval '24 hours', last + interval '24 hours' FROM person;
"""

_DUE = """
UPDATE sessions_24h_customerservicewindow SET announced_expiry_of = NULL, last_inbound_at = %(at)s,
    expires_at = %(at)s::timestamptz + interval '24 hours'
WHERE id IN (SELECT id FROM sessions_24h_customerservicewindow ORDER BY hashint8(id) LIMIT %(count)s)
"""


class Windows:
    """A database with so many conversations, kept between runs."""

    def __init__(self, ground, conversations):
        self.ground, self.conversations = ground, conversations
        self.enter()

    def enter(self):
        """Work in it from now on."""
        self.ground.kept_database(f"windows{self.conversations}", self._build)

    def _build(self):
        numbers = world.build(NUMBERS)
        connection = self.ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                _BUILD,
                {
                    "at": now(),
                    "businesses": [number.business_id for number in numbers],
                    "numbers": [number.id for number in numbers],
                    "each": self.conversations // NUMBERS,
                },
            )
            cursor.execute("COMMIT")
            cursor.execute("VACUUM ANALYZE")
        connection.close()

    def make_due(self, count):
        """So many windows, anywhere in the table, end within this minute; nothing was announced."""
        connection = self.ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE tenants_liveevent")
            cursor.execute(_DUE, {"at": now() - timedelta(hours=24, seconds=1), "count": count})
            cursor.execute("VACUUM ANALYZE sessions_24h_customerservicewindow")
        connection.close()

    def check(self, count):
        """Every due window was announced, once."""
        connection = self.ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (SELECT count(*) FROM tenants_liveevent WHERE type = 'window'), "
                "(SELECT count(*) FROM sessions_24h_customerservicewindow "
                "WHERE announced_expiry_of IS DISTINCT FROM expires_at)"
            )
            found = cursor.fetchone()
        connection.close()
        if found != (count, 0):
            raise RuntimeError(f"{found[0]} of {count} windows were announced, {found[1]} were left.")

    def announce(self, count):
        """One round: the task that beat names, as a worker runs it."""
        from sessions_24h.tasks import close_expired_windows

        self.enter()
        self.make_due(count)
        with metered(os.getpid(), self.ground.postgres_pid) as meter:
            while close_expired_windows()["closed"]:
                pass
        self.check(count)
        return meter.round(count)


@figure("sweep", "sweep_growth")
def sweep(ground):
    """Windows that end in the same minute, and what one costs when there are many conversations.

    In the small table half of all windows end together, so they share pages; in the large one each is on its own.
    """
    from tests.bench.floors import windows as plain

    small, big = Windows(ground, SMALL), Windows(ground, 3_000_000 if ground.full else 200_000)
    count, few = 100_000 if ground.full else 8_000, 150

    def floor():
        big.enter()
        big.make_due(few)
        with metered(os.getpid(), ground.postgres_pid) as meter:
            plain.announce(few)
        big.check(few)
        return meter.round(few)

    result = paired(lambda: big.announce(count), floor, rounds=5)
    seconds = 100_000 / result.ours.per_second
    emit(
        "sweep",
        value=seconds,
        unit="s for 100,000",
        ratio=result.speed_ratio,
        floor=100_000 / result.floor.per_second,
        n=count,
        goal="≤ 10 s",
        met=seconds <= 10,
        per_second=result.ours.per_second,
        cpu_us=result.ours.cpu_us,
        floor_cpu_us=result.floor.cpu_us,
        others=result.others,
        **result.spread,
    )
    result = paired(lambda: big.announce(5000), lambda: small.announce(5000), rounds=5)
    emit(
        "sweep_growth",
        value=result.ours.cpu_us,
        unit="µs per window",
        ratio=result.cpu_ratio,
        floor=result.floor.cpu_us,
        n=big.conversations,
        goal="≤ 1.5 of the cost at 10,000",
        met=result.cpu_ratio <= 1.5,
        others=result.others,
    )


@figure("poll")
def poll(ground):
    """One round over all accounts: how often the provider is asked."""
    ground.fresh_database("poll")
    from django.conf import settings

    from onboarding.gateway import line
    from onboarding.models import Waba
    from templates_hsm.models import MessageTemplate, TemplateStatus
    from templates_hsm.services import exchange
    from tenants.tenancy import every_business
    from tests.bench.floors import windows as plain
    from tests.bench.poll_provider import template, template_id

    accounts, each = (500, 20) if ground.full else (50, 20)
    numbers = world.build(accounts)
    with every_business():
        MessageTemplate.objects.bulk_create(
            MessageTemplate(
                business_id=number.business_id,
                waba_id=number.waba,
                name=told["name"],
                language=told["language"],
                category=told["category"],
                components=told["components"],
                status=TemplateStatus.APPROVED,
                quality="green",
                provider_id=template_id(number.waba_id, n),
            )
            for number in numbers
            for n in range(each)
            for told in [template(number.waba_id, n)]
        )
    port = free_ports(1)[0]
    address, before = f"http://127.0.0.1:{port}", settings.WHATSAPP_GRAPH_URL
    with ground.running("poll-provider", [sys.executable, "-m", "tests.bench.poll_provider", str(port), str(each)]):
        _count_when_up(address)
        settings.WHATSAPP_GRAPH_URL = address

        def ours():
            with every_business():
                Waba.objects.update(next_template_poll_at=now())
            _count(address)
            with metered(os.getpid(), ground.postgres_pid) as meter:
                while exchange.poll_due()["polled"]:
                    pass
            asked.append(_count(address))
            return meter.round(accounts * each)

        def floor():
            few = [number.waba for number in numbers[:10]]
            _count(address)
            with metered(os.getpid(), ground.postgres_pid) as meter:
                done = plain.poll(line(access_token="sandbox-token", provider="sandbox"), few)
            floor_asked.append(_count(address)["ones"] / done)
            return meter.round(done)

        asked, floor_asked = [], []
        try:
            result = paired(ours, floor, rounds=5)
        finally:
            settings.WHATSAPP_GRAPH_URL = before
    calls = max(sum(one.values()) for one in asked)
    with every_business():
        statuses = set(MessageTemplate.objects.values_list("status", flat=True))
        count = MessageTemplate.objects.count()
    if statuses != {TemplateStatus.APPROVED} or count != accounts * each:
        raise RuntimeError(f"Templates became {statuses}, {count} of {accounts * each}.")
    hourly = 3600 / (settings.POLL_SECONDS * 0.9)
    note(f"  an account in review is asked at most {hourly:.0f} times an hour, a calm one once in six hours")
    emit(
        "poll",
        value=calls,
        unit="calls",
        ratio=calls / accounts,
        floor=max(floor_asked) * accounts * each,
        n=accounts * each,
        goal=f"{accounts} (one per account)",
        met=calls == accounts,
        calls_per_hour=hourly,
        cpu_us=result.ours.cpu_us,
        floor_cpu_us=result.floor.cpu_us,
        per_second=result.ours.per_second,
        others=result.others,
    )


def _count(address):
    with urllib.request.urlopen(f"{address}/count", timeout=5) as answer:
        return orjson.loads(answer.read())


def _count_when_up(address):
    end = time.monotonic() + 20
    while True:
        try:
            return _count(address)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
