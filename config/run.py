"""``make run``: everything on this machine, from an empty folder to a page, without installing a server.

Starts the embedded servers (unless ``DATABASE_URL`` and ``REDIS_URL`` name others), makes roles and tables, loads the
demo businesses into an empty database, starts the processes of the Procfile and prints where to go. Ctrl-C stops it.
``python -m config.run prepare`` makes roles, tables and translations and ends.
"""

import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from config.embedded import CannotStart, Servers, write_private
from config.embedded_watch import NAMES, ServerWatch
from config.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent
READY_WITHIN_SECONDS = 120


def main(words=()):
    os.chdir(ROOT)
    data = Path(os.environ.get("DATA_DIR") or ROOT / ".data")
    data.mkdir(parents=True, exist_ok=True)
    try:
        return prepare(data) if "prepare" in words else run(data)
    except CannotStart as exc:
        print(f"\nCan't start: {exc}\n", file=sys.stderr)
        return 1


def run(data):
    """Start everything, wait for Ctrl-C or SIGTERM, stop everything. Returns the exit code."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    environment, web, sandbox = _environment(data)
    _check_port("WEB_PORT", web)
    _check_port("SANDBOX_PORT", sandbox)
    servers = _embedded_servers(environment, data)
    try:
        _start_servers(servers, environment)
        _prepare_database(environment, data)
        without_owner = {k: v for k, v in environment.items() if k not in _OWNERS_ONLY}
        supervisor = Supervisor(
            ROOT / "Procfile",
            without_owner,
            data / "pids",
            log_file=data / "processes.log",
            labels=NAMES if servers is not None else (),
        )
        watch = None
        if servers is not None:
            watch = ServerWatch(servers, data / "pids", supervisor.write)
            watch.start()
        supervisor.start()
        try:
            _wait_until_ready(web, sandbox, stop)
            if not stop.is_set():
                _load_demo(without_owner)
                _print_welcome(web, sandbox, without_owner)
            stop.wait()
            print("\nStopping…", flush=True)
        finally:
            supervisor.stop()
            if watch is not None:
                watch.stop()
    finally:
        if servers is not None:
            servers.stop()
    return 0


def prepare(data):
    """What a first start makes before its processes run, for folders that are copied from this one. Returns 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    environment, _web, _sandbox = _environment(data)
    servers = _embedded_servers(environment, data)
    try:
        _start_servers(servers, environment)
        _prepare_database(environment, data)
    finally:
        if servers is not None:
            servers.stop()
    return 0


def _environment(data):
    """The settings of all processes, and both ports."""
    given = {name: value for name, value in os.environ.items() if value}  # make passes on unset ones as empty
    environment = given | _programs_on_path() | _secrets(data)
    environment.setdefault("DATA_DIR", str(data))
    web, sandbox = int(environment.get("WEB_PORT", 8000)), int(environment.get("SANDBOX_PORT", 8010))
    _rehearsal_settings(environment, data, web, sandbox)
    return environment, web, sandbox


def _embedded_servers(environment, data):
    """The embedded servers, not started yet, or ``None`` where the environment names others."""
    return None if environment.get("DATABASE_URL") else Servers(data)


def _start_servers(servers, environment):
    """Start them, where there are any. A start that breaks off may leave one running: ``servers.stop()`` ends it."""
    if servers is not None:
        servers.start()
        environment.update(servers.environment)


_OWNERS_ONLY = {"DATABASE_OWNER_URL", "DATABASE_SUPERUSER_URL"}


def _programs_on_path():
    """Procfile commands find the programs of the environment that runs us."""
    return {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def _secrets(data):
    """Secrets made once for this folder; those set outside win."""
    path = data / "secrets.env"
    made = dict(line.partition("=")[::2] for line in path.read_text().splitlines()) if path.exists() else {}
    new = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": _fernet_key,
        "WHATSAPP_APP_SECRET": lambda: secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": lambda: secrets.token_urlsafe(16),
        "WHATSAPP_ACCESS_TOKEN": lambda: "sandbox-" + secrets.token_urlsafe(24),
    }
    missing = {name: make() for name, make in new.items() if name not in made}
    if missing:
        made |= missing
        write_private(path, "".join(f"{name}={value}\n" for name, value in made.items()))
    return {name: os.environ.get(name) or value for name, value in made.items()}


def _fernet_key():
    from cryptography.fernet import Fernet  # only the very first start needs it

    return Fernet.generate_key().decode()


def _rehearsal_settings(environment, data, web, sandbox):
    """Point the program at the sandbox and let the clock move; whoever set something else keeps it."""
    for name, value in {
        "WEB_PORT": str(web),
        "SANDBOX_PORT": str(sandbox),
        "WHATSAPP_PROVIDER": "sandbox",
        "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{sandbox}",
        "WHATSAPP_APP_ID": "100000000000001",
        "WHATSAPP_SIGNUP_URL": f"http://127.0.0.1:{sandbox}/dialog/oauth",
        "WHATSAPP_SIGNUP_CONFIG_ID": "100000000000002",
        "SANDBOX_TOKEN": environment["WHATSAPP_ACCESS_TOKEN"],
        "SANDBOX_DATA": str(data / "sandbox"),
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "MOVABLE_CLOCK": "1",
        "POLL_SECONDS": "5",
        "SITE_FETCH_ALLOW_PRIVATE": "1",
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(data / "mail"),
    }.items():
        environment.setdefault(name, value)


def _check_port(name, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise CannotStart(
                f"port {port} is taken by another program (perhaps another `make run`). "
                f"Stop it, or choose another port: `make run {name}={port + 100}`."
            ) from exc


def _prepare_database(environment, data):
    """Roles, tables and translations; what didn't change since the last complete start is skipped."""
    if not _translations_are_compiled():
        _manage(environment, "translations", "compile", "--quiet")
    stamp, digest = data / "prepared", _digest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Preparing the database…", flush=True)
    if environment.get("DATABASE_SUPERUSER_URL"):
        _manage(environment, "setup_database", "--migrate")
    else:
        _manage(environment, "migrate", "--verbosity", "0")
    stamp.write_text(digest)


def _translations_are_compiled():
    """They lie beside the program and not in the data folder, so the stamp of a folder says nothing about them."""
    for source in ROOT.glob("locale/*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            return False
    return True


def _digest():
    digest = hashlib.sha256(str(sys.version_info[:2]).encode())
    for pattern in ("*/migrations/*.py", "tenants/rls.py", "*/models.py", "*/models/*.py"):
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _manage(environment, *arguments):
    done = subprocess.run([sys.executable, "manage.py", *arguments], env=environment)
    if done.returncode:
        raise CannotStart(
            f"`manage.py {' '.join(arguments)}` failed; its words are above. Running the same command again goes on "
            "where it stopped."
        )


def _wait_until_ready(web, sandbox, stop):
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    for url in (f"http://127.0.0.1:{sandbox}/healthz", f"http://127.0.0.1:{web}/readyz"):
        while not stop.is_set() and not _answers(url):
            if time.monotonic() > deadline:
                raise CannotStart(f"{url} doesn't answer after {READY_WITHIN_SECONDS} s; see the lines above.")
            time.sleep(0.2)


def _answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def _load_demo(environment):
    if environment.get("DEMO", "1") == "1":
        _manage(environment, "demo", "--if-empty")


def _print_welcome(web, sandbox, environment):
    from config.demo_people import PASSWORD, PEOPLE

    lines = [
        "",
        f"  Ready: http://127.0.0.1:{web}/",
        "",
        f"  Staff admin     http://127.0.0.1:{web}/admin/",
        f"  The phone       http://127.0.0.1:{sandbox}/phone/     (play the customer)",
        f"  Control panel   http://127.0.0.1:{sandbox}/control/   (reviewer's mood, faults, clock)",
        f"  Mail            http://127.0.0.1:{sandbox}/mail/      (what the product would have sent)",
        f"  API             http://127.0.0.1:{web}/api/docs/",
        "",
    ]
    if environment.get("DEMO", "1") == "1":
        lines += ["  Log in with", *(f"    {email:<34} {what}" for email, what in PEOPLE)]
        lines += [f"  The password of all of them: {PASSWORD}", ""]
    print("\n".join([*lines, "  Ctrl-C stops everything.", ""]), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
