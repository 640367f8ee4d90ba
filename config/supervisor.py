"""Run the processes of the Procfile: label their output, start again what dies, stop everything in order.

A process that dies is started again at once, then after a growing pause; one that ran for a while starts from the
shortest pause. Each process leaves its pid in a file, so that fault tests can find it. The embedded servers are kept
alive by the same rules (``config/embedded_watch.py``).
"""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 15
STEADY_AFTER_SECONDS = 20
STOP_WAIT_SECONDS = 12
COLOURS = (36, 35, 33, 32, 34, 31)


def read_procfile(path):
    """The processes of a Procfile as ``{name: command}``, in its order."""
    lines = (line.strip() for line in Path(path).read_text().splitlines())
    pairs = (line.split(":", 1) for line in lines if line and not line.startswith("#"))
    return {name.strip(): command.strip() for name, command in pairs}


class Kept:
    """Something that runs in a process and is kept alive. ``stopping`` ends that."""

    def __init__(self, name, pid_folder, write):
        self.name = name
        self.pid_file = Path(pid_folder) / f"{name}.pid"
        self.write = write
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._keep_alive, name=name, daemon=True)

    def start(self):
        self.thread.start()

    def _keep_alive(self):
        pause = FIRST_PAUSE_SECONDS
        while not self.stopping.is_set():
            started = time.monotonic()
            end = self._run_once()
            if self.stopping.is_set():
                break
            if time.monotonic() - started > STEADY_AFTER_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            self.write(self.name, f"{end}; starting again in {pause:g} s")
            self.stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self.pid_file.unlink(missing_ok=True)

    def _run_once(self):
        """Start it and return when it is gone, with words for how it ended."""
        raise NotImplementedError


class Child(Kept):
    """A process of the Procfile."""

    def __init__(self, name, command, environment, pid_folder, write):
        super().__init__(name, pid_folder, write)
        self.command = command
        self.environment = environment
        self.process = None

    def _run_once(self):
        # `exec` lets the shell disappear, so that the pid is the program's own.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {self.command}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment | {"PROCESS_NAME": self.name, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self.pid_file.write_text(str(self.process.pid))
        # Read apart from waiting: what a killed parent leaves behind keeps the pipe open.
        reader = threading.Thread(target=self._pass_on, args=[self.process.stdout], daemon=True)
        reader.start()
        self.process.wait()
        self._end_orphans()
        reader.join(2)
        return f"ended ({self.process.returncode})"

    def _pass_on(self, lines):
        for line in lines:
            self.write(self.name, line.decode(errors="replace").rstrip())

    def _end_orphans(self):
        """A killed parent may leave children behind (Celery's pool); they share its process group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    def ask_to_stop(self):
        self.stopping.set()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def kill_if_still_there(self):
        if self.process is not None and self.process.poll() is None:
            self._end_orphans()


class Supervisor:
    """All children together. ``start`` and ``stop`` are called once each.

    ``labels`` are names under which others write here too.
    """

    def __init__(self, procfile, environment, pid_folder, out=None, log_file=None, labels=()):
        self.out = out or sys.stdout
        self.log = open(log_file, "a", buffering=1) if log_file else None
        self.lock = threading.Lock()
        commands = read_procfile(procfile)
        self.width = max(map(len, [*commands, *labels]))
        self.colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(commands)}
        self.colourful = self.out.isatty()
        Path(pid_folder).mkdir(parents=True, exist_ok=True)
        self.children = [
            Child(name, command, environment, pid_folder, self.write) for name, command in commands.items()
        ]

    def write(self, name, line):
        """Print one line under its process's label."""
        label = f"{name:>{self.width}}"
        if self.colourful:
            label = f"\033[{self.colours.get(name, 37)}m{label}\033[0m"
        with self.lock:
            print(f"{label} │ {line}", file=self.out, flush=True)
            if self.log:
                print(f"{name} | {line}", file=self.log)

    def start(self):
        for child in self.children:
            child.start()

    def stop(self):
        """Ask all to stop, wait a while, end what is left."""
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_WAIT_SECONDS
        for child in self.children:
            child.thread.join(max(0.1, deadline - time.monotonic()))
        for child in self.children:
            child.kill_if_still_there()
            child.thread.join(2)
