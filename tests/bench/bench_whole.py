"""The whole program at once: from a customer's message to an agent's browser, and what all processes hold."""

import json
import statistics
import subprocess
import sys
import time

from tests.bench import world
from tests.bench.client import Client
from tests.bench.ground import ROOT
from tests.bench.load import save_bodies
from tests.bench.measure import emit, figure, median_round, metered, note, percentile, pss_kib

DELIVERIES = "/webhooks/whatsapp/"
AGENTS, CONNECTIONS, BLOCKS = 20, 16, 5


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
    size = {"idle": 60, "loaded": 100} if ground.full else {"idle": 20, "loaded": 42}
    every = {"idle": 0.1, "loaded": 0.125}
    found, rounds = {"idle": [], "loaded": []}, {"idle": [], "loaded": []}
    waited, loads = {"idle": 0, "loaded": 0}, []
    connection = ground.superuser()
    with Program(ground, environment) as program, Client("whole_client", program.port) as client:
        measured = [*program.pids, ground.postgres_pid]

        def probe(which, turn):
            asked = _file(ground, _in_turn(quiet, size[which], f"{which}{turn}x"))
            told = client.ask("probe", path=asked, every=every[which], inboxes=inboxes)
            waited[which] += told["waited"]
            found[which].append(told["found"])

        def idle(turn):
            with metered(*measured) as meter:
                probe("idle", turn)
            rounds["idle"].append(meter.round(size["idle"]))

        def loaded(turn):
            before = _stored(connection)
            lasts = size["loaded"] * every["loaded"]
            load = world.deliveries(busy, int(rate * (lasts * 2 + 10)), seed=turn, prefix="load")
            path = _file(ground, load)
            with metered(*measured) as meter:
                began = time.monotonic()
                client.ask("load", path=path, per_second=rate, connections=CONNECTIONS)
                time.sleep(1)
                probe("loaded", turn)
                unloaded = client.ask("unload")
                loads.append(unloaded["posted"] / (time.monotonic() - began))
            if unloaded["was_short"] or unloaded["refused"]:
                raise RuntimeError(f"The load was not what it should be: {unloaded}")
            rounds["loaded"].append(meter.round(unloaded["posted"] + size["loaded"]))
            _settle(connection, before + unloaded["posted"] + size["loaded"])

        client.ask("open", places=places)
        warm = _file(ground, _in_turn(quiet, 20, "w"))
        client.ask("probe", path=warm, every=0.1, inboxes=inboxes)
        with metered() as whole:
            capacity = _capacity(ground, program, busy)
            rate = capacity * 0.3
            for turn in range(BLOCKS):
                for which in (idle, loaded) if turn % 2 else (loaded, idle):
                    which(turn)
    connection.close()
    load = {"capacity": capacity, "load": statistics.median(loads)}
    for which, goal, share, limit, more in (
        ("idle", "p50 ≤ 50 ms", 0.5, 50, {}),
        ("loaded", "p95 ≤ 250 ms", 0.95, 250, load),
    ):
        about = {"others": whole.others, "waited": waited[which]} | more
        _emit(f"whole_path_{which}", found[which], rounds[which], goal, share, limit, **about)


def _emit(name, blocks, rounds, goal, share, limit, **more):
    """``blocks``: what was found in each; the value is that of all of them together."""
    events, rows = zip(*sum(blocks, []), strict=True)
    value = percentile(rows, share)
    each = [percentile([row for _event, row in block], share) for block in blocks]
    note(f"  {name}: by block {', '.join(f'{one:.0f}' for one in each)} ms")
    cost = median_round(rounds)
    emit(
        name,
        value=value,
        unit="ms",
        n=len(rows),
        goal=goal,
        met=value <= limit,
        per_second=cost.per_second,
        cpu_us=cost.cpu_us,
        block_min=min(each),
        block_max=max(each),
        event_p50=percentile(events, 0.5),
        event_p95=percentile(events, 0.95),
        p50=percentile(rows, 0.5),
        p95=percentile(rows, 0.95),
        p99=percentile(rows, 0.99),
        cpu_share=cost.cpu / cost.seconds,
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
    """Messages per second from socket to stored, all processes and the client on this machine; median of three."""
    connection = ground.superuser()
    found = []
    for turn in range(3):
        bodies = world.deliveries(numbers, 6000 if ground.full else 2000, seed=turn, prefix="flood")
        before, began = _stored(connection), time.monotonic()
        count = _flood(ground, program, bodies)
        _settle(connection, before + count)
        found.append(count / (time.monotonic() - began))
    connection.close()
    note(f"  the whole path takes {', '.join(f'{one:,.0f}' for one in found)} messages a second here")
    return statistics.median(found)


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
    total, warm, part_n = (200_000, 20_000, 20_000) if ground.full else (12_000, 3000, 4000)
    floods, probes_n = [], 100 if ground.full else 60
    with Program(ground, environment) as program, Client("whole_client", program.port) as client:
        bare = _pss(program)
        client.ask("open", places=places)
        with metered() as whole:
            for part, count in enumerate((warm, *[part_n] * (total // part_n))):
                bodies = world.deliveries(numbers, count, seed=part, prefix="mem")
                before = _stored(connection)
                with metered(*program.pids, ground.postgres_pid) as meter:
                    sent = _flood(ground, program, bodies)
                    _settle(connection, before + sent)
                floods.append(meter.round(sent))
                probes = _in_turn(numbers, probes_n, f"page{part}x")
                client.ask("probe", path=_file(ground, probes), every=0.03, inboxes=inboxes)
                if part == 0:
                    time.sleep(2)
                    start = _pss(program)
        time.sleep(2)
        end = _pss(program)
    connection.close()
    for name in bare:
        note(f"  {name}: {bare[name]:.0f} MiB bare, {start[name]:.0f} at work, {end[name]:.0f} after {total:,} events")
    growth = sum(end.values()) / sum(start.values()) - 1
    done = median_round(floods[1:])
    emit(
        "memory",
        value=sum(end.values()),
        unit="MiB",
        n=total,
        goal="≤ 450, growth ≤ 5 %",
        met=sum(end.values()) <= 450 and growth <= 0.05,
        per_second=done.per_second,
        cpu_us=done.cpu_us,
        growth=growth,
        floor=sum(start.values()),
        bare=sum(bare.values()),
        others=whole.others,
        **end,
    )


def _pss(program):
    """MiB by process, each with its children."""
    return {name: pss_kib(process.pid) / 1024 for name, process in program.processes.items()}
