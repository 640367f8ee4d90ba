"""What a killed PostgreSQL leaves in its folder and in the process table, and how to start over it.

PostgreSQL clears up after itself in most cases. Two stop it: backends that outlive their postmaster hold the old shared
memory until their statement ends, and a lock file whose pid now belongs to some other program of the same user looks
like a running server.
"""

import os
import signal
import time
from pathlib import Path

QUIT_SECONDS, KILL_SECONDS = 5.0, 2.0


def postmaster(data):
    """The pid of the postmaster that works in this folder, or ``None``."""
    pid = _first_number(Path(data) / "postmaster.pid")
    return pid if pid is not None and pid in _processes(data) else None


def clear(data, socket_folder):
    """End backends without a postmaster and remove lock files that lie. Only while no postmaster is there."""
    _end_orphans(data)
    for lock in (Path(data) / "postmaster.pid", *Path(socket_folder).glob(".s.PGSQL.*.lock")):
        pid = _first_number(lock)
        if pid is not None and Path(f"/proc/{pid}").exists():
            lock.unlink(missing_ok=True)


def _end_orphans(data):
    """The server is gone and recovers from its log, so nothing that they still hold is worth anything."""
    for number, seconds in ((signal.SIGQUIT, QUIT_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        deadline = time.monotonic() + seconds
        for pid in _processes(data):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while _processes(data):
            if time.monotonic() > deadline:
                break
            time.sleep(0.05)
        else:
            return


def _processes(data):
    """Pids of the PostgreSQL processes of this folder: each of them works in it. Empty where there is no ``/proc``."""
    folder, found = os.path.realpath(data), set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == folder and Path(os.readlink(entry / "exe")).name.startswith("postgres"):
                found.add(int(entry.name))
        except OSError:  # it ended meanwhile, or belongs to somebody else
            continue
    return found


def _first_number(path):
    try:
        return abs(int(path.read_text().split("\n", 1)[0]))
    except (OSError, ValueError):
        return None
