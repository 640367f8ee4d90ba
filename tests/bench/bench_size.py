"""Whether size costs anything: stored messages, and the row-level policies."""

import os
import re
import secrets
from contextlib import contextmanager

from tests.bench import inbox, world
from tests.bench.measure import emit, figure, metered, paired

ROUNDS, PEOPLE, SMALL = 5, 100, 10_000


@figure("growth")
def growth(ground):
    """What a message costs with millions of stored ones, by what it costs with ten thousand.

    Both inboxes hold the same people, who hear the same deliveries. What a round stored is taken away before the
    next one, on both sides, so that the small one stays small.
    """
    stored, count = (10_000_000, 10_000) if ground.full else (300_000, 2000)
    ground.kept_database(f"grown_{stored // 1000}k", lambda: _fill(ground, stored))
    large = _Inbox(ground)
    ground.fresh_database("growth_small")
    _fill(ground, SMALL)
    small = _Inbox(ground)
    run = secrets.token_hex(4)

    def rounds(one):
        for n, at in enumerate(inbox.moments(ROUNDS + 1)):
            bodies = world.deliveries(one.side.numbers, count, contacts=PEOPLE, seed=n, prefix=run, at=at)
            one.take_away()
            yield inbox.digest(ground, bodies)

    for_large, for_small = rounds(large), rounds(small)

    def measured(one, those):
        one.enter()
        done = next(those)
        one.found = inbox.contents(ground, one.side, after=one.last)
        return done

    def check():
        if large.found != small.found or large.found["message"][0] != count:
            raise RuntimeError(f"The two inboxes differ: {large.found} and {small.found}")

    result = paired(lambda: measured(large, for_large), lambda: measured(small, for_small), check=check, rounds=ROUNDS)
    emit(
        "growth", value=result.cpu_ratio, unit="of the cost with 10 thousand", floor=result.floor.cpu_us, n=stored,
        goal="≤ 1.2", met=result.cpu_ratio <= 1.2, **result.words(by="cpu"),
    )  # fmt: skip


class _Inbox:
    """The database of this moment as one side: filled before, its people as they were then."""

    def __init__(self, ground):
        from django.conf import settings

        self.ground, self.found = ground, {}
        self.database = settings.DATABASES["default"]["NAME"]
        self.side = _side_there()
        connection = ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute("SELECT last FROM bench_filled")
            [(self.last,)] = cursor.fetchall()
            # An earlier run may have worked in this database.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(_AS_BEFORE, {"at": inbox.long_ago()})
        connection.close()
        self.take_away()

    def enter(self):
        """Work in it from now on."""
        self.ground.work_in(self.database)

    def take_away(self):
        """Messages beyond those that were there at first go; the people keep what they heard."""
        connection = self.ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM contactcenter_message WHERE id > %s", [self.last])
            for table in ("message", "conversation"):
                cursor.execute(f"VACUUM ANALYZE contactcenter_{table}")
            cursor.execute("VACUUM ANALYZE sessions_24h_customerservicewindow")
            cursor.execute("VACUUM ANALYZE contacts_contact")
        connection.close()


_AS_BEFORE = """
UPDATE contacts_contact SET last_seen_at = %(at)s, profile_at = %(at)s;
UPDATE contactcenter_conversation SET status = 'open', last_activity_at = %(at)s, last_message_text = 'Hola',
    unread_count = 1, last_inbound_at = %(at)s, waiting_since = %(at)s;
UPDATE contacts_consentevent SET occurred_at = %(at)s;
UPDATE sessions_24h_customerservicewindow SET last_inbound_at = %(at)s,
    expires_at = %(at)s::timestamptz + interval '24 hours',
    announced_expiry_of = %(at)s::timestamptz + interval '24 hours';
TRUNCATE tenants_liveevent;
"""


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
    from django.conf import settings

    inbox.side(world.BUSINESSES, PEOPLE)
    connection = ground.superuser()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the rows come from rows that were checked
        cursor.execute("SET maintenance_work_mem = '512MB'")
        indexes = _without_indexes(cursor, "contactcenter_message") if stored > SMALL else []
        step = 500_000
        for begin in range(SMALL, stored, step):
            cursor.execute(_PAST, [begin, min(begin + step, stored) - 1, world.BUSINESSES * PEOPLE])
        for make in indexes:
            cursor.execute(make)
        cursor.execute("CREATE TABLE bench_filled AS SELECT max(id) AS last FROM contactcenter_message")
        cursor.execute(f'ALTER TABLE bench_filled OWNER TO "{settings.DATABASE_OWNER["USER"]}"')
        cursor.execute("VACUUM ANALYZE")
    connection.close()


def _without_indexes(cursor, table):
    """Drop all indexes of a table but that of its key; returns the statements that make them again."""
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'",
        [table],
    )
    constraints = cursor.fetchall()
    for name, _words in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}" CASCADE')
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
        "WHERE i.indrelid = %s::regclass AND NOT i.indisprimary",
        [table],
    )
    plain = cursor.fetchall()
    for name, _words in plain:
        cursor.execute(f"DROP INDEX {name}")
    return [words for _name, words in plain] + [
        f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {words}' for name, words in constraints
    ]


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
    sides = dict(zip((True, False), inbox.two_sides(ground, "rls"), strict=True))
    count, pages_n = (10_000, 40) if ground.full else (1500, 10)
    first, *later = inbox.moments(ROUNDS + 2)
    # So that the pages have something to show.
    inbox.digest(ground, world.deliveries(sides[True].numbers, count, seed=0, at=first))
    inbox.digest(ground, world.deliveries(sides[False].numbers, count, seed=0, at=first))
    look = _viewer(sides[True].numbers[0].business_id)
    told = {
        on: iter([world.deliveries(side.numbers, count, seed=n, at=at) for n, at in enumerate(later, start=1)])
        for on, side in sides.items()
    }
    shown = {}

    def pages(on):
        with metered(os.getpid(), ground.postgres_pid) as meter:
            shown[on] = [look() for _ in range(pages_n)]
        return meter.round(pages_n)

    def same_pages():
        with_policies, without = ({_words_of(page) for page in shown[on]} for on in (True, False))
        if not with_policies & without:
            raise RuntimeError("The pages with and without policies differ.")

    def same_rows():
        inbox.must_equal(ground, sides[True], sides[False])

    for name, what, check, unit in (
        ("rls_page", pages, same_pages, "µs a page"),
        ("rls_batch", lambda on: inbox.digest(ground, next(told[on])), same_rows, "µs a message"),
    ):
        with _policies(ground) as switch:
            result = paired(
                lambda what=what, switch=switch: switch(True) or what(True),
                lambda what=what, switch=switch: switch(False) or what(False),
                rounds=ROUNDS,
                check=check,
            )
        emit(
            name, value=result.ours.cpu_us, unit=unit, floor=result.floor.cpu_us,
            n=pages_n if what is pages else count, goal="≤ 1.05", met=result.cpu_ratio <= 1.05,
            **result.words(by="cpu"),
        )  # fmt: skip


_OF_THE_MOMENT = re.compile(rb'"[A-Za-z0-9]{64}"|name="server-time" content="[^"]+"')
"""The token against forged forms, and the server's time."""


def _words_of(page):
    """A page without what differs between any two answers."""
    return _OF_THE_MOMENT.sub(b"", page)


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
        return answer.content

    return look
