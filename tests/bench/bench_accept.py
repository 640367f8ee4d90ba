"""The webhook door: signed deliveries answered 200 after their commit, and what one costs until an inbox shows it.

The floors are plain Django under gunicorn with two workers of four threads; ours are two web processes.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.request

from django.db import connection

from config.database import as_owner
from tests.bench import inbox, load, world
from tests.bench.ground import ROOT
from tests.bench.measure import Round, emit, figure, metered, note, paired

OURS = [
    "uvicorn", "config.asgi:application", "--workers", "2", "--loop", "uvloop", "--http", "httptools",
    "--no-access-log", "--no-server-header", "--port",
]  # fmt: skip
FLOOR = ["gunicorn", "tests.bench.floors.webhook:application", "-k", "gthread", "-w", "2", "--threads", "4", "-b"]
WORKER = [
    "celery", "--quiet", "--app", "config.celery", "worker", "--queues", "digest,default", "--concurrency", "2",
    "--loglevel", "WARNING", "--without-gossip", "--without-mingle",
]  # fmt: skip
HOOK = "/webhooks/whatsapp/"
ROUNDS = 5


def free_port():
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, path="/healthz", seconds=60):
    """Until something answers there."""
    ends = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.1)


def make_floor_tables():
    """The tables of the floor, owned as ours are."""
    from tests.bench.floors.textbook import models  # Django is set up by now

    with as_owner() as owner, owner.schema_editor() as editor:
        for model in (models.Delivery, models.Contact, models.Window, models.Conversation, models.Message):
            editor.create_model(model)


def fire(port, path, connections, seconds, bodies_file):
    """Run the load in a process of its own; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load", str(port), path, str(connections), str(seconds), str(bodies_file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@figure("accept_16", "accept_128")
def accept(ground):
    """Answers per second at 16 and 128 connections, and CPU per delivery of server and database."""
    environment = ground.fresh_database("accept")
    numbers = world.build(20)
    make_floor_tables()
    seconds, most = (8, 90_000) if ground.full else (1, 15_000)
    folder = ground.scratch("accept")
    bodies = world.deliveries(numbers, most)
    load.save_bodies(folder / "bodies", [(body, world.signature(body)) for body in bodies])
    remember(bodies)
    ports = free_port(), free_port()
    with (
        ground.running("accept-web", [*OURS, str(ports[0])], environment) as web,
        ground.running("accept-floor", [*FLOOR, f"127.0.0.1:{ports[1]}"], environment) as floor,
    ):
        wait_for(ports[0])
        wait_for(ports[1], "/insert/")

        def side(process, port, path, table, connections):
            def measure():
                before = last_of(table)
                with metered(process.pid, ground.postgres_pid) as meter:
                    told = fire(port, path, connections, seconds, folder / "bodies")
                count = told["statuses"].get("200", 0)
                if set(told["statuses"]) != {"200"}:
                    raise RuntimeError(f"{table}: {told['statuses']}")
                must_hold(table, before, count)
                if count == len(bodies):
                    note(f"  {path}: all {count:,} deliveries were taken before the time was up")
                latencies[path] = told
                return Round(count, told["seconds"], meter.cpu, meter.others)

            return measure

        for connections, goal in ((16, 4), (128, 8)):
            latencies = {}
            result = paired(
                side(web, ports[0], HOOK, "providers_delivery", connections),
                side(floor, ports[1], "/insert/", "textbook_delivery", connections),
            )
            emit(
                f"accept_{connections}",
                value=result.ours.per_second,
                unit="deliveries/s",
                floor=result.floor.per_second,
                n=result.ours.events,
                goal=f"≥ {goal}",
                met=result.speed_ratio >= goal,
                p99_ms=latencies[HOOK]["p99_ms"],
                floor_p99_ms=latencies["/insert/"]["p99_ms"],
                **result.words(),
            )


def remember(bodies):
    """Keep what is going to be posted, in its order, so that what was stored can be compared with it."""
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_posted (place serial, body bytea)")
        for begin in range(0, len(bodies), 1000):
            packed = "{" + ",".join(f'"\\\\x{body.hex()}"' for body in bodies[begin : begin + 1000]) + "}"
            cursor.execute("INSERT INTO bench_posted (body) SELECT unnest(%s::bytea[])", [packed])
        cursor.execute("GRANT SELECT ON bench_posted TO PUBLIC")


def last_of(table):
    """The greatest key of a table of deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
        return cursor.fetchone()[0]


def must_hold(table, after, count):
    """Raise unless the rows since ``after`` are the first ``count`` bodies, each byte of them, each once."""
    words = ["encode(body, 'hex')"]
    with connection.cursor() as cursor:
        stored = world.checksum(cursor, f"{table} WHERE id > {int(after)}", words)
        posted = world.checksum(cursor, f"bench_posted WHERE place <= {int(count)}", words)
    if stored != posted:
        raise RuntimeError(f"{table} holds {stored} where {posted} was posted.")


@figure("accept_cpu")
def accept_cpu(ground):
    """CPU of a delivery from the socket to the row that the inbox shows: web, worker and database together.

    Everybody wrote before, on both sides. The floor takes the same deliveries, but only those of the first few
    businesses, because it is slow; of those both sides have to hold the same.
    """
    side, _ = inbox.two_sides(ground, "accept_cpu")
    environment = ground.environment
    make_floor_tables()
    some, count = (10, 20_000) if ground.full else (6, 4000)
    theirs = side.first(some)
    watcher = ground.superuser()
    with watcher.cursor() as cursor:
        cursor.execute(_SAME_PEOPLE, [[number.id for number in theirs.numbers]])
        cursor.execute("VACUUM ANALYZE")
    watcher.close()
    folder = ground.scratch("accept-cpu")
    ports = free_port(), free_port()
    told = [world.deliveries(side.numbers, count, seed=n, at=at) for n, at in enumerate(inbox.moments(ROUNDS + 1))]
    for_us, for_them = iter(told), iter([theirs.own(bodies) for bodies in told])
    with (
        ground.running("cpu-web", [*OURS, str(ports[0])], environment) as web,
        ground.running("cpu-worker", WORKER, environment) as worker,
        ground.running("cpu-floor", [*FLOOR, f"127.0.0.1:{ports[1]}"], environment) as floor,
    ):
        wait_for(ports[0])
        wait_for(ports[1], "/textbook/")

        def shoot(port, path, wanted):
            answered = fire(port, path, 128, 600, folder / "bodies")
            if answered["statuses"] != {"200": wanted}:
                raise RuntimeError(f"{path}: {answered['statuses']}")

        def ours():
            bodies, before = next(for_us), _messages(ground)
            load.save_bodies(folder / "bodies", [(body, world.signature(body)) for body in bodies])
            with metered(web.pid, worker.pid, ground.postgres_pid) as meter:
                shoot(ports[0], HOOK, count)
                ends = time.monotonic() + 300
                while (found := _messages(ground) - before) < count:
                    if time.monotonic() > ends:
                        raise RuntimeError(f"{found} of {count} deliveries reached the inbox")
                    time.sleep(0.1)
            return meter.round(count)

        def textbook():
            bodies = next(for_them)
            load.save_bodies(folder / "bodies", [(body, world.signature(body)) for body in bodies])
            with metered(floor.pid, ground.postgres_pid) as meter:
                shoot(ports[1], "/textbook/", len(bodies))
            return meter.round(len(bodies))

        result = paired(ours, textbook, rounds=ROUNDS, check=lambda: _must_show_the_same(ground, theirs))
    note(f"  {1 / result.cpu_ratio:.1f} times less CPU")
    emit(
        "accept_cpu",
        value=result.ours.cpu_us,
        unit="CPU µs/delivery",
        floor=result.floor.cpu_us,
        n=count,
        goal="≤ 1/18 (0.056)",
        met=result.cpu_ratio <= 1 / 18,
        **result.words(by="cpu"),
    )


_SAME_PEOPLE = """
WITH person AS (
    SELECT p.phone_number_id, i.value AS wa_id, c.name, w.expires_at, v.last_message_text, v.last_activity_at,
        v.unread_count, row_number() OVER (ORDER BY c.id) AS place
    FROM contactcenter_conversation v
    JOIN contacts_contact c ON c.id = v.contact_id
    JOIN contacts_identity i ON i.contact_id = c.id AND i.kind = 'wa_id'
    JOIN onboarding_phonenumber p ON p.id = v.phone_number_id
    JOIN sessions_24h_customerservicewindow w ON w.contact_id = c.id AND w.phone_number_id = p.id
    WHERE p.id = ANY(%s)
), contact AS (
    INSERT INTO textbook_contact (phone_number_id, wa_id, name)
    SELECT phone_number_id, wa_id, name FROM person ORDER BY place RETURNING id, phone_number_id, wa_id
), known AS (
    SELECT contact.id, person.* FROM contact JOIN person USING (phone_number_id, wa_id)
), opened AS (
    INSERT INTO textbook_window (contact_id, expires_at) SELECT id, expires_at FROM known
), conversation AS (
    INSERT INTO textbook_conversation (contact_id, last_message_text, last_activity_at, unread_count)
    SELECT id, last_message_text, last_activity_at, unread_count FROM known RETURNING id, contact_id
)
INSERT INTO textbook_message (conversation_id, provider_id, text, at, content)
SELECT conversation.id, 'wamid.before' || conversation.contact_id, 'Hola', known.last_activity_at, '{}'
FROM conversation JOIN known ON known.id = conversation.contact_id
"""
"""The floor's people are ours: as many, with the same past."""

_SHOWN = {
    "messages": (
        """contactcenter_message m JOIN onboarding_phonenumber p ON p.id = m.phone_number_id
        JOIN contacts_identity i ON i.contact_id = m.contact_id AND i.kind = 'wa_id'
        WHERE p.id = ANY(%s) AND m.provider_id !~ '^wamid.before'""",
        ["p.phone_number_id", "i.value", "m.provider_id", "m.text", "m.at"],
        """textbook_message m JOIN textbook_conversation v ON v.id = m.conversation_id
        JOIN textbook_contact c ON c.id = v.contact_id WHERE m.provider_id !~ '^wamid.before'""",
        ["c.phone_number_id", "c.wa_id", "m.provider_id", "m.text", "m.at"],
    ),
    "windows and counts": (
        """contactcenter_conversation v JOIN onboarding_phonenumber p ON p.id = v.phone_number_id
        JOIN contacts_identity i ON i.contact_id = v.contact_id AND i.kind = 'wa_id'
        JOIN sessions_24h_customerservicewindow w
            ON w.phone_number_id = v.phone_number_id AND w.contact_id = v.contact_id
        WHERE p.id = ANY(%s)""",
        ["p.phone_number_id", "i.value", "w.expires_at", "v.unread_count"],
        """textbook_conversation v JOIN textbook_contact c ON c.id = v.contact_id
        JOIN textbook_window w ON w.contact_id = c.id""",
        ["c.phone_number_id", "c.wa_id", "w.expires_at", "v.unread_count"],
    ),
}


def _must_show_the_same(ground, side):
    """Raise unless the floor's inbox and ours hold the same people, messages, texts, counts and ends of windows."""
    watcher = ground.superuser()
    with watcher.cursor() as cursor:
        for what, (ours, our_words, theirs, their_words) in _SHOWN.items():
            asked = cursor.mogrify(ours, [[number.id for number in side.numbers]]).decode()
            one, two = world.checksum(cursor, asked, our_words), world.checksum(cursor, theirs, their_words)
            if one != two:
                raise RuntimeError(f"The {what} of the two sides differ: {one} and {two}")
    watcher.close()


def _messages(ground):
    """Messages of all businesses, seen past their policies: cheap, and outside the processes under test."""
    watcher = ground.superuser()
    with watcher.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contactcenter_message")
        count = cursor.fetchone()[0]
    watcher.close()
    return count
