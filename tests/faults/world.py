"""The stack with its load, its open pages and its checker; where a fault begins and where everything is healed."""

import time

import requests

from tests.faults import check
from tests.faults.ground import QUICK_STATUS, prepare
from tests.faults.load import Load
from tests.faults.page import Page
from tests.faults.stack import PROCESSES, FaultStack
from tests.journeys.stack import eventually


class World:
    """One installation for a whole run."""

    def __init__(self, seed):
        self.seed = seed
        self.stack = FaultStack()
        self.on_small_disk = False
        self.may_fail = 0
        """How many messages were refused for good on purpose."""

    def start(self):
        self.stack.start()
        self.tenants = prepare(self.stack)
        self.on_small_disk = self.stack.move_to_small_disk()
        self.load = Load(self.stack, self.tenants, self.seed)
        self.pages = [Page(self.stack, tenant) for tenant in self.tenants]
        for page in self.pages:
            page.start()
        self.checker = check.Checker(self)
        self.load.acquaint()
        took, still = check.wait_until_quiet(self, 60)
        assert not still, f"Not quiet before the first fault: {still}"
        first = self.checker.look(0)
        assert not first, f"Broken before the first fault: {self.checker.examples}"
        self.load.start()
        return self

    def stop(self, keep=False):
        if hasattr(self, "load"):
            self.load.stop()
        for page in getattr(self, "pages", ()):
            page.stop()
        return self.stack.stop(keep=keep)

    # Healing

    def heal(self):
        """Whatever a fault left behind is put right, as an operator or time would."""
        stack = self.stack
        for order in stack.orders.iterdir():
            if ".struck-" not in order.name:
                order.unlink(missing_ok=True)
        if "postgres" not in stack.servers.processes:
            stack.start_postgres()
        if "redis" not in stack.servers.processes:
            stack.start_redis()
        stack.control("faults", method="DELETE")
        self.statuses_after(QUICK_STATUS)
        for name in PROCESSES:
            eventually(lambda name=name: self.alive(name), 60, f"{name} to run")

    def alive(self, name):
        """The pid of a process that runs."""
        pid = self.stack.pid(name)
        try:
            return pid if pid and open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "Z" else None
        except OSError:
            return None

    def pids(self):
        return {name: self.stack.pid(name) for name in PROCESSES}

    def back_after(self, before, seconds=60):
        """Wait until a process runs under another pid than in ``before``; which one it was."""

        def look():
            return next((n for n in PROCESSES if (pid := self.alive(n)) and pid != before[n]), None)

        return eventually(look, seconds, "a process to come back")

    def web_answers(self, seconds=40):
        def look():
            try:
                return requests.get(f"{self.stack.url}/healthz", timeout=3).status_code == 200
            except requests.RequestException:
                return False

        return eventually(look, seconds, "web to answer")

    def settle(self, allowance, seconds):
        """Heal, wait until quiet, check. Returns violations by name and how long the backlog took."""
        self.heal()
        self.load.pause()
        took, still = check.wait_until_quiet(self, seconds)
        found = self.checker.look(allowance)
        if still:
            found["not_quiet"] += 1
            self.checker.examples.append(f"not_quiet after {took:.0f} s: {still}")
        self.load.resume()
        return found, took

    # Helps for faults

    def inside(self, function, *arguments):
        """Run a function of ``tests.faults.inside`` in the program."""
        call = f"{function}({', '.join(map(repr, arguments))})"
        return self.stack.manage("shell", "--verbosity", "0", "-c", f"from tests.faults import inside; inside.{call}")

    def statuses_after(self, seconds):
        """How long the provider takes to say what became of a message."""
        self.stack.control("options", sent_after=seconds, delivered_after=seconds + 0.15)

    def strike_next_call(self, **fault):
        """Arm a fault of the provider; ``wait_for`` what this returns."""
        return self.stack.control("faults", **fault)["id"]

    def wait_for(self, fault, seconds=25):
        """Until an armed fault has found its victims."""

        def is_used_up():
            armed = self.stack.control("faults", method="GET")["faults"]
            return all(one["id"] != fault for one in armed)

        return eventually(is_used_up, seconds, "the provider's fault to find a message")

    def flying(self):
        """How many messages have left and have no outcome yet."""
        return self.stack.rows("SELECT count(*) FROM contactcenter_outboxitem WHERE state = 'attempted'")[0][0]

    def until(self, look, seconds, what):
        return eventually(look, seconds, what)

    @staticmethod
    def rest(seconds):
        time.sleep(seconds)
