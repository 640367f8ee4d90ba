"""Whether size costs anything: stored messages, and the row-level policies."""

import os
import secrets
from contextlib import contextmanager

from tests import databases
from tests.bench import inbox, world
from tests.bench.measure import emit, figure, metered, paired

ROUNDS, PEOPLE, SMALL = 5, 100, 10_000


@figure("growth")
def growth(ground):
    """What a message costs with millions of stored ones, by what it costs with ten thousand."""
    stored, count = (10_000_000, 10_000) if ground.full else (500_000, 2000)
    sides = {}
    ground.kept_database(f"growth_{stored // 1000}k", lambda: _fill(ground, stored))
    sides["large"] = _name_of_database(), _side_there()
    ground.fresh_database("growth_small")
    inbox.side(world.BUSINESSES, PEOPLE)
    sides["small"] = _name_of_database(), _side_there()
    run = secrets.token_hex(4)

    def deliveries(side):
        for n, at in enumerate(inbox.moments(ROUNDS + 1)):
            yield world.deliveries(side.numbers, count, contacts=PEOPLE, seed=n, prefix=run, at=at)

    told = {which: deliveries(side) for which, (_, side) in sides.items()}
    before = {}
    for which, (database, _) in sides.items():
        _work_in(database)
        before[which] = _messages(ground)

    def measured(which):
        _work_in(sides[which][0])
        return inbox.digest(ground, next(told[which]))

    result = paired(lambda: measured("large"), lambda: measured("small"), rounds=ROUNDS)
    for which, (database, _) in sides.items():
        _work_in(database)
        if _messages(ground) - before[which] != count * (ROUNDS + 1):
            raise RuntimeError(f"Messages are missing in the {which} database.")
    emit(
        "growth", value=result.cpu_ratio, unit="of the cost with 10 thousand", ratio=result.cpu_ratio,
        floor=result.floor.cpu_us, n=stored, goal="≤ 1.2", met=result.cpu_ratio <= 1.2, cpu_us=result.ours.cpu_us,
        time_ratio=1 / result.speed_ratio, others=result.others,
    )  # fmt: skip


def _messages(ground):
    """How many messages are stored; statistics are brought up to date on the way."""
    connection = ground.superuser()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT count(*) FROM contactcenter_message")
        [(stored,)] = cursor.fetchall()
    connection.close()
    return stored


def _name_of_database():
    from django.conf import settings

    return settings.DATABASES["default"]["NAME"]


def _work_in(database):
    """Work in another database; what the process remembers of the one before is forgotten."""
    from contactcenter.understand import routing

    databases.use_database(database)
    routing.forget()


def _side_there():
    """The numbers of a database that was filled before."""
    from onboarding.models import PhoneNumber
    from tenants.tenancy import every_business

    with every_business():
        rows = PhoneNumber.objects.select_related("waba").order_by("pk")
        return inbox.Side(
            [world.Number(row.business_id, row.pk, row.phone_number_id, row.waba.waba_id, row.waba_id) for row in rows]
        )


def _fill(ground, stored):
    """``PEOPLE`` customers at each of 100 businesses, and among them ``stored`` messages of the past months."""
    inbox.side(world.BUSINESSES, PEOPLE)
    connection = ground.superuser()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the rows come from rows that were checked
        step = 500_000
        for begin in range(SMALL, stored, step):
            cursor.execute(_PAST, [begin, min(begin + step, stored) - 1, world.BUSINESSES * PEOPLE])
    connection.close()


_PAST = """
INSERT INTO contactcenter_message (business_id, reference, conversation_id, phone_number_id, contact_id, direction,
    source, provider_id, kind, text, content, reply_to_provider_id, at, created_at, status, rank, error_details,
    pricing_type, pricing_category, pricing_rank, edit_provider_id, from_ad, request_digest)
SELECT c.business_id, gen_random_uuid(), c.id, c.phone_number_id, c.contact_id, 'inbound', 'contact',
    'wamid.past' || md5(n::text), 'text', 'Hola, ¿ya salió el pedido ' || n || '?', '{}', '', told.at, told.at,
    'received', 0, '', '', '', 0, '', false, ''
FROM generate_series(%s, %s) AS n
JOIN (SELECT c.*, row_number() OVER (ORDER BY c.id) - 1 AS place FROM contactcenter_conversation c) AS c
    ON c.place = n %% %s
CROSS JOIN LATERAL (SELECT c.last_activity_at - make_interval(secs => 60 + n) AS at) AS told
"""


@figure("rls_page", "rls_batch")
def rls(ground):
    """A page of the inbox, and the digestion of batches, with the policies by without them."""
    ground.fresh_database("rls")
    side = inbox.side(world.BUSINESSES)
    count = 10_000 if ground.full else 1500
    rounds, pages_n = 7, 40 if ground.full else 15
    measured = 2 * (rounds + 1)
    told = iter(
        world.deliveries(side.numbers, count, seed=n, at=at) for n, at in enumerate(inbox.moments(measured + 1))
    )
    inbox.digest(ground, next(told))  # so that the pages have something to show
    look = _viewer(side.numbers[0].business_id)

    def pages():
        with metered(os.getpid(), ground.postgres_pid) as meter:
            for _ in range(pages_n):
                look()
        return meter.round(pages_n)

    for name, what, unit in (
        ("rls_page", pages, "µs a page"),
        ("rls_batch", lambda: inbox.digest(ground, next(told)), "µs a message"),
    ):
        with _policies(ground) as switch:
            result = paired(_with(switch, True, what), _with(switch, False, what), rounds=rounds)
        emit(
            name, value=result.ours.cpu_us, unit=unit, ratio=result.cpu_ratio, floor=result.floor.cpu_us,
            n=pages_n if what is pages else count, goal="≤ 1.05", met=result.cpu_ratio <= 1.05,
            time_ratio=1 / result.speed_ratio, others=result.others,
        )  # fmt: skip


def _with(switch, on, what):
    def measured():
        switch(on)
        return what()

    return measured


@contextmanager
def _policies(ground):
    """A switch for the policies of all tables; they are on afterwards."""
    from tenants.rls import protected_models

    connection = ground.superuser()

    def switch(on):
        with connection.cursor() as cursor:
            for model in protected_models():
                word = "ENABLE" if on else "DISABLE"
                cursor.execute(f'ALTER TABLE "{model._meta.db_table}" {word} ROW LEVEL SECURITY')

    try:
        yield switch
    finally:
        switch(True)
        connection.close()


def _viewer(business_id):
    """A function that loads the first page of the inbox as an agent of the business does, and checks the answer."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    from tenants.models import Business
    from tests import builders

    business = Business.objects.get(pk=business_id)
    host = next(host for host in (*settings.ALLOWED_HOSTS, "localhost") if host != "*")
    client = Client(HTTP_HOST=host.lstrip("."))
    client.force_login(builders.member(business, "bench"))
    url = reverse("contactcenter:inbox", args=[business.slug])

    def look():
        answer = client.get(url, secure=True)
        if answer.status_code != 200 or b"Rosa" not in answer.content:
            raise RuntimeError(f"The inbox answered {answer.status_code}.")

    return look
