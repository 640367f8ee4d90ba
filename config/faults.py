"""Named places where a rehearsal may strike: kill the process, wait, or raise, beside the commit that they precede.

``FAULTS=1`` allows it at all. ``FAULT=point:action[:nth]`` says where and what for one process from its start (several
separated by commas). ``FAULT_DIR=folder`` lets a running installation be struck: a file named like the point holds the
action, and the first process that comes by takes the file away and strikes. The action is ``kill``, ``raise`` or
``sleep N``; ``nth`` (default 1) is the hit on which it happens.
"""

import os
import signal
import sys
import threading
import time


class Struck(RuntimeError):
    """A rehearsed failure."""


def _plan_from(environment):
    plan = {}
    if environment.get("FAULTS") != "1":
        return plan
    for order in filter(None, environment.get("FAULT", "").split(",")):
        point, action, *nth = order.strip().split(":")
        plan[point] = (action, int(nth[0]) if nth else 1)
    return plan


_plan = _plan_from(os.environ)
_folder = os.environ.get("FAULT_DIR") if os.environ.get("FAULTS") == "1" else None
_hits = {}
_lock = threading.Lock()


def fault_point(name):
    """A place where the rehearsal named in the environment strikes; nothing at all in any other process."""
    if name in _plan:
        action, nth = _plan[name]
        with _lock:
            _hits[name] = hit = _hits.get(name, 0) + 1
        if hit == nth:
            _strike(name, action)
    elif _folder and (action := _ordered(name)):
        _strike(name, action)


def _ordered(name):
    """The action in the folder of orders, taken by exactly one process."""
    order = os.path.join(_folder, name)
    if not os.path.exists(order):
        return None
    taken = f"{order}.struck-{os.getpid()}-{time.monotonic_ns()}"
    try:
        os.rename(order, taken)
    except FileNotFoundError:
        return None
    with open(taken) as file:
        return file.read().strip()


def _strike(name, action):
    print(f"fault point {name}: {action}", file=sys.stderr, flush=True)
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif action.startswith("sleep"):
        time.sleep(float(action.split()[1]))
    else:
        raise Struck(name)
