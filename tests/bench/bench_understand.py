"""From the ledger to the inbox: messages, statuses and repeats, beside Django's ORM and beside bare SQL."""

import os
import random
import statistics
import uuid

from tests.bench import inbox, world
from tests.bench.measure import emit, figure, median_round, metered, paired

ROUNDS = 5


def one_by_one(ground, bodies, take_in):
    """Measure a floor that takes deliveries one after the other."""
    with metered(os.getpid(), ground.postgres_pid) as meter:
        for body in bodies:
            take_in(body)
    return meter.round(len(bodies))


def told(numbers, count):
    """The deliveries of each round."""
    return [world.deliveries(numbers, count, seed=n, at=at) for n, at in enumerate(inbox.moments(ROUNDS + 1))]


@figure("understand")
def understand(ground):
    """Messages per second and process, against the ORM that takes them one by one, both under row-level security."""
    from tests.bench.floors.understand import understand as take_in

    ours, theirs = inbox.two_sides(ground, "understand")
    some, count = (10, 10_000) if ground.full else (5, 2500)
    theirs = theirs.first(some)
    for_us = iter(told(ours.numbers, count))
    for_them = iter(told(theirs.numbers + ours.numbers[some:], count))
    result = paired(
        lambda: inbox.digest(ground, next(for_us)),
        lambda: one_by_one(ground, theirs.own(next(for_them)), take_in),
        rounds=ROUNDS,
        check=lambda: inbox.must_equal(ground, ours.first(some), theirs),
    )
    emit(
        "understand", value=result.ours.per_second, unit="messages/s", floor=result.floor.per_second, n=count,
        goal="≥ 30", met=result.speed_ratio >= 30, **result.words(),
    )  # fmt: skip


@figure("understand_sql")
def understand_sql(ground):
    """The same against the finished rows by bare INSERT … SELECT unnest: what reading and deciding cost on top."""
    from tests.bench.floors import bare_sql

    ours, theirs = inbox.two_sides(ground, "understand_sql")
    count = 10_000 if ground.full else 2000
    for_us, for_them = iter(told(ours.numbers, count)), iter(told(theirs.numbers, count))
    bare = _application_connection(ground)

    def floor():
        bodies = next(for_them)
        admin = ground.superuser()
        with admin, admin.cursor() as cursor:
            batches = [
                bare_sql.prepare(
                    cursor, bodies[n : n + bare_sql.BATCH], [str(uuid.uuid4()) for _ in bodies[n : n + 500]]
                )
                for n in range(0, count, bare_sql.BATCH)
            ]
        admin.close()
        with metered(os.getpid(), ground.postgres_pid) as meter:
            for batch in batches:
                bare_sql.write(bare, *batch)
        return meter.round(count)

    result = paired(
        lambda: inbox.digest(ground, next(for_us)),
        floor,
        rounds=ROUNDS,
        check=lambda: inbox.must_equal(ground, ours, theirs),
    )
    bare.close()
    emit(
        "understand_sql", value=result.ours.per_second, unit="messages/s", floor=result.floor.per_second, n=count,
        goal="≥ 0.4", met=result.speed_ratio >= 0.4, **result.words(),
    )  # fmt: skip


def _application_connection(ground):
    import psycopg2

    return psycopg2.connect(ground.environment["DATABASE_URL"])


@figure("statuses")
def statuses(ground):
    """Statuses per second, three per message and shuffled, against get, compare the rank, save."""
    from tests.bench.floors.understand import apply_status

    ours, theirs = inbox.two_sides(ground, "statuses")
    some, per_number = (12, 60) if ground.full else (4, 30)
    theirs = theirs.first(some)
    count = 3 * per_number * world.BUSINESSES
    at = {"ours": iter(inbox.moments(ROUNDS + 1)), "floor": iter(inbox.moments(ROUNDS + 1))}

    def news(side, who):
        moment = next(at[who])
        sent = inbox.say(side, f"out{moment:%H}", per_number, moment)
        bodies = [
            world.status_delivery(number, wa_id, provider_id, word, int(moment.timestamp()) + seconds)
            for number, wa_id, provider_id in sent
            for word, seconds in (("sent", 2), ("delivered", 4), ("read", 60))
        ]
        random.Random(7).shuffle(bodies)
        return bodies

    result = paired(
        lambda: inbox.digest(ground, news(ours, "ours")),
        lambda: one_by_one(ground, news(theirs, "floor"), apply_status),
        rounds=ROUNDS,
        check=lambda: inbox.must_equal(ground, ours.first(some), theirs, {"told": inbox.SHOULD_BE_TOLD}),
    )
    emit(
        "statuses", value=result.ours.per_second, unit="statuses/s", floor=result.floor.per_second, n=count,
        goal="≥ 50", met=result.speed_ratio >= 50, **result.words(),
    )  # fmt: skip


@figure("duplicates")
def duplicates(ground):
    """What the second delivery of the same 10,000 costs by the first, and that it changes no row of any table."""
    side, _ = inbox.two_sides(ground, "duplicates")
    count = 10_000 if ground.full else 3000
    pairs = []
    for n, bodies in enumerate(told(side.numbers, count)):
        first = inbox.digest(ground, bodies)
        before = inbox.everything(ground)
        again = inbox.digest(ground, bodies)
        after = inbox.everything(ground)
        if before != after:
            raise RuntimeError(f"Repeats changed {[table for table in before if before[table] != after[table]]}")
        if n:  # the first round warms up
            pairs.append((again, first))
    cpu = statistics.median(again.cpu_us / first.cpu_us for again, first in pairs)
    repeats, firsts = (median_round(which) for which in zip(*pairs, strict=True))
    emit(
        "duplicates", value=cpu, unit="of the first", ratio=cpu, n=count, goal="≤ 0.6", met=cpu <= 0.6,
        floor=firsts.cpu_us, per_second=repeats.per_second, floor_per_second=firsts.per_second,
        cpu_us=repeats.cpu_us, floor_cpu_us=firsts.cpu_us,
        time_ratio=statistics.median(again.seconds / first.seconds for again, first in pairs),
        others=max(repeats.others, firsts.others),
    )  # fmt: skip
