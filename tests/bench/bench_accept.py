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
from tests.bench import load, world
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


def rows_of(table):
    """How many rows a table outside tenancy holds."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


@figure("accept_16", "accept_128")
def accept(ground):
    """Answers per second at 16 and 128 connections, and CPU per delivery of server and database."""
    environment = ground.fresh_database("accept")
    numbers = world.build(20)
    make_floor_tables()
    seconds = 10 if ground.full else 2
    folder = ground.scratch("accept")
    bodies = world.deliveries(numbers, 120_000 if ground.full else 30_000)
    load.save_bodies(folder / "bodies", [(body, world.signature(body)) for body in bodies])
    ports = free_port(), free_port()
    with (
        ground.running("accept-web", [*OURS, str(ports[0])], environment) as web,
        ground.running("accept-floor", [*FLOOR, f"127.0.0.1:{ports[1]}"], environment) as floor,
    ):
        wait_for(ports[0])
        wait_for(ports[1], "/insert/")

        def side(process, port, path, table, connections):
            def measure():
                before = rows_of(table)
                with metered(process.pid, ground.postgres_pid) as meter:
                    told = fire(port, path, connections, seconds, folder / "bodies")
                count = told["statuses"].get("200", 0)
                if set(told["statuses"]) != {"200"} or rows_of(table) - before != count:
                    raise RuntimeError(f"{table}: {told['statuses']} and {rows_of(table) - before} new rows")
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
                ratio=result.speed_ratio,
                floor=result.floor.per_second,
                n=result.ours.events,
                goal=f"≥ {goal}",
                met=result.speed_ratio >= goal,
                others=result.others,
                cpu_us=result.ours.cpu_us,
                floor_cpu_us=result.floor.cpu_us,
                p99_ms=latencies[HOOK]["p99_ms"],
                floor_p99_ms=latencies["/insert/"]["p99_ms"],
                **result.spread,
            )


@figure("accept_cpu")
def accept_cpu(ground):
    """CPU of a delivery from the socket to the row that the inbox shows: web, worker and database together."""
    environment = ground.fresh_database("accept_cpu")
    numbers = world.build()
    make_floor_tables()
    folder = ground.scratch("accept-cpu")
    count = 40_000 if ground.full else 6_000
    floor_count = count // 8
    ports = free_port(), free_port()
    turn = iter(range(1, 100))
    with (
        ground.running("cpu-web", [*OURS, str(ports[0])], environment) as web,
        ground.running("cpu-worker", WORKER, environment) as worker,
        ground.running("cpu-floor", [*FLOOR, f"127.0.0.1:{ports[1]}"], environment) as floor,
    ):
        wait_for(ports[0])
        wait_for(ports[1], "/textbook/")

        def shoot(port, path, wanted):
            bodies = world.deliveries(numbers, wanted, seed=next(turn))
            load.save_bodies(folder / "bodies", [(body, world.signature(body)) for body in bodies])
            told = fire(port, path, 128, 600, folder / "bodies")
            if told["statuses"] != {"200": wanted}:
                raise RuntimeError(f"{path}: {told['statuses']}")

        def ours():
            before = _inbox_rows(ground)
            with metered(web.pid, worker.pid, ground.postgres_pid) as meter:
                shoot(ports[0], HOOK, count)
                ends = time.monotonic() + 300
                while (found := _inbox_rows(ground) - before) < count:
                    if time.monotonic() > ends:
                        raise RuntimeError(f"{found} of {count} deliveries reached the inbox")
                    time.sleep(0.2)
            return meter.round(count)

        def textbook():
            before = rows_of("textbook_message")
            with metered(floor.pid, ground.postgres_pid) as meter:
                shoot(ports[1], "/textbook/", floor_count)
            if rows_of("textbook_message") - before != floor_count:
                raise RuntimeError("The floor lost messages.")
            return meter.round(floor_count)

        result = paired(ours, textbook)
    note(f"  {1 / result.cpu_ratio:.1f} times less CPU")
    emit(
        "accept_cpu",
        value=result.ours.cpu_us,
        unit="CPU µs/delivery",
        ratio=result.cpu_ratio,
        floor=result.floor.cpu_us,
        n=count,
        goal="≤ 1/18 (0.056)",
        met=result.cpu_ratio <= 1 / 18,
        others=result.others,
        per_second=result.ours.per_second,
        floor_per_second=result.floor.per_second,
    )


def _inbox_rows(ground):
    """Messages of all businesses, seen past their policies: cheap, and outside the processes under test."""
    watcher = ground.superuser()
    with watcher.cursor() as cursor:
        cursor.execute("SELECT coalesce(last_value, 0) FROM pg_sequences WHERE sequencename = %s", [_SEQUENCE])
        if not (cursor.fetchone() or [0])[0]:
            count = 0
        else:
            cursor.execute("SELECT count(*) FROM contactcenter_message")
            count = cursor.fetchone()[0]
    watcher.close()
    return count


_SEQUENCE = "contactcenter_message_id_seq"
