"""From the ledger to the inbox: messages, statuses and repeats, beside Django's ORM and beside bare SQL."""

import itertools
import os
import random
import statistics
from datetime import timedelta

from config.clock import now
from tests.bench import inbox, world
from tests.bench.measure import emit, figure, metered, paired

_rounds = itertools.count(1)


def moments(count, hours=12):
    """The hours at which rounds take place: each after the one before, all within one window."""
    begin = now() - timedelta(hours=hours)
    return (begin + timedelta(minutes=30 * n) for n in range(count))


def one_by_one(ground, bodies, take_in):
    """Measure a floor that takes deliveries one after the other."""
    with metered(os.getpid(), ground.postgres_pid) as meter:
        for body in bodies:
            take_in(body)
    return meter.round(len(bodies))


@figure("understand")
def understand(ground):
    """Messages per second and process, against the ORM that takes them one by one, both under row-level security."""
    from tests.bench.floors.understand import understand as take_in

    ground.fresh_database("understand")
    businesses, some, count = world.BUSINESSES, world.BUSINESSES if ground.full else 10, 10_000 if ground.full else 4000
    ours, theirs = inbox.side(businesses), inbox.side(some)
    mixed = inbox.Side(theirs.numbers + ours.numbers[some:])
    at = {"ours": moments(8), "floor": moments(8)}
    seed = {"ours": itertools.count(1), "floor": itertools.count(1)}
    rounds = 5

    def run():
        bodies = world.deliveries(ours.numbers, count, seed=next(seed["ours"]), at=next(at["ours"]))
        return inbox.digest(ground, bodies)

    def floor():
        bodies = world.deliveries(mixed.numbers, count, seed=next(seed["floor"]), at=next(at["floor"]))
        return one_by_one(ground, theirs.own(bodies), take_in)

    result = paired(_alike(run, ours, at), floor, rounds=rounds)
    inbox.must_equal(ground, ours.first(some), theirs)
    emit(
        "understand", value=result.ours.per_second, unit="messages/s", ratio=result.speed_ratio,
        floor=result.floor.per_second, n=count, goal="≥ 30", met=result.speed_ratio >= 30, cpu_us=result.ours.cpu_us,
        floor_cpu_us=result.floor.cpu_us, cpu_ratio=1 / result.cpu_ratio, others=result.others, **result.spread,
    )  # fmt: skip
