"""What the clock and polls decide: windows that close in the same minute, and templates of many accounts."""

import os
import sys
import time
import urllib.request
from datetime import timedelta

import orjson

from config.clock import now
from tests.bench import world
from tests.bench.measure import Round, emit, figure, metered, note, paired
from tests.journeys.stack import free_ports

NUMBERS = 100
SMALL, ONE_IN = 60_000, 30
"""The small inbox, and how many of all windows end together: as at 100,000 of 3 million. Of the small one that is as
many as one transaction announces, so both sides pay for as many transactions, spread over their tables alike."""
TIMES = 3
"""So often the small inbox is swept in a round, because the CPU of once is too little to be measured."""
FLAT = 1.25
"""What counts as the same cost: the index is a level deeper and the tables no longer fit PostgreSQL's own cache."""

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
UPDATE sessions_24h_customerservicewindow SET announced_expiry_of = NULL,
    last_inbound_at = %(at)s - make_interval(secs => abs(hashint8(id + 1) %% 60000) / 1000.0),
    expires_at = %(at)s - make_interval(secs => abs(hashint8(id + 1) %% 60000) / 1000.0) + interval '24 hours'
WHERE id IN (SELECT id FROM sessions_24h_customerservicewindow ORDER BY hashint8(id) LIMIT %(count)s)
"""
_SHOULD_BE_TOLD = """sessions_24h_customerservicewindow w
JOIN contactcenter_conversation c USING (phone_number_id, contact_id) WHERE w.announced_expiry_of IS NULL"""


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
        """So many windows, anywhere in the table, ended within the last minute; nothing was announced."""
        connection = self.ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE tenants_liveevent")
            cursor.execute(_DUE, {"at": now() - timedelta(hours=24, seconds=1), "count": count})
            cursor.execute("VACUUM ANALYZE sessions_24h_customerservicewindow")
            self.expected = world.checksum(cursor, _SHOULD_BE_TOLD, ["w.business_id", "c.reference::text"])
            # Each round writes its first pages after a checkpoint, whichever side it is.
            cursor.execute("CHECKPOINT")
        connection.close()
        if self.expected[0] != count:
            raise RuntimeError(f"{self.expected[0]} windows are due and not {count}.")

    def check(self):
        """Every due window was announced once, in its business and for its conversation, and none is left."""
        connection = self.ground.superuser()
        with connection.cursor() as cursor:
            found = world.checksum(
                cursor, "tenants_liveevent WHERE type = 'window'", ["business_id", "data ->> 'conversation'"]
            )
            cursor.execute(
                "SELECT count(*) FROM sessions_24h_customerservicewindow "
                "WHERE announced_expiry_of IS DISTINCT FROM expires_at"
            )
            [(left,)] = cursor.fetchall()
        connection.close()
        if found != self.expected or left:
            raise RuntimeError(f"Announced were {found} of {self.expected}, {left} windows were left.")

    def swept(self, count, sweep):
        """Have so many windows announced by ``sweep()``, which goes on until there are no more, and measure it."""
        self.enter()
        self.make_due(count)
        with metered(os.getpid(), self.ground.postgres_pid) as meter:
            sweep()
        self.check()
        return meter.round(count)

    def announce(self, count, times=1):
        """One round: the task that beat names, as a worker runs it."""
        rounds = [self.swept(count, _sweep) for _ in range(times)]
        return Round(
            count * times,
            sum(one.seconds for one in rounds),
            sum(one.cpu for one in rounds),
            max(one.others for one in rounds),
        )


def _sweep():
    from sessions_24h.tasks import close_expired_windows

    while close_expired_windows()["closed"]:
        pass


@figure("sweep", "sweep_growth")
def sweep(ground):
    """Windows that end in the same minute, and what one costs when there are many conversations."""
    from django.conf import settings

    from tests.bench.floors import windows as plain

    small, big = Windows(ground, SMALL), Windows(ground, 3_000_000 if ground.full else 180_000)
    count, few = big.conversations // ONE_IN, 60
    tick = settings.CELERY_BEAT_SCHEDULE["close-expired-windows"]["schedule"]

    result = paired(
        lambda: big.announce(count),
        lambda: big.swept(few, lambda: plain.announce(few)),
        rounds=5,
    )
    seconds = tick + 100_000 / result.ours.per_second
    emit(
        "sweep",
        value=seconds,
        unit="s for 100,000",
        floor=tick + 100_000 / result.floor.per_second,
        n=count,
        goal="≤ 10 s",
        met=seconds <= 10,
        tick=tick,
        **result.words(),
    )
    result = paired(lambda: big.announce(count), lambda: small.announce(SMALL // ONE_IN, TIMES), rounds=5)
    emit(
        "sweep_growth",
        value=result.ours.cpu_us,
        unit="µs per window",
        floor=result.floor.cpu_us,
        n=big.conversations,
        goal=f"flat: ≤ {FLAT} of that with {SMALL:,}",
        met=result.cpu_ratio <= FLAT,
        **result.words(by="cpu"),
    )


@figure("poll")
def poll(ground):
    """One round over all accounts, and the busiest hour of one account: how often the provider is asked."""
    ground.fresh_database("poll")
    from django.conf import settings

    from onboarding.gateway import line
    from onboarding.models import Waba
    from onboarding.services.channels import HOURLY_CALLS
    from templates_hsm.models import MessageTemplate, TemplateStatus
    from templates_hsm.services import exchange
    from tenants.tenancy import every_business
    from tests.bench.floors import windows as plain

    accounts, each = (500, 20) if ground.full else (50, 20)
    few = 10 if ground.full else 4
    numbers = world.build(accounts)
    _store_templates(numbers, each)
    port = free_ports(1)[0]
    address, before = f"http://127.0.0.1:{port}", settings.WHATSAPP_GRAPH_URL
    with ground.running("poll-provider", [sys.executable, "-m", "tests.bench.poll_provider", str(port), str(each)]):
        _count_when_up(address)
        settings.WHATSAPP_GRAPH_URL = address

        def ours():
            with every_business():
                Waba.objects.update(next_template_poll_at=now(), next_poll_at=None)
            _count(address)
            with metered(os.getpid(), ground.postgres_pid) as meter:
                while exchange.poll_due()["polled"]:
                    pass
            asked.append(_count(address))
            return meter.round(accounts * each)

        def floor():
            _count(address)
            with metered(os.getpid(), ground.postgres_pid) as meter:
                done = plain.poll(
                    line(access_token="sandbox-token", provider="sandbox"), [number.waba for number in numbers[:few]]
                )
            floor_asked.append(_count(address)["ones"] / done)
            return meter.round(done)

        def check():
            with every_business():
                rows = MessageTemplate.objects.values_list("status", "quality").distinct()
                found, stored = set(rows), MessageTemplate.objects.count()
            if len(found) != 1 or {status for status, _ in found} != {TemplateStatus.APPROVED}:
                raise RuntimeError(f"Templates became {found}.")
            if stored != accounts * each:
                raise RuntimeError(f"{stored} of {accounts * each} templates are stored.")

        asked, floor_asked = [], []
        try:
            result = paired(ours, floor, rounds=5, check=check)
            hours = {which: _busiest_hour(address, which) for which in ("young", "registered")}
        finally:
            settings.WHATSAPP_GRAPH_URL = before
    calls = max(sum(one.values()) for one in asked)
    young, registered = (sum(hours[which].values()) + HOURLY_CALLS for which in ("young", "registered"))
    note(f"  busiest hour of an account: {hours['young']} before registration, {hours['registered']} after")
    emit(
        "poll",
        value=calls,
        unit="calls",
        floor=max(floor_asked) * accounts * each,
        n=accounts * each,
        goal=f"1 per account; an hour ≤ {YOUNG}, {GROWN:,}",
        met=calls == accounts and young <= YOUNG and registered <= GROWN,
        calls_per_hour_before=young,
        calls_per_hour_after=registered,
        **result.words() | {"ratio": calls / accounts},
    )


YOUNG, GROWN = 200, 5_000
"""Calls an hour that Meta takes about an account, before and after a number is registered."""


def _store_templates(numbers, each):
    from templates_hsm.models import MessageTemplate, TemplateStatus
    from tenants.tenancy import every_business
    from tests.bench.poll_provider import template, template_id

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


def _busiest_hour(address, which):
    """Calls by kind that the polls make of one account in an hour, when all that makes them hurry is the case.

    The account is new (``young``: its number isn't registered yet) or at work, a step waits for Meta and a template
    is in review. The clock is held and moved on by beat's tick; the calls are real ones.
    """
    from django.conf import settings

    from config import clock
    from onboarding.models import OnboardingStep, Waba
    from onboarding.services import polls
    from templates_hsm.models import MessageTemplate
    from templates_hsm.services import exchange
    from tenants.tenancy import every_business
    from tests import builders
    from tests.bench.poll_provider import IN_REVIEW

    business = builders.business(f"Hour{which}")
    application = builders.application(business)
    waba = builders.waba(business, waba_id=f"{IN_REVIEW}{business.pk:014}")
    fields = {"application": application, "waba": waba}
    if which == "young":
        fields |= {"registered_at": None, "live_at": None, "status": "pending"}
    number = builders.phone_number(business, **fields)
    begin = now()
    _store_templates([world.Number(business.pk, number.pk, number.phone_number_id, waba.waba_id, waba.pk)], 1)
    with every_business():
        MessageTemplate.objects.filter(waba=waba).update(status="pending")
        OnboardingStep.objects.create(
            business=business,
            application=application,
            phone_number=number,
            kind="name_review",
            state="waiting_for_meta",
        )
        Waba.objects.update(next_poll_at=None, next_template_poll_at=None)
        Waba.objects.filter(pk=waba.pk).update(next_poll_at=begin, next_template_poll_at=begin)
    settings.MOVABLE_CLOCK = True
    tick = settings.CELERY_BEAT_SCHEDULE["poll-accounts-and-numbers"]["schedule"]

    def due():
        with every_business():
            return min(Waba.objects.values_list("next_poll_at", "next_template_poll_at").get(pk=waba.pk))

    _count(address)
    try:
        for seconds in range(0, 3600, tick):
            if begin + timedelta(seconds=seconds) < due():
                continue
            with clock.frozen(begin + timedelta(seconds=seconds)):
                polls.poll_due()
                exchange.poll_due()
    finally:
        settings.MOVABLE_CLOCK = False
    return _count(address)


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
