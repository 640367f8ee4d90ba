"""The real program, with its two servers in our own hands, so that they can be stopped, starved and started again."""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import redis

from config.embedded import CannotStart, Servers
from tests.journeys.stack import Stack

LEASE_SECONDS, ANSWER_SECONDS = 12, 3
SMALL_DISK_MEGABYTES = 64
PROCESSES = ("web", "sender", "worker", "beat")


class FaultStack(Stack):
    """``Stack`` with named points to strike at and servers of its own."""

    def __init__(self):
        super().__init__()
        self.orders = self.folder / "orders"
        self.orders.mkdir()
        self.orders.chmod(0o777)
        self.small_disk = None
        self.servers = Servers(self.folder, log=lambda text: None)

    def start(self):
        self.servers.start()
        self._mount_small_disk()
        return super().start()

    def stop(self, keep=False):
        try:
            return super().stop(keep=True)
        finally:
            self.servers.stop()
            if self.small_disk is not None:
                subprocess.run(["umount", "-l", str(self.small_disk)], check=False)
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _outer_environment(self):
        return (
            super()._outer_environment()
            | self.servers.environment
            | {
                "FAULTS": "1",
                "FAULT_DIR": str(self.orders),
                "SENDER_LEASE_SECONDS": str(LEASE_SECONDS),
                "SENDER_ANSWER_SECONDS": str(ANSWER_SECONDS),
                "WORKER_CONCURRENCY": "2",
            }
        )

    # Looking

    def superuser(self):
        """A connection that sees everything, in autocommit."""
        url = self.servers.environment["DATABASE_SUPERUSER_URL"].replace("/postgres?", "/umbral?")
        connection = psycopg2.connect(url, connect_timeout=5, application_name="nemesis")
        connection.autocommit = True
        return connection

    def rows(self, sql, *parameters):
        """All rows of one statement over the installation's database, whoever they belong to; none if it has none."""
        connection = self.superuser()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def at_provider(self, sql, *parameters):
        """All rows of one query over what the sandbox remembers."""
        path = self.folder / "sandbox" / "sandbox.sqlite3"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql, parameters).fetchall()
        finally:
            connection.close()

    # Named points

    def order(self, point, action):
        """The next process that comes by this point strikes itself."""
        unfinished = self.orders / f".{point}"
        unfinished.write_text(action)
        unfinished.rename(self.orders / point)

    def withdraw(self, point):
        """Take an order back; whether it was still there."""
        try:
            (self.orders / point).unlink()
        except FileNotFoundError:
            return False
        return True

    def struck(self, point):
        """How often somebody struck at this point so far."""
        return len(list(self.orders.glob(f"{point}.struck-*")))

    def last_struck(self, point):
        """The pid of the last process that struck itself at this point."""
        newest = max(self.orders.glob(f"{point}.struck-*"), key=lambda path: int(path.name.rpartition("-")[2]))
        return int(newest.name.rsplit("-", 2)[1])

    # Processes

    def signal(self, name, number):
        pid = self.pid(name)
        if pid is not None:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                return None
        return pid

    # PostgreSQL

    def stop_postgres(self, how):
        """End the server: ``SIGINT`` is a fast shutdown, ``SIGQUIT`` an immediate one, ``SIGKILL`` a crash."""
        process = self.servers.processes.pop("postgres")
        process.send_signal(how)
        process.wait(30)

    def start_postgres(self):
        """Start it again; after a crash its orphans may need a moment to notice."""
        deadline = time.monotonic() + 40
        while True:
            try:
                return self.servers._start_postgres()
            except CannotStart:
                if time.monotonic() > deadline:
                    raise
                self.servers.processes.pop("postgres", None)
                time.sleep(0.5)

    # Redis

    def redis(self):
        return redis.Redis.from_url(self.servers.environment["REDIS_URL"], socket_timeout=5)

    def stop_redis(self):
        process = self.servers.processes.pop("redis")
        process.kill()
        process.wait(10)
        (self.servers.run / "redis.sock").unlink(missing_ok=True)

    def start_redis(self):
        self.servers._start_redis()

    @contextmanager
    def frozen(self, name):
        """A server that is there and says nothing."""
        process = self.servers.processes[name]
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    # A disk that can be filled

    def _mount_small_disk(self):
        """A small file system of its own for the ledger's and the messages' tables, where this user may mount one."""
        folder = self.servers.home / "small"
        folder.mkdir()
        size = f"size={SMALL_DISK_MEGABYTES}m"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], capture_output=True)
        if done.returncode:
            return
        self.small_disk = folder
        place = folder / "tables"
        place.mkdir()
        self.servers._own(folder, place)

    def move_to_small_disk(self):
        """Put what grows under load onto the small disk; whether there is one."""
        if self.small_disk is None:
            return False
        self.rows(f"CREATE TABLESPACE small LOCATION '{self.small_disk / 'tables'}'")
        leaves = self.rows("SELECT relid::regclass::text FROM pg_partition_tree('providers_delivery') WHERE isleaf")
        for (table,) in [*leaves, ("contactcenter_message",)]:
            self.rows(f"ALTER TABLE {table} SET TABLESPACE small")
        return True

    @contextmanager
    def full_disk(self):
        """No page can be added to the tables on the small disk."""
        filler = self.small_disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            for size in (2**20, 2**12):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    pass
        try:
            yield
        finally:
            Path(filler).unlink()
