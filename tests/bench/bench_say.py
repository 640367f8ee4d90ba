"""Sending: how fast (against Celery with one task per message), how exactly at the limit, and how fair."""

import contextlib
import json
import random
import sys
import time

from tests.bench import say_world as world
from tests.bench.measure import Round, emit, figure, metered, note, paired, percentile

SENDER = [sys.executable, "manage.py", "sender"]
CELERY = [
    "celery", "--quiet", "--app", "tests.bench.floors.celery_send", "worker", "--queues", "bench-floor",
    "--pool", "prefork", "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat",
    "--loglevel", "ERROR",
]  # fmt: skip
AGENT, CAMPAIGN = 0, 2


@figure("say")
def say(ground):
    """Messages of ten businesses, each to another person, from the outbox to the answer in the database."""
    ground.fresh_database("say")
    ours_n, floor_n = (20_000, 400) if ground.full else (2_500, 60)
    numbers = world.numbers(10, per_second=1000)
    threads = [thread for number in numbers for thread in world.people(number, ours_n // len(numbers))]
    random.Random(3).shuffle(threads)
    totals = {"twice": 0, "missing": 0}
    provider = world.Provider(ground)
    superuser = ground.superuser()
    cursor = superuser.cursor()

    with (
        provider.running(),
        world.running(ground, "say-sender", SENDER, provider) as sender,
        world.running(ground, "say-celery", CELERY, provider) as celery,
    ):
        from tests.bench.floors import celery_send

        def measured(rows, begin, process, left):
            with metered(process.pid, ground.postgres_pid) as meter:
                begin()
                world.wait_until(lambda: not left(rows))
            twice, missing = world.check(rows, provider.told(), cursor)
            totals["twice"] += twice
            totals["missing"] += missing
            return meter.round(len(rows))

        def ours() -> Round:
            rows = world.messages(threads)
            waiting = "SELECT count(*) FROM contactcenter_outboxitem"
            go = world.prepared(rows, AGENT)
            return measured(rows, go, sender, lambda _rows: world.count(cursor, waiting))

        def floor() -> Round:
            rows = world.messages(threads[:floor_n])
            waiting = "SELECT count(*) FROM contactcenter_message WHERE id = ANY(%s) AND status <> 'accepted'"
            keys = [row.pk for row in rows]
            return measured(
                rows,
                lambda: [celery_send.send.delay(pk) for pk in keys],
                celery,
                lambda _rows: world.count(cursor, waiting, keys),
            )

        result = paired(ours, floor, rounds=5)
    superuser.close()
    emit(
        "say",
        value=result.ours.per_second,
        unit="messages/s",
        ratio=result.speed_ratio,
        floor=result.floor.per_second,
        n=ours_n,
        goal="≥ 40, 0 twice, 0 missing",
        met=result.speed_ratio >= 40 and not any(totals.values()),
        others=result.others,
        cpu_us=result.ours.cpu_us,
        floor_cpu_us=result.floor.cpu_us,
        **totals,
        **result.spread,
    )


def at_the_limit(ground, name, per_second, share):
    """One number with more to say than it may, watched at the sender's own door."""
    ground.fresh_database("limit")
    seconds = 62 if ground.full else 12
    measured = seconds - 2.0
    [number] = world.numbers(1, per_second=per_second)
    threads = world.people(number, min(per_second * seconds * 11 // 10, 20_000))
    rows = [row for _ in range(-(-per_second * seconds * 11 // 10 // len(threads))) for row in world.messages(threads)]
    world.put_out(rows, CAMPAIGN)
    path = ground.scratch(name) / "left.json"
    provider = world.Provider(ground)
    with provider.running():
        with metered() as meter:
            with world.running(
                ground, name, [sys.executable, "-m", "tests.bench.say_traced", str(path)], provider
            ) as sender:
                with contextlib.closing(ground.superuser()) as superuser:
                    cursor = superuser.cursor()
                    begun = "SELECT count(*) FROM contactcenter_message WHERE status = 'accepted'"
                    world.wait_until(lambda: world.count(cursor, begun))
                time.sleep(seconds)
                sender.terminate()
                sender.wait(30)
        told = provider.told()
    left = sorted(at for at, _reference in json.loads(path.read_text()))
    begin = left[0] + 1.0
    kept = sum(begin <= at < begin + measured for at in left) / (measured * per_second)
    busiest, references = world.busiest_second(left), [reference for _at, reference in told]
    if len(set(references)) != len(references) or len(references) != len(left):
        raise AssertionError("The provider heard something twice, or not at all.")
    emit(
        name,
        value=kept * per_second,
        unit="messages/s",
        ratio=kept,
        floor=per_second,
        n=len(left),
        goal=f"≥ {share}, in no second more than {per_second}",
        met=kept >= share and busiest <= per_second,
        others=meter.others,
        busiest_second=busiest,
        busiest_second_at_provider=world.busiest_second(at for at, _reference in told),
        seconds=measured,
    )


@figure("limit_80")
def limit_80(ground):
    """A number of the usual class."""
    at_the_limit(ground, "limit_80", 80, 0.95)


@figure("limit_1000")
def limit_1000(ground):
    """A number of the highest class."""
    at_the_limit(ground, "limit_1000", 1000, 0.9)


@figure("fair_other", "fair_same")
def fair(ground):
    """Agents' replies from the commit of their row to their first byte, while a campaign waits and while none does."""
    ground.fresh_database("fair")
    campaign_n, replies = (100_000, 300) if ground.full else (8_000, 120)
    [campaigning, other] = world.numbers(2, per_second=80)
    writers = {"other": world.people(other, 100), "same": world.people(campaigning, 100)}
    audience = world.people(campaigning, campaign_n, prefix="5731")
    left_at, others = {}, 0.0
    asked = {}
    provider = world.Provider(ground)
    path = ground.scratch("fair") / "left.json"
    traced = [sys.executable, "-m", "tests.bench.say_traced", str(path)]
    with provider.running(), metered() as meter:
        for load in ("idle", "loaded"):
            if load == "loaded":
                world.put_out(world.messages(audience, source="campaign"), CAMPAIGN)
            with world.running(ground, f"fair-{load}", traced, provider) as sender:
                time.sleep(3)
                dice = random.Random(5)
                for turn in range(replies):
                    for whose in ("other", "same"):
                        reply = world.messages([writers[whose][turn % 100]])
                        asked[str(reply[0].reference)] = (load, whose, world.put_out(reply, AGENT))
                        time.sleep(dice.uniform(0.03, 0.09))
                time.sleep(1)
                sender.terminate()
                sender.wait(40)
            left_at |= {reference: at for at, reference in json.loads(path.read_text())}
    others = meter.others
    waits = {}
    for reference, (load, whose, at) in asked.items():
        waits.setdefault((load, whose), []).append(left_at[reference] - at)
    for whose, name in (("other", "fair_other"), ("same", "fair_same")):
        idle, loaded = (percentile(waits[load, whose], 0.95) * 1000 for load in ("idle", "loaded"))
        note(f"  {name}: medians {percentile(waits['idle', whose], 0.5) * 1000:.1f} and "
             f"{percentile(waits['loaded', whose], 0.5) * 1000:.1f} ms")  # fmt: skip
        emit(
            name,
            value=loaded,
            unit="ms p95",
            ratio=loaded / idle,
            floor=idle,
            n=replies,
            goal="≤ 1.5",
            met=loaded <= 1.5 * idle,
            others=others,
            waiting=campaign_n,
        )
