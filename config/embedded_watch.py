"""The embedded servers are kept alive like the processes beside them: label, growing pause, pid file.

A server that was running before us (another program started from the same folder, or one of us was killed) is looked
at from outside and started by us when it is gone.
"""

import time

from config.embedded import CannotStart
from config.supervisor import Kept

NAMES = ("postgres", "redis")
LOOK_SECONDS = 0.3
LOOK_FROM_OUTSIDE_SECONDS = 2.0
SILENT_LOOKS = 3
"""A server of somebody else's that says nothing so many times in a row is taken to be gone."""
STOP_WAIT_SECONDS = 15


class KeptServer(Kept):
    """One server of a ``Servers``, by its name there."""

    def __init__(self, name, servers, pid_folder, write):
        super().__init__(name, pid_folder, write)
        self.servers = servers
        self.lives = 0

    def _run_once(self):
        try:
            self.servers.revive(self.name)
        except (CannotStart, OSError) as exc:
            for line in str(exc).splitlines():
                self.write(self.name, line)
            return "did not start"
        self.lives += 1
        if self.lives > 1:
            self.write(self.name, "answers again")
        process = self.servers.processes.get(self.name)
        if process is None:
            return self._look_from_outside()
        self.pid_file.write_text(str(process.pid))
        while process.poll() is None and not self.stopping.wait(LOOK_SECONDS):
            pass
        return f"ended ({process.poll()})"

    def _look_from_outside(self):
        silent = 0
        while silent < SILENT_LOOKS and not self.stopping.wait(LOOK_FROM_OUTSIDE_SECONDS):
            silent = 0 if self.servers.answers(self.name) else silent + 1
        return "says nothing any more"


class ServerWatch:
    """Both servers together. ``stop`` ends the watch and leaves the servers to whoever started them."""

    def __init__(self, servers, pid_folder, write):
        self.kept = [KeptServer(name, servers, pid_folder, write) for name in NAMES]

    def start(self):
        for one in self.kept:
            one.start()

    def stop(self):
        """Start nothing any more; a start that is under way may end first."""
        for one in self.kept:
            one.stopping.set()
        deadline = time.monotonic() + STOP_WAIT_SECONDS
        for one in self.kept:
            one.thread.join(max(0.1, deadline - time.monotonic()))
