"""Our own processes end: killed at random, killed at every named point, or asked to end under load."""

import signal
import time

from tests.faults.kinds import KINDS, Kind
from tests.faults.points import POINTS
from tests.faults.provoke import AFTERWARDS, PROVOKE

RANDOM_KILLS = {"web": (20, 1, 10), "worker": (20, 1, 10), "sender": (20, 1, 5), "beat": (8, 0, 8)}
"""Trials, those in CI, and how many share one check."""
PROVOKE_SECONDS = 20
"""A lease and a sweep, or two looks for windows that ended."""
STRUCK_WITHIN_SECONDS = 90
TERMINATIONS = {"web": 5, "worker": 5, "sender": 5, "beat": 3}


def _kill(name):
    def strike(world, rng):
        world.rest(rng.uniform(0, 0.8))
        pid = world.stack.kill(name)
        # Counted before the next one is at work: what has left and whose outcome nobody wrote down.
        flying = world.flying() if name == "sender" else 0
        world.stack.back(name, pid)
        if name == "web":
            world.web_answers()
        return flying

    trials, quick, group = RANDOM_KILLS[name]
    KINDS[f"{name}.kill"] = Kind(f"{name}.kill", strike, trials, quick, group)


def _terminate(name):
    def strike(world, rng):
        world.rest(rng.uniform(0, 0.8))
        pid = world.stack.signal(name, signal.SIGTERM)
        world.stack.back(name, pid, 90)
        if name == "web":
            world.web_answers()
        return 0

    KINDS[f"{name}.sigterm"] = Kind(f"{name}.sigterm", strike, TERMINATIONS[name], quick=0, group=5)


def _point(name, actions, quick=0):
    """One kind per named point; its trials are the actions in their order."""

    def strike(world, rng, index):
        action = actions[index % len(actions)]
        before, struck = world.pids(), world.stack.struck(name)
        world.stack.order(name, action)
        provoke = PROVOKE.get(name)
        deadline, provoke_at, allowed = time.monotonic() + STRUCK_WITHIN_SECONDS, 0.0, 0
        while world.stack.struck(name) == struck:
            assert time.monotonic() < deadline, f"Nobody came by {name}."
            if provoke and time.monotonic() > provoke_at:
                allowed += provoke(world, rng) or 0
                provoke_at = time.monotonic() + PROVOKE_SECONDS
            time.sleep(0.05)
        if POINTS[name] in ("sender", "any"):
            allowed += world.flying()
        # A worker's child is replaced by its parent, under whose pid nothing changes.
        if action == "kill" and world.stack.last_struck(name) in before.values():
            world.back_after(before)
            world.web_answers()
        if name in AFTERWARDS:
            AFTERWARDS[name](world)
        return allowed

    full = f"point.{name}"
    KINDS[full] = Kind(full, strike, len(actions), quick, group=len(actions), numbered=True)


SLOW_POINTS = {"door.before_commit", "digest.before_commit", "sender.before_result_commit", "sender.after_mark"}
QUICK_POINTS = {"sender.after_mark", "sender.after_send", "digest.before_commit", "door.after_commit"}

for _name in RANDOM_KILLS:
    _kill(_name)
for _name in TERMINATIONS:
    _terminate(_name)
for _name in POINTS:
    _actions = ["kill", "raise", "kill"] + (["sleep 2"] if _name in SLOW_POINTS else [])
    if _name == "replay.before_commit":  # an error leaves the letter open for a person, as it must
        _actions = ["kill", "kill", "sleep 2"]
    _point(_name, _actions, quick=int(_name in QUICK_POINTS))
