"""The embedded servers come back by themselves, over whatever a killed one leaves behind."""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import psycopg2
import pytest
import redis

from config import embedded_leftovers
from config.embedded import Servers
from config.embedded_watch import ServerWatch


def eventually(look, seconds=40):
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def folder():
    """As root the servers run as somebody else, who must be able to reach it."""
    made = Path(tempfile.mkdtemp(prefix="umbral-test-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def installation(folder):
    made = Servers(folder, log=lambda text: None)
    yield made
    made.stop()


@pytest.fixture
def servers(installation):
    installation.start()
    return installation


@pytest.fixture
def said(servers, tmp_path):
    """The servers are watched; what was said about them."""
    lines = []
    watch = ServerWatch(servers, tmp_path, lambda name, line: lines.append(f"{name}: {line}"))
    watch.start()
    eventually(lambda: len(list(tmp_path.glob("*.pid"))) == 2)
    yield lines
    watch.stop()


def connect(servers):
    connection = psycopg2.connect(servers.environment["DATABASE_SUPERUSER_URL"], connect_timeout=5)
    connection.autocommit = True
    return connection


def ask(servers, sql):
    connection = connect(servers)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def kill(servers, name):
    pid = servers.processes[name].pid
    os.kill(pid, signal.SIGKILL)
    return pid


def other_life(servers, name, pid):
    process = servers.processes.get(name)
    return process is not None and process.pid != pid and servers.answers(name)


def test_killed_servers_come_back_with_the_data_of_postgresql(servers, said, tmp_path):
    ask(servers, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    redis.Redis.from_url(servers.environment["REDIS_URL"]).set("hint", "look")

    old = {name: kill(servers, name) for name in ("postgres", "redis")}
    for name, pid in old.items():
        eventually(lambda name=name, pid=pid: other_life(servers, name, pid))

    assert ask(servers, "SELECT n FROM kept") == [(7,)]
    assert redis.Redis.from_url(servers.environment["REDIS_URL"]).get("hint") is None
    for name in old:
        eventually(lambda name=name: f"{name}: answers again" in said)
        assert f"{name}: ended (-9); starting again in 0.2 s" in said
        assert int((tmp_path / f"{name}.pid").read_text()) == servers.processes[name].pid


def test_a_statement_that_outlives_its_server_does_not_keep_it_from_coming_back(servers, said):
    def work():
        with pytest.raises(psycopg2.Error):
            ask(servers, "SELECT count(*) FROM generate_series(1, 100000000000)")

    worker = threading.Thread(target=work)
    worker.start()
    eventually(
        lambda: ask(servers, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%series%' AND pid <> pg_backend_pid()")
    )

    pid = kill(servers, "postgres")

    eventually(lambda: other_life(servers, "postgres", pid))
    worker.join(10)
    assert not worker.is_alive()


def test_a_lock_file_whose_pid_another_program_has_does_not_stop_a_start(servers):
    servers.processes["postgres"].kill()
    servers.processes.pop("postgres").wait()
    stranger = subprocess.Popen(["sleep", "60"], **servers._as_account())
    try:
        for lock in (servers.pg_data / "postmaster.pid", next(servers.run.glob(".s.PGSQL.*.lock"))):
            lines = lock.read_text().splitlines(keepends=True)
            lock.write_text(f"{stranger.pid}\n" + "".join(lines[1:]))
        assert embedded_leftovers.postmaster(servers.pg_data) is None

        servers.revive("postgres")

        assert ask(servers, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_servers_of_another_program_are_taken_over_when_it_takes_them_with_it(servers, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("config.embedded_watch.LOOK_FROM_OUTSIDE_SECONDS", 0.1)
    second = Servers(folder, log=lambda text: None)
    watch = ServerWatch(second, tmp_path, lambda name, line: None)
    watch.start()
    try:
        time.sleep(0.5)
        assert second.processes == {}

        servers.stop()

        eventually(lambda: all(other_life(second, name, 0) for name in ("postgres", "redis")))
    finally:
        watch.stop()
        second.stop()


def test_nothing_is_started_after_the_end_of_the_watch(servers, tmp_path):
    lines = []
    watch = ServerWatch(servers, tmp_path, lambda name, line: lines.append(line))
    watch.start()
    eventually(lambda: (tmp_path / "redis.pid").exists())

    watch.stop()
    servers.stop()
    time.sleep(0.5)

    assert servers.processes == {} and lines == []
    assert not list(tmp_path.glob("*.pid"))
