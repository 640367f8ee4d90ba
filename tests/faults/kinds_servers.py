"""What happens to PostgreSQL and Redis: gone, back empty, full, slow, locked, exhausted."""

import contextlib
import os
import signal
import threading

import psycopg2

from tests.faults.kinds import Broken, kind

HELD_SECONDS = 7.0
"""Longer than a worker waits for a lock, shorter than anybody loses patience for good."""


# Redis


@kind("redis.flush", trials=15, quick=3, group=15)
def flush(world, rng):
    world.stack.redis().flushall()
    world.rest(rng.uniform(0.2, 1.0))
    return 0


@kind("redis.gone", trials=2, quick=0, group=1)
def gone(world, rng):
    """Away for a minute; nothing needs it to be there."""
    world.stack.stop_redis()
    world.rest(60)
    world.stack.start_redis()
    return 0


@kind("redis.restarted_empty", trials=8, quick=1, group=4)
def restarted(world, rng):
    world.stack.stop_redis()
    world.rest(rng.uniform(0, 3))
    world.stack.start_redis()
    world.rest(rng.uniform(0, 2))
    return 0


@kind("redis.full", trials=5, quick=1, group=5)
def full(world, rng):
    """No memory is left and nothing may be evicted: every write is refused."""
    client = world.stack.redis()
    client.config_set("maxmemory", "1")
    try:
        world.rest(rng.uniform(2, 4))
    finally:
        client.config_set("maxmemory", "128mb")
    return 0


@kind("redis.killed_twice", trials=2, quick=0, group=1)
def killed_twice(world, rng):
    """Gone again just after it came back; then everybody must be at work without anybody's help."""
    for _ in range(2):
        world.stack.stop_redis()
        world.rest(rng.uniform(0.2, 0.8))
        world.stack.start_redis()
        world.rest(rng.uniform(0.1, 0.6))
    try:
        world.stack.ready(60)
    except AssertionError as exc:
        raise Broken("not_by_itself", str(exc)) from exc
    return 0


@kind("redis.clients_cut", trials=5, quick=0, group=5)
def clients_cut(world, rng):
    """All who are connected to it, workers above all, are thrown out."""
    client = world.stack.redis()
    for who in ("normal", "pubsub"):
        client.client_kill_filter(_type=who, skipme=True)
    world.rest(rng.uniform(0.3, 1.5))
    return 0


@kind("redis.slow", trials=4, quick=0, group=4)
def slow(world, rng):
    """It takes connections and answers nobody."""
    with world.stack.frozen("redis"):
        world.rest(rng.uniform(5, 10))
    return 0


# PostgreSQL


def _restart(world, how, rng):
    world.rest(rng.uniform(0, 0.5))
    world.stack.stop_postgres(how)
    world.rest(rng.uniform(0, 2))
    world.stack.start_postgres()
    world.rest(rng.uniform(0.5, 2))
    return 0


@kind("postgres.fast_restart", trials=5, quick=0, group=5)
def fast_restart(world, rng):
    return _restart(world, signal.SIGINT, rng)


@kind("postgres.immediate_restart", trials=4, quick=1, group=4)
def immediate_restart(world, rng):
    return _restart(world, signal.SIGQUIT, rng)


@kind("postgres.crash", trials=3, quick=0, group=1)
def crash(world, rng):
    """The postmaster is killed; its children notice by themselves."""
    return _restart(world, signal.SIGKILL, rng)


@kind("postgres.backend_ended", trials=30, quick=3, group=15)
def backend_ended(world, rng):
    """One of our connections, chosen by chance, ends without a word."""
    ours = world.stack.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'umbral_app' ORDER BY pid")
    if ours:
        world.stack.rows("SELECT pg_terminate_backend(%s)", rng.choice(ours)[0])
    world.rest(rng.uniform(0.1, 0.6))
    return 0


@kind("postgres.backend_killed", trials=3, quick=0, group=1)
def backend_killed(world, rng):
    """A backend dies of SIGKILL, and the server throws everybody out and recovers."""
    ours = world.stack.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'umbral_app' ORDER BY pid")
    os.kill(rng.choice(ours)[0], signal.SIGKILL)
    world.rest(3)
    return 0


@kind("postgres.locks_held", trials=6, quick=0, group=3)
def locks_held(world, rng):
    """Somebody holds a hot table."""
    table = rng.choice(
        ("contactcenter_message", "contactcenter_conversation", "providers_deliverycursor", "contactcenter_outboxitem")
    )
    connection = world.stack.superuser()
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '20s'")
            cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            world.rest(HELD_SECONDS)
    finally:
        connection.close()
    return 0


@kind("postgres.old_snapshot", trials=2, quick=0, group=2)
def old_snapshot(world, rng):
    """Somebody looks at the tables as they were, and no dead row can be cleared away meanwhile."""
    connection = world.stack.superuser()
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT count(*) FROM contactcenter_outboxitem")
            world.rest(rng.uniform(10, 15))
    finally:
        connection.close()
    return 0


@kind("postgres.connections_exhausted", trials=3, quick=0, group=1)
def connections_exhausted(world, rng):
    """Nobody gets a new connection for a while; one of ours is ended, so that somebody needs one."""
    url = world.stack.servers.environment["DATABASE_URL"]
    held = []
    try:
        with contextlib.suppress(psycopg2.OperationalError):
            while len(held) < 400:
                held.append(psycopg2.connect(url, connect_timeout=3, application_name="greedy"))
        for _ in range(3):
            backend_ended(world, rng)
            with contextlib.suppress(psycopg2.OperationalError):
                held.append(psycopg2.connect(url, connect_timeout=3, application_name="greedy"))
        world.rest(rng.uniform(2, 4))
    finally:
        for connection in held:
            connection.close()
    return 0


@kind("postgres.disk_full", trials=4, quick=0, group=4)
def disk_full(world, rng):
    """No table of the ledger and of messages can grow: really, on a small disk, or as a trigger says it (53100)."""
    if world.on_small_disk:
        with world.stack.full_disk():
            world.rest(rng.uniform(3, 6))
        return 0
    world.stack.rows(
        "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
    )
    for table in ("providers_delivery", "contactcenter_message"):
        world.stack.rows(
            f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} FOR EACH STATEMENT EXECUTE FUNCTION full_disk()"
        )
    world.rest(rng.uniform(3, 6))
    for table in ("providers_delivery", "contactcenter_message"):
        world.stack.rows(f"DROP TRIGGER full_disk ON {table}")
    return 0


# All at once


@kind("storm", trials=12, quick=1, group=4)
def storm(world, rng):
    """Two things at once: a process dies while a server is in trouble."""
    from tests.faults.kinds import KINDS  # all of them are known only at run time

    server = rng.choice(("redis.flush", "redis.full", "postgres.backend_ended", "postgres.fast_restart"))
    process = rng.choice(("web.kill", "worker.kill", "sender.kill"))
    failures = []

    def first():
        try:
            KINDS[server].strike(world, type(rng)(rng.random()))
        except Exception as exc:
            failures.append(exc)

    thread = threading.Thread(target=first)
    thread.start()
    flying = 0
    try:
        flying = KINDS[process].strike(world, rng)
    except psycopg2.Error:
        flying = 10  # nobody could count them while the server was away
    finally:
        thread.join()
    if failures:
        raise failures[0]
    return flying
