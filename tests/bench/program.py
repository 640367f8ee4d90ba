"""The processes of the Procfile on the ground, and ready: what people run and nothing else."""

import time
import urllib.error
import urllib.request

import redis

from config.supervisor import read_procfile
from tests.bench.ground import ROOT, stop
from tests.journeys.stack import free_ports

PROCESSES = ("web", "sender", "worker", "beat")
READY_WITHIN_SECONDS = 60


class Program:
    """``with Program(ground, environment) as program``: ``.url``, ``.port``, and ``.processes`` by name."""

    def __init__(self, ground, environment, names=PROCESSES, **more):
        self.ground = ground
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.names = names
        self.environment = environment | {
            "WEB_PORT": str(self.port),
            "DATA_DIR": str(ground.scratch("program")),
            "PYTHONUNBUFFERED": "1",
            **more,
        }
        self.processes = {}

    def __enter__(self):
        # What an earlier figure left in the queues is no part of this one.
        redis.Redis.from_url(self.environment["REDIS_URL"]).flushall()
        commands = read_procfile(ROOT / "Procfile")
        for name in self.names:
            shell = ["/bin/sh", "-c", f"exec {commands[name]}"]
            self.processes[name] = self.ground.spawn(f"bench-{name}", shell, self.environment, PROCESS_NAME=name)
        self._wait()
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            stop(process)

    @property
    def pids(self):
        """The pids of all processes, for ``metered``."""
        return [process.pid for process in self.processes.values()]

    def _wait(self):
        """Until the web program answers and, if it was asked for, a worker takes tasks."""
        end = time.monotonic() + READY_WITHIN_SECONDS
        while not (self._web_answers() and self._worker_answers()):
            ended = [name for name, process in self.processes.items() if process.poll() is not None]
            if ended or time.monotonic() > end:
                said = "\n".join((self.ground.data / f"bench-{name}.log").read_text()[-2000:] for name in self.names)
                raise RuntimeError(f"The program did not get ready ({', '.join(ended) or 'too slow'}):\n{said}")
            time.sleep(0.2)

    def _web_answers(self):
        if "web" not in self.names:
            return True
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def _worker_answers(self):
        if "worker" not in self.names:
            return True
        from config.celery import app  # only figures with a worker need Celery

        return bool(app.control.inspect(timeout=0.5).ping())
