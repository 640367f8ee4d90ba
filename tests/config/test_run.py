"""``make run``, its supervisor, and the ways in which a start can fail: each says what to do."""

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import psycopg2
import pytest

from config import embedded, run
from config.supervisor import Supervisor, read_procfile
from tests.journeys import prepared

ROOT = Path(__file__).resolve().parents[2]


def eventually(look, seconds=15):
    end = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.05)


# docker-compose.yml


def services():
    """The services of docker-compose.yml as ``{name: its lines}`` (the file is ours and plainly written)."""
    text = (ROOT / "docker-compose.yml").read_text().split("\nservices:\n")[1].split("\nvolumes:\n")[0]
    parts = re.split(r"\n  (?=\w)", "\n" + text)
    return {part.split(":", 1)[0].strip(): part for part in parts if part.strip()}


@pytest.mark.parametrize("name", ["web", "sender", "worker", "beat", "sandbox"])
def test_a_service_runs_its_line_of_the_procfile(name):
    command = re.search(r'command: sh -c "exec (.*)"', services()[name])[1].replace("$$", "$")

    assert command == read_procfile(ROOT / "Procfile")[name]


@pytest.mark.parametrize("name", ["web", "sender", "worker", "beat", "sandbox"])
def test_a_service_is_started_again_and_has_a_health_check(name):
    text = (ROOT / "docker-compose.yml").read_text()

    assert "healthcheck:" in services()[name]
    assert "<<: *app" in services()[name]
    assert "restart: unless-stopped" in text.split("services:")[0]


def test_only_the_setup_service_knows_the_owner():
    knowing = {name for name, text in services().items() if "DATABASE_OWNER_URL" in text}
    text = (ROOT / "docker-compose.yml").read_text()

    assert knowing == {"setup"}
    assert "umbral_app:" in text.split("services:")[0]
    assert "umbral_owner:" in services()["setup"]


def test_the_servers_have_health_checks_that_the_processes_wait_for():
    assert "pg_isready" in services()["postgres"]
    assert "valkey-cli" in services()["redis"]
    assert "service_completed_successfully" in (ROOT / "docker-compose.yml").read_text()


# check --deploy


def check(**environment):
    base = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "0123456789-abcdefghij-ABCDEFGHIJ-0123456789-abcdefghij",
        "ENCRYPTION_KEYS": os.environ["ENCRYPTION_KEYS"],
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "PUBLIC_URL": "https://umbral.example",
        "ALLOWED_HOSTS": "umbral.example",
        "WHATSAPP_APP_SECRET": "secret",
        "WHATSAPP_VERIFY_TOKEN": "token",
        "WHATSAPP_ACCESS_TOKEN": "token",
        "WHATSAPP_GRAPH_URL": "https://graph.facebook.com",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(command, cwd=ROOT, env=base | environment, capture_output=True, text=True)


def test_a_good_deployment_passes():
    done = check()

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "setting",
    [
        {"WHATSAPP_GRAPH_URL": "http://127.0.0.1:8010"},
        {"WHATSAPP_GRAPH_URL": "http://localhost:8010"},
        {"MOVABLE_CLOCK": "1"},
        {"SITE_FETCH_ALLOW_PRIVATE": "1"},
        {"FAULTS": "1"},
        {"DEBUG": "1"},
    ],
)
def test_a_deployment_refuses_what_only_rehearsals_may_have(setting):
    done = check(**setting)

    assert done.returncode == 1
    assert next(iter(setting)) in done.stderr


# Starts that fail


def test_a_taken_port_is_named_with_the_way_out():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(embedded.CannotStart, match=rf"port {port} is taken.*make run WEB_PORT="):
            run._check_port("WEB_PORT", port)


def test_a_full_disk_is_said_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(embedded.shutil, "disk_usage", lambda folder: SimpleNamespace(free=10 * 2**20))

    with pytest.raises(embedded.CannotStart, match="Only 10 MB are free.*run the same command again"):
        embedded.Servers(tmp_path / "data").start()

    assert not (tmp_path / "data" / "postgres").exists()


def test_an_old_python_is_said_by_make(tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for name in ("python3.11", "python3.12", "python3.13", "python3.14"):
        (tmp_path / name).symlink_to(old)
    makefile = (ROOT / "Makefile").read_text()
    (tmp_path / "Makefile").write_text(makefile)
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")

    done = subprocess.run(
        ["make", "run"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert "No Python between 3.11 and 3.14 was found" in done.stderr


@pytest.fixture
def reachable_folder():
    """A folder below /var/tmp: as root the servers run as somebody else, who must be able to reach it."""
    folder = Path(tempfile.mkdtemp(prefix="umbral-test-", dir="/var/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_a_half_finished_first_start_is_made_good(reachable_folder):
    (reachable_folder / "postgres").mkdir()
    (reachable_folder / "postgres.unfinished").mkdir()
    (reachable_folder / "postgres" / "half-made").write_text("")
    servers = embedded.Servers(reachable_folder, log=lambda text: None)

    servers.start()
    try:
        assert servers._postgres_answers()
        assert servers._redis_answers()
    finally:
        servers.stop()
    assert not servers._postgres_answers()


def test_a_second_start_keeps_the_data(reachable_folder):
    first = embedded.Servers(reachable_folder, log=lambda text: None)
    first.start()
    connection = psycopg2.connect(first.environment["DATABASE_SUPERUSER_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    connection.close()
    first.stop()

    second = embedded.Servers(reachable_folder, log=lambda text: None)
    second.start()
    try:
        connection = psycopg2.connect(second.environment["DATABASE_SUPERUSER_URL"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT n FROM kept")
            assert cursor.fetchone() == (7,)
        connection.close()
    finally:
        second.stop()


@pytest.mark.parametrize(
    ("start", "trouble"), [("prepare", SystemExit), ("prepare", KeyboardInterrupt), ("run", embedded.CannotStart)]
)
def test_a_start_that_breaks_off_stops_the_servers_that_it_has_started(tmp_path, monkeypatch, start, trouble):
    told = []

    class HalfStarted:
        environment = {}

        def __init__(self, data):
            pass

        def start(self):
            raise trouble

        def stop(self):
            told.append("stopped")

    monkeypatch.setattr(run, "Servers", HalfStarted)
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    monkeypatch.setattr(run, "_check_port", lambda *_: None)
    monkeypatch.delenv("DATABASE_URL")

    with pytest.raises(trouble):
        getattr(run, start)(tmp_path)

    assert told == ["stopped"]


def test_an_interrupted_preparation_leaves_no_server(reachable_folder):
    lock = reachable_folder / "postgres" / "postmaster.pid"
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt():
        eventually(lambda: lock.exists() and lock.read_text().count("\n") > 1, seconds=120)
        found.append(int(lock.read_text().split()[0]))
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    found, other = [], threading.Thread(target=interrupt)
    other.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            prepared.prepare(reachable_folder)
        assert found and not is_alive(found[0])
    finally:
        signal.signal(signal.SIGINT, before)
        other.join()
        if found and is_alive(found[0]):
            os.kill(found[0], signal.SIGQUIT)
            eventually(lambda: not is_alive(found[0]))


# The supervisor


@pytest.fixture
def supervised(tmp_path):
    """Start processes from a Procfile; gives the supervisor and what it printed."""
    started = []

    def start(procfile):
        (tmp_path / "Procfile").write_text(procfile)
        out = io.StringIO()
        supervisor = Supervisor(tmp_path / "Procfile", dict(os.environ), tmp_path / "pids", out=out)
        started.append(supervisor)
        supervisor.start()
        return supervisor, out

    yield start
    for supervisor in started:
        supervisor.stop()


def pid_of(tmp_path, name):
    try:
        return int((tmp_path / "pids" / f"{name}.pid").read_text())
    except (OSError, ValueError):
        return None


def test_a_killed_process_comes_back(supervised, tmp_path):
    supervised("one: sleep 60\n")
    eventually(lambda: pid_of(tmp_path, "one"))
    first = pid_of(tmp_path, "one")

    os.kill(first, signal.SIGKILL)

    eventually(lambda: pid_of(tmp_path, "one") not in {None, first})


def test_output_stands_under_its_label(supervised):
    _supervisor, out = supervised("loud: sh -c 'echo hello; sleep 60'\nquiet: sleep 60\n")

    eventually(lambda: " loud │ hello" in out.getvalue())


def test_the_pause_grows_while_a_process_keeps_dying(supervised):
    _supervisor, out = supervised("bad: false\n")

    eventually(lambda: "starting again in 0.8 s" in out.getvalue())


def test_what_a_killed_parent_leaves_behind_is_ended(supervised, tmp_path):
    marker = tmp_path / "child.pid"
    supervised(f"parent: sh -c 'sleep 300 & echo $! > {marker}; wait'\n")
    eventually(lambda: marker.exists() and marker.read_text().strip())
    child = int(marker.read_text())

    os.kill(pid_of(tmp_path, "parent"), signal.SIGKILL)

    eventually(lambda: not is_alive(child))


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        return False


def test_stopping_ends_everything(supervised, tmp_path):
    supervisor, _out = supervised("one: sleep 60\ntwo: sleep 60\n")
    eventually(lambda: pid_of(tmp_path, "one") and pid_of(tmp_path, "two"))
    pids = [pid_of(tmp_path, "one"), pid_of(tmp_path, "two")]

    supervisor.stop()

    assert not any(is_alive(pid) for pid in pids)
