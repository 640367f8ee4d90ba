"""How a figure is taken: both sides in the same run, alternating, with the CPU that each of them used.

Events per second move with whatever else the machine does; CPU per event hardly does. So each round gives both, and
a run in which other processes took more than 15 % of the machine says so.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
DISTURBED_ABOVE = 0.15

FIGURES: dict[str, Callable] = {}
"""Name of a figure → the function that takes it (one function may take several)."""

results: list[dict] = []
"""What ``emit`` printed in this run."""


def figure(*names):
    """Register a function ``(ground) -> None`` that takes these figures and calls ``emit`` for each."""

    def register(take):
        for name in names:
            FIGURES[name] = take
        return take

    return register


@dataclass(frozen=True)
class Round:
    """One measured round: events, wall-clock seconds, CPU seconds of the measured processes and of others."""

    events: int
    seconds: float
    cpu: float
    others: float = 0.0

    @property
    def per_second(self):
        return self.events / self.seconds

    @property
    def cpu_us(self):
        """CPU microseconds per event."""
        return self.cpu / self.events * 1e6


@dataclass
class Meter:
    """Filled when the ``metered`` block ends. ``others``: share of the machine that foreign processes took."""

    seconds: float = 0.0
    cpu: float = 0.0
    others: float = 0.0

    def round(self, events):
        """The round that this block measured."""
        return Round(events, self.seconds, self.cpu, self.others)


@contextmanager
def metered(*roots):
    """Measure a block: wall-clock time and the CPU of the process trees below ``roots`` (pids).

    A tree counts its ended children too. Name the processes under test (this one: ``os.getpid()`` counts without its
    children); what this process and its children use beyond them belongs to the load and to nobody else.
    """
    meter = Meter()
    cpu, machine, family = _cpu_of(roots), _machine(), tree_cpu(os.getpid())
    began = time.perf_counter()
    try:
        yield meter
    finally:
        meter.seconds = time.perf_counter() - began
        meter.cpu = _cpu_of(roots) - cpu
        busy, own = _machine() - machine, tree_cpu(os.getpid()) - family
        meter.others = max(0.0, (busy - own) / (meter.seconds * CORES))


def _cpu_of(roots):
    return sum(own_cpu() if pid == os.getpid() else tree_cpu(pid) for pid in roots)


def own_cpu():
    """CPU seconds of this process without its children."""
    times = os.times()
    return times.user + times.system


def tree_cpu(root):
    """CPU seconds of a process, its living descendants, and those that ended and were waited for."""
    children, used = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        pid = int(entry.name)
        children.setdefault(int(words[1]), []).append(pid)
        used[pid] = sum(map(int, words[11:15]))
    total, todo = 0, [root]
    while todo:
        pid = todo.pop()
        total += used.get(pid, 0)
        todo += children.get(pid, [])
    return total / TICKS


def _machine():
    """CPU seconds that all processes of this machine used so far."""
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq = map(int, words[:7])
    return (user + nice + system + irq + softirq) / TICKS


def pss_kib(pid):
    """Proportional memory of a process tree in KiB."""
    children = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            children.setdefault(int(words[1]), []).append(int(entry.name))
    total, todo = 0, [pid]
    while todo:
        one = todo.pop()
        todo += children.get(one, [])
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total


@dataclass
class Paired:
    """Medians of alternating rounds of ours and of the floor, the first of each dropped."""

    ours: Round
    floor: Round
    speed_ratio: float
    """Events per second, ours by the floor's: the median over the pairs."""
    cpu_ratio: float
    """CPU per event, ours by the floor's: the median over the pairs."""
    others: float
    spread: dict = field(default_factory=dict)


def paired(ours, floor, *, rounds=5, warm_up=True):
    """Run two callables that return a ``Round``, alternating and changing who goes first; medians of ``rounds``."""
    if warm_up:
        ours(), floor()
    pairs = []
    for turn in range(rounds):
        if turn % 2:
            second, first = floor(), ours()
        else:
            first, second = ours(), floor()
        pairs.append((first, second))
        note(f"  round {turn + 1}: {first.per_second:,.0f}/s against {second.per_second:,.0f}/s")
    speeds = sorted(a.per_second / b.per_second for a, b in pairs)
    return Paired(
        ours=_median([a for a, _ in pairs]),
        floor=_median([b for _, b in pairs]),
        speed_ratio=statistics.median(speeds),
        cpu_ratio=statistics.median(a.cpu_us / b.cpu_us for a, b in pairs) if all(b.cpu for _, b in pairs) else 0.0,
        others=max(max(a.others, b.others) for a, b in pairs),
        spread={"ratio_min": round(speeds[0], 3), "ratio_max": round(speeds[-1], 3)},
    )


def _median(rounds):
    return Round(
        events=round(statistics.median(one.events for one in rounds)),
        seconds=statistics.median(one.seconds for one in rounds),
        cpu=statistics.median(one.cpu for one in rounds),
        others=max(one.others for one in rounds),
    )


def percentile(values, share):
    """The value below which ``share`` (0 to 1) of ``values`` lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def emit(name, *, value, unit, n, goal, met, ratio=None, floor=None, others=0.0, **more):
    """Print one figure as a JSON line. ``met`` says whether ``goal`` (words, as in "≥ 4") holds in this run."""
    line = {
        "name": name,
        "value": _short(value),
        "unit": unit,
        "ratio": _short(ratio),
        "floor": _short(floor),
        "n": n,
        "goal": goal,
        "met": bool(met),
        "others": round(others, 3),
        **{key: _short(one) for key, one in more.items()},
    }
    if others > DISTURBED_ABOVE:
        line["disturbed"] = True
        note(f"  {name}: other processes took {others:.0%} of the machine; take it again in quiet")
    results.append(line)
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _short(value):
    return round(value, 4 if abs(value) < 10 else 1) if isinstance(value, float) else value


def note(words):
    """Say something to people, apart from the figures."""
    print(words, file=sys.stderr, flush=True)
