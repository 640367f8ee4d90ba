"""Open pages: what a stream costs in memory, how late news comes when many listen, and whether any is missed."""

import resource
import statistics
import time

from tests.bench.client import Client
from tests.bench.measure import emit, figure, metered, note, percentile, pss_kib

BUSINESSES, ROUNDS = 10, 5


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
    count = 5000 if ground.full else 600
    wanted = (places * (count // len(places) + 1))[:count]
    # What the first streams load stays, so it is no part of what a stream costs.
    client.ask("open", places=wanted[:100])
    client.ask("close")
    time.sleep(1)
    before = pss_kib(web)
    with metered() as whole:
        with metered(web, ground.postgres_pid) as opening:
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
        per_second=count / opening.seconds,
        cpu_us=opening.cpu / count * 1e6,
        idle_cpu=idle.cpu / idle.seconds,
        others=whole.others,
    )


def _lateness(ground, client, web, businesses, places):
    """A delivery is one event that came to one stream; late is it by the time from its commit to the client."""
    few, many = places[:10], (places * 2)[: 1000 if ground.full else 200]
    pace, seconds = (20, 10) if ground.full else (60, 1)
    late = {len(few): [], len(many): []}
    cpu, told, busy = 0.0, 0, 0.0
    with metered() as whole:
        for turn in range(ROUNDS + 1):
            for group in (few, many) if turn % 2 else (many, few):
                client.ask("open", places=group)
                client.ask("heard")
                with metered(web) as meter:
                    said = _say(businesses, int(pace * seconds), pace)
                    time.sleep(0.3)
                heard = client.ask("heard")["heard"]
                client.ask("close")
                expected = len(said) * len(group) // len(businesses)
                if len(heard) != expected:
                    raise RuntimeError(f"{len(heard)} of {expected} events were heard.")
                if turn:  # the first round warms up
                    late[len(group)].append([(at - said[n]) / 1e6 for n, at in heard])
                    if group is many:
                        cpu, told, busy = cpu + meter.cpu, told + len(heard), busy + meter.seconds
        lost = _reconnects(ground, client, businesses, many)
    p99 = {count: [percentile(one, 0.99) for one in rounds] for count, rounds in late.items()}
    p50 = {count: statistics.median(percentile(one, 0.5) for one in rounds) for count, rounds in late.items()}
    ratio = statistics.median(a / b for a, b in zip(p99[len(many)], p99[len(few)], strict=True))
    for count, rounds in p99.items():
        note(f"  {count} streams: p50 {p50[count]:.1f} ms, p99 {', '.join(f'{one:.1f}' for one in rounds)} ms")
    emit(
        "live_p99",
        value=statistics.median(p99[len(many)]),
        unit="ms",
        n=len(many),
        goal="≤ 3 times that with 10, 0 missing",
        met=ratio <= 3 and not lost["missing"],
        ratio=ratio,
        floor=statistics.median(p99[len(few)]),
        p50=p50[len(many)],
        floor_p50=p50[len(few)],
        per_second=told / busy,
        cpu_us=cpu / told * 1e6,
        others=whole.others,
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
    """News while connections break all the time: every stream must hear all of its business's, each once.

    ``deliveries`` counts pairs of an event and a stream that has to hear it, each pair once; ``events`` those written.
    """
    wanted = 100_000 if ground.full else 4_000
    count = -(-wanted // len(places)) * len(businesses)
    client.ask("open", places=places)
    client.ask("heard")
    client.ask("churn", per_second=60)
    said = _say(businesses, count, 100, first=1_000_000)
    expected = {business.slug: [] for business in businesses}
    for n in said:
        expected[businesses[n % len(businesses)].slug].append(n)
    checked = client.ask("check", expected=expected, seconds=20)
    client.ask("close")
    if checked["resyncs"]:
        note(f"  {checked['resyncs']} pages were asked to fetch everything anew")
    if checked["deliveries"] < wanted:
        raise RuntimeError(f"{checked['deliveries']} of {wanted} deliveries were asked for.")
    return {name: checked[name] for name in ("deliveries", "missing", "twice", "breaks", "resyncs")} | {
        "events": len(said)
    }
