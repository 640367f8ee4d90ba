"""The whole program at once: from a customer's message to an agent's browser, and what all processes hold."""

import json
import subprocess
import sys
import time

from tests.bench import world
from tests.bench.client import Client
from tests.bench.ground import ROOT
from tests.bench.load import save_bodies
from tests.bench.measure import emit, figure, metered, note, percentile, pss_kib

DELIVERIES = "/webhooks/whatsapp/"
AGENTS, CONNECTIONS = 20, 16


@figure("whole_path_idle", "whole_path_loaded")
def whole_path(ground):
    """Web, worker, sender and beat; a message is seen when the row of the inbox's list has come to the browser."""
    environment = ground.fresh_database("whole")
    from django.urls import reverse

    from tenants.models import Business
    from tests.bench.people import logged_in
    from tests.bench.program import Program

    numbers = world.build(100)
    quiet, busy = numbers[:AGENTS], numbers[AGENTS:]
    businesses = list(Business.objects.filter(pk__in=[number.business_id for number in quiet]).order_by("pk"))
    quiet.sort(key=lambda number: number.business_id)
    places = logged_in(businesses, 1)
    inboxes = [reverse("contactcenter:inbox", args=[slug]) for slug, _cookie in places]
    with Program(ground, environment) as program, Client("whole_client", program.port) as client:
        client.ask("open", places=places)
        probes = {"every": 0.05, "inboxes": inboxes}
        client.ask("probe", path=_file(ground, _in_turn(quiet, 60, "w")), **probes)
        with metered(*program.pids) as idle:
            calm = client.ask("probe", path=_file(ground, _in_turn(quiet, 600 if ground.full else 150, "i")), **probes)
        capacity = _capacity(ground, program, busy)
        rate, seconds = capacity * 0.3, 60 if ground.full else 15
        load = world.deliveries(busy, int(rate * (seconds + 10)), seed=3, prefix="load")
        client.ask("load", path=_file(ground, load), per_second=rate, connections=CONNECTIONS)
        time.sleep(2)
        with metered(*program.pids) as loaded:
            count = int(seconds / 0.05)
            probing = _file(ground, _in_turn(quiet, count, "p"))
            told = client.ask("probe", path=probing, seconds=seconds, **probes)
        unloaded = client.ask("unload")
        if unloaded["was_short"] or unloaded["refused"]:
            raise RuntimeError(f"The load was not what it should be: {unloaded}")
    _emit("whole_path_idle", calm["found"], idle, "p50 ≤ 50 ms", 0.5, 50)
    _emit("whole_path_loaded", told["found"], loaded, "p95 ≤ 250 ms", 0.95, 250, capacity=capacity, load=rate)


def _emit(name, found, meter, goal, share, limit, **more):
    events, rows = zip(*found, strict=True)
    value = percentile(rows, share)
    emit(
        name,
        value=value,
        unit="ms",
        n=len(found),
        goal=goal,
        met=value <= limit,
        event_p50=percentile(events, 0.5),
        event_p95=percentile(events, 0.95),
        p50=percentile(rows, 0.5),
        p95=percentile(rows, 0.95),
        p99=percentile(rows, 0.99),
        cpu_share=meter.cpu / meter.seconds,
        others=meter.others,
        **more,
    )


def _in_turn(numbers, count, prefix):
    """One delivery after another, businesses in turn, as the probe expects them."""
    return [world.deliveries([numbers[n % len(numbers)]], 1, seed=n, prefix=prefix)[0] for n in range(count)]


def _file(ground, bodies):
    path = ground.scratch("deliveries") / "bodies"
    save_bodies(path, [(body, world.signature(body)) for body in bodies])
    return str(path)


def _flood(ground, program, bodies, seconds=600):
    """Post deliveries as fast as the program takes them; how many were answered 200."""
    command = [sys.executable, "-m", "tests.bench.load", str(program.port), DELIVERIES, str(CONNECTIONS)]
    done = subprocess.run([*command, str(seconds), _file(ground, bodies)], cwd=ROOT, capture_output=True, check=True)
    statuses = json.loads(done.stdout)["statuses"]
    if set(statuses) - {"200"}:
        raise RuntimeError(f"Deliveries were answered {statuses}.")
    return statuses["200"]


def _stored(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contactcenter_message")
        return cursor.fetchone()[0]


def _settle(connection, wanted, seconds=300):
    """Wait until so many messages are stored."""
    end = time.monotonic() + seconds
    while (stored := _stored(connection)) < wanted:
        if time.monotonic() > end:
            raise RuntimeError(f"{stored} of {wanted} messages were stored within {seconds} s.")
        time.sleep(0.1)


def _capacity(ground, program, numbers):
    """Messages per second from socket to stored, all processes and the client on this machine."""
    connection = ground.superuser()
    before = _stored(connection)
    began = time.monotonic()
    count = _flood(ground, program, world.deliveries(numbers, 20_000 if ground.full else 4000, seed=2))
    _settle(connection, before + count)
    seconds = time.monotonic() - began
    connection.close()
    note(f"  the whole path takes {count / seconds:,.0f} messages a second here")
    return count / seconds


@figure("memory")
def memory(ground):
    """Proportional memory of web, sender, worker with its children and beat, before and after a long day."""
    environment = ground.fresh_database("memory")
    from django.urls import reverse

    from tenants.models import Business
    from tests.bench.people import logged_in
    from tests.bench.program import Program

    numbers = world.build(100)
    businesses = list(Business.objects.filter(pk__in=[number.business_id for number in numbers]).order_by("pk"))
    numbers.sort(key=lambda number: number.business_id)
    places = logged_in(businesses, 1)
    inboxes = [reverse("contactcenter:inbox", args=[slug]) for slug, _cookie in places]
    connection = ground.superuser()
    total, warm = (200_000, 20_000) if ground.full else (15_000, 3000)
    with Program(ground, environment) as program, Client("whole_client", program.port) as client:
        bare = _pss(program)
        client.ask("open", places=places)
        with metered(*program.pids) as meter:
            for part, count in enumerate((warm, *[5000] * (total // 5000))):
                before = _stored(connection)
                sent = _flood(ground, program, world.deliveries(numbers, count, seed=part, prefix="mem"))
                _settle(connection, before + sent)
                probes = _in_turn(numbers, 100, f"page{part}x")
                client.ask("probe", path=_file(ground, probes), every=0.01, inboxes=inboxes)
                if part == 0:
                    time.sleep(2)
                    start = _pss(program)
        time.sleep(2)
        end = _pss(program)
    connection.close()
    for name in bare:
        note(f"  {name}: {bare[name]:.0f} MiB bare, {start[name]:.0f} at work, {end[name]:.0f} after {total:,} events")
    growth = sum(end.values()) / sum(start.values()) - 1
    emit(
        "memory",
        value=sum(end.values()),
        unit="MiB",
        n=total,
        goal="≤ 450, growth ≤ 5 %",
        met=sum(end.values()) <= 450 and growth <= 0.05,
        growth=growth,
        floor=sum(start.values()),
        bare=sum(bare.values()),
        others=meter.others,
        **end,
    )


def _pss(program):
    """MiB by process, each with its children."""
    return {name: pss_kib(process.pid) / 1024 for name, process in program.processes.items()}
