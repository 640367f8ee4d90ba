"""Open pages: what a stream costs in memory, how late news comes when many listen, and whether any is missed."""

import resource
import time

from tests.bench.client import Client
from tests.bench.measure import emit, figure, metered, note, percentile, pss_kib

BUSINESSES, EVENTS_PER_SECOND = 10, 20


@figure("live_memory", "live_p99")
def live(ground):
    """One web process; the client is a bare process of its own. News is written as the program writes it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    environment = ground.fresh_database("live")
    from tests import builders
    from tests.bench.people import logged_in
    from tests.bench.program import Program

    businesses = [builders.business(f"Live{n}") for n in range(BUSINESSES)]
    places = logged_in(businesses, 50)
    with Program(ground, environment, ("web",)) as program:
        web = program.processes["web"].pid
        with Client("stream_client", program.port) as client:
            _memory(ground, client, web, places)
            _lateness(ground, client, web, businesses, places)


def _memory(ground, client, web, places):
    count = 5000 if ground.full else 1000
    wanted = (places * (count // len(places) + 1))[:count]
    # What the first streams load stays, so it is no part of what a stream costs.
    client.ask("open", places=wanted[:100])
    client.ask("close")
    time.sleep(1)
    before = pss_kib(web)
    client.ask("open", places=wanted)
    time.sleep(2)
    grown = pss_kib(web) - before
    with metered(web) as idle:
        time.sleep(3)
    client.ask("close")
    each = grown / count
    note(f"  {count} streams took {grown:,} KiB; the process of {before:,} KiB idles at {idle.cpu / idle.seconds:.1%}")
    emit(
        "live_memory",
        value=each,
        unit="KiB per stream",
        n=count,
        goal="≤ 25",
        met=each <= 25,
        idle_cpu=idle.cpu / idle.seconds,
        others=idle.others,
    )


def _lateness(ground, client, web, businesses, places):
    few, many = places[:10], (places * 2)[: 1000 if ground.full else 300]
    rounds, seconds = (5, 10) if ground.full else (5, 2)
    late = {len(few): [], len(many): []}
    cpu, told, others = 0.0, 0, 0.0
    for turn in range(rounds + 1):
        for group in (few, many) if turn % 2 else (many, few):
            client.ask("open", places=group)
            client.ask("heard")
            with metered(web) as meter:
                said = _say(businesses, int(EVENTS_PER_SECOND * seconds), EVENTS_PER_SECOND)
                time.sleep(0.3)
            heard = client.ask("heard")["heard"]
            client.ask("close")
            expected = len(said) * len(group) // len(businesses)
            if len(heard) != expected:
                raise RuntimeError(f"{len(heard)} of {expected} events were heard.")
            if turn:  # the first round warms up
                late[len(group)] += [(at - said[n]) / 1e6 for n, at in heard]
                others = max(others, meter.others)
                if group is many:
                    cpu, told = cpu + meter.cpu, told + len(heard)
    lost = _reconnects(ground, client, businesses, many)
    p99 = {count: percentile(values, 0.99) for count, values in late.items()}
    ratio = p99[len(many)] / p99[len(few)]
    for count, values in late.items():
        note(f"  {count} streams: p50 {percentile(values, 0.5):.1f} ms, p99 {percentile(values, 0.99):.1f} ms")
    emit(
        "live_p99",
        value=p99[len(many)],
        unit="ms",
        n=len(many),
        goal="≤ 3 times that with 10, 0 missing",
        met=ratio <= 3 and not lost["missing"],
        ratio=ratio,
        floor=p99[len(few)],
        p50=percentile(late[len(many)], 0.5),
        cpu_us=cpu / told * 1e6,
        others=others,
        **lost,
    )


def _say(businesses, count, per_second, first=0):
    """Write ``count`` events at this pace, businesses in turn; returns when each was durable, by its number."""
    from django.db import transaction

    from tenants import live
    from tenants.tenancy import business_scope

    said, began = {}, time.monotonic()
    for n in range(first, first + count):
        wait = began + (n - first) / per_second - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        with business_scope(businesses[n % len(businesses)]):
            # Before the bell, which is registered at the end of the scope.
            transaction.on_commit(lambda n=n: said.__setitem__(n, time.monotonic_ns()))
            live.emit("bench", n=n)
    return said


def _reconnects(ground, client, businesses, places):
    """News while connections break all the time: every page must hear all of it."""
    wanted = 100_000 if ground.full else 5_000
    each = wanted // len(places) + 1
    client.ask("open", places=places)
    client.ask("heard")
    client.ask("churn", per_second=60)
    count = each * len(businesses)
    said = _say(businesses, count, 100, first=1_000_000)
    expected = {business.slug: [] for business in businesses}
    for n in said:
        expected[businesses[n % len(businesses)].slug].append(n)
    checked = client.ask("check", expected=expected, seconds=20)
    client.ask("close")
    if checked["resyncs"]:
        note(f"  {checked['resyncs']} pages were asked to fetch everything anew")
    return {name: checked[name] for name in ("events", "missing", "twice", "breaks", "resyncs")}
