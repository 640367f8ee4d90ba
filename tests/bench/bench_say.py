"""Sending: how fast (against Celery with one task per message), how exactly at the limit, and how fair."""

import contextlib
import json
import random
import statistics
import sys
import time

from tests.bench import say_world as world
from tests.bench.measure import Round, emit, figure, median_round, metered, note, paired, percentile

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
    ours_n, floor_n = (20_000, 400) if ground.full else (2_500, 40)
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
        floor=result.floor.per_second,
        n=ours_n,
        goal="≥ 40, 0 twice, 0 missing",
        met=result.speed_ratio >= 40 and not any(totals.values()),
        **totals,
        **result.words(),
    )


def at_the_limit(ground, name, per_second, share):
    """One number with more to say than it may, watched at the sender's own door."""
    ground.fresh_database("limit")
    seconds = 62 if ground.full else 9
    measured = seconds - 2.0
    [number] = world.numbers(1, per_second=per_second)
    threads = world.people(number, min(per_second * seconds * 11 // 10, 20_000))
    rows = [row for _ in range(-(-per_second * seconds * 11 // 10 // len(threads))) for row in world.messages(threads)]
    world.put_out(rows, CAMPAIGN)
    path = ground.scratch(name) / "left.json"
    provider = world.Provider(ground)
    traced = [sys.executable, "-m", "tests.bench.say_traced", str(path)]
    with provider.running():
        with world.running(ground, name, traced, provider) as sender:
            with contextlib.closing(ground.superuser()) as superuser:
                cursor = superuser.cursor()
                begun = "SELECT count(*) FROM contactcenter_message WHERE status = 'accepted'"
                world.wait_until(lambda: world.count(cursor, begun))
            began = time.monotonic()
            with metered(sender.pid, ground.postgres_pid) as meter:
                time.sleep(seconds)
            ended = time.monotonic()
            sender.terminate()
            sender.wait(30)
        told = provider.told()
    left = sorted(at for at, _reference in json.loads(path.read_text()))
    begin = left[0] + 1.0
    kept = sum(begin <= at < begin + measured for at in left) / (measured * per_second)
    busiest, references = world.busiest_second(left), [reference for _at, reference in told]
    if len(set(references)) != len(references) or len(references) != len(left):
        raise AssertionError("The provider heard something twice, or not at all.")
    done = meter.round(sum(began <= at < ended for at in left))
    emit(
        name,
        value=kept * per_second,
        unit="messages/s",
        ratio=kept,
        floor=per_second,
        n=len(left),
        goal=f"≥ {share}, in no second more than {per_second}",
        met=kept >= share and busiest <= per_second,
        per_second=done.per_second,
        cpu_us=done.cpu_us,
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
    """Agents' replies from the commit of their row to their first byte, while a campaign waits and while none does.

    Blocks without and with the campaign take turns, before one sender.
    """
    ground.fresh_database("fair")
    campaign_n, replies, blocks = (100_000, 60, 5) if ground.full else (6_000, 28, 5)
    [campaigning, other] = world.numbers(2, per_second=80)
    # To each person one reply, because a number may not write to the same one again at once.
    each = 2 * blocks * (replies + 3)
    writers = {"other": iter(world.people(other, each)), "same": iter(world.people(campaigning, each))}
    crowd = world.people(campaigning, 20_000 if ground.full else campaign_n, prefix="5731")
    # What leaves during the blocks is over and above those that wait.
    wanted = campaign_n + blocks * 80 * 10
    for begin in range(0, wanted, len(crowd)):
        world.messages(crowd[: wanted - begin], source="campaign")
    provider = world.Provider(ground)
    path = ground.scratch("fair") / "left.json"
    traced = [sys.executable, "-m", "tests.bench.say_traced", str(path)]
    superuser = ground.superuser()
    cursor = superuser.cursor()
    asked, taken = {}, {"idle": [], "loaded": []}
    dice = random.Random(5)

    def say(whose):
        reply = world.messages([next(writers[whose])])
        return str(reply[0].reference), world.put_out(reply, AGENT)

    def block(load, turn):
        world.campaign_waits(cursor, campaigning, campaign_n if load == "loaded" else 0)
        for n in range(6):  # whatever the change brought along is over when the replies are measured
            say(("other", "same")[n % 2])
            time.sleep(0.1)
        began = time.monotonic()
        with metered(sender.pid, ground.postgres_pid) as meter:
            for _ in range(replies):
                for whose in writers:
                    reference, at = say(whose)
                    asked[reference] = (load, turn, whose, at)
                    time.sleep(dice.uniform(0.015, 0.045))
        taken[load].append((began, time.monotonic(), meter))
        if load == "loaded" and world.count(cursor, world.STILL_WAITING) < campaign_n * 3 // 4:
            raise RuntimeError("The campaign was nearly over before the replies were.")

    with provider.running(), metered() as whole:
        with world.running(ground, "fair", traced, provider) as sender:
            time.sleep(2)
            for turn in range(blocks):
                for load in ("idle", "loaded") if turn % 2 else ("loaded", "idle"):
                    block(load, turn)
            time.sleep(0.5)
            sender.terminate()
            sender.wait(40)
        told = [reference for _at, reference in provider.told()]
    superuser.close()
    left = {reference: at for at, reference in json.loads(path.read_text())}
    if sorted(told) != sorted(left):
        raise AssertionError("The provider heard something twice, or not at all.")
    waits = {(load, whose): [[] for _ in range(blocks)] for load in taken for whose in writers}
    for reference, (load, turn, whose, at) in asked.items():
        waits[load, whose][turn].append(left[reference] - at)
    rounds = {
        load: [meter.round(sum(began <= at < ended for at in left.values())) for began, ended, meter in some]
        for load, some in taken.items()
    }
    ours, floor = median_round(rounds["loaded"]), median_round(rounds["idle"])
    for whose, name in (("other", "fair_other"), ("same", "fair_same")):
        idle, loaded = ([percentile(one, 0.95) * 1000 for one in waits[load, whose]] for load in ("idle", "loaded"))
        ratio = statistics.median(b / a for a, b in zip(idle, loaded, strict=True))
        half = {load: statistics.median(sum(waits[load, whose], [])) * 1000 for load in ("idle", "loaded")}
        by_block = ", ".join(f"{a:.0f} and {b:.0f}" for a, b in zip(idle, loaded, strict=True))
        note(f"  {name}: medians {half['idle']:.1f} and {half['loaded']:.1f} ms; p95 by block {by_block}")
        emit(
            name,
            value=statistics.median(loaded),
            unit="ms p95",
            ratio=ratio,
            floor=statistics.median(idle),
            n=replies * blocks,
            goal="≤ 1.5",
            met=ratio <= 1.5,
            per_second=ours.per_second,
            floor_per_second=floor.per_second,
            cpu_us=ours.cpu_us,
            floor_cpu_us=floor.cpu_us,
            others=whole.others,
            waiting=campaign_n,
        )
