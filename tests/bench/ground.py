"""Where figures are taken: durable embedded servers, fresh or kept databases, processes that end with us."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from config.embedded import Servers

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {
    "SECRET_KEY": "a-secret-key-for-benches-only-0123456789-0123456789-0123456789",
    "ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "WHATSAPP_APP_SECRET": "an-app-secret-for-benches",
    "WHATSAPP_VERIFY_TOKEN": "a-verify-token-for-benches",
    "WHATSAPP_ACCESS_TOKEN": "sandbox-token",
    "WHATSAPP_PROVIDER": "sandbox",
    "WHATSAPP_GRAPH_URL": "http://127.0.0.1:9",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}


class Ground:
    """``with Ground(full=…) as ground``: servers run, Django is set up, everything that was spawned ends at the end."""

    def __init__(self, *, full=False, data_dir=None):
        self.full = full
        self.data = Path(data_dir or os.environ.get("BENCH_DATA_DIR") or ROOT / ".data" / "bench").resolve()
        self.processes = []

    def __enter__(self):
        self.servers = Servers(self.data, log=lambda words: print(words, file=sys.stderr))
        self.servers.start()
        os.environ.update(self.servers.environment | SECRETS)
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        import django  # settings are read when the servers are there

        django.setup()
        return self

    def __exit__(self, *_):
        from django.db import connections

        connections.close_all()
        for process in reversed(self.processes):
            stop(process)
        self.servers.stop()

    @property
    def postgres_pid(self):
        """The postmaster, whose tree holds all backends."""
        return int((self.servers.pg_data / "postmaster.pid").read_text().split()[0])

    # Databases

    def fresh_database(self, name, like=None):
        """Work in a new, migrated database; returns the environment in which child processes work in it too.

        It is empty, or holds what the database of this run named ``like`` holds.
        """
        from django.conf import settings

        from tests import databases

        if like is None:
            databases.make_database(f"bench_{name}", settings)
        else:
            self._clone(f"bench_{like}", f"bench_{name}")
        self.work_in(f"bench_{name}")
        return self.environment

    def work_in(self, database):
        """Have Django work in another database; what the process remembers of the one before is forgotten."""
        from contactcenter.understand import routing  # Django is set up by now
        from tests import databases

        databases.use_database(database)
        routing.forget()

    def _clone(self, source, name):
        from django.conf import settings
        from django.db import connections
        from psycopg2 import sql

        from tests import databases

        connections.close_all()
        databases.drop_database(name, settings)
        admin = databases.owner_connection(settings, "postgres")
        with admin.cursor() as cursor:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
            )
        admin.close()

    def kept_database(self, name, build):
        """Work in a database that ``build()`` filled once; kept until models or migrations change."""
        from django.conf import settings
        from django.db import connections
        from psycopg2 import sql

        from tests import databases

        kept = f"bench_{name}_{databases.digest_of_migrations()}"
        admin = databases.owner_connection(settings, "postgres")
        with admin.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [kept])
            if cursor.fetchone() is None:
                cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"bench_{name}_"])
                for (old,) in cursor.fetchall():
                    databases.drop_database(old, settings)
                unfinished = f"bench_{name}_unfinished"
                databases.make_database(unfinished, settings)
                self.work_in(unfinished)
                build()
                connections.close_all()
                cursor.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(kept))
                )
        admin.close()
        self.work_in(kept)
        return self.environment

    @property
    def environment(self):
        """The environment of child processes that work in the database of this moment (never the owner's)."""
        from django.conf import settings

        database = settings.DATABASES["default"]["NAME"]
        app_url = self.servers.environment["DATABASE_URL"].replace("/umbral?", f"/{database}?")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | SECRETS | {"DATABASE_URL": app_url, "REDIS_URL": self.servers.environment["REDIS_URL"]}

    def superuser(self):
        """A plain superuser connection to the database of this moment, in autocommit (checksums, VACUUM, locks)."""
        import psycopg2
        from django.conf import settings

        url = self.servers.environment["DATABASE_SUPERUSER_URL"]
        connection = psycopg2.connect(url.replace("/postgres?", f"/{settings.DATABASES['default']['NAME']}?"))
        connection.autocommit = True
        return connection

    # Processes

    def spawn(self, name, command, environment=None, **more):
        """Start a process of this installation; its words go to ``<data>/<name>.log``. ``stop(process)`` ends it."""
        log = open(self.data / f"{name}.log", "wb")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=(environment or self.environment) | more,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    @contextmanager
    def running(self, name, command, environment=None, **more):
        """A process for the length of a block."""
        process = self.spawn(name, command, environment, **more)
        try:
            yield process
        finally:
            stop(process)

    def scratch(self, name):
        """An empty folder for one figure."""
        folder = self.data / f"{name}-{secrets.token_hex(3)}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def stop(process, seconds=15):
    """End a spawned process and its children."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
