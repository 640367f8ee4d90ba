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
from dataclasses import dataclass
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
    speed_spread: tuple
    cpu_spread: tuple

    def words(self, by="speed"):
        """What ``emit`` says of both sides beside the value; ``by``: whether ``ratio`` is that of speed or of CPU."""
        least, most = self.speed_spread if by == "speed" else self.cpu_spread
        return {
            "ratio": self.speed_ratio if by == "speed" else self.cpu_ratio,
            "per_second": self.ours.per_second,
            "floor_per_second": self.floor.per_second,
            "cpu_us": self.ours.cpu_us,
            "floor_cpu_us": self.floor.cpu_us,
            "others": self.others,
            "ratio_min": least,
            "ratio_max": most,
        } | ({} if by == "speed" else {"time_ratio": 1 / self.speed_ratio})


def paired(ours, floor, *, rounds=5, check=None):
    """Run two callables that return a ``Round``, alternating and changing who goes first; medians of ``rounds``.

    A pair before them warms up. ``check()`` is called after each pair, and raises when the two sides differ.
    """
    pairs = []
    for turn in range(rounds + 1):
        if turn % 2:
            first, second = ours(), floor()
        else:
            second, first = floor(), ours()
        if check is not None:
            check()
        if turn:
            pairs.append((first, second))
            note(f"  round {turn}: {first.per_second:,.0f}/s against {second.per_second:,.0f}/s, "
                 f"{first.cpu_us:,.0f} µs against {second.cpu_us:,.0f}")  # fmt: skip
    speeds = [a.per_second / b.per_second for a, b in pairs]
    costs = [a.cpu_us / max(b.cpu_us, 1e-9) for a, b in pairs]
    return Paired(
        ours=median_round([a for a, _ in pairs]),
        floor=median_round([b for _, b in pairs]),
        speed_ratio=statistics.median(speeds),
        cpu_ratio=statistics.median(costs),
        others=max(max(a.others, b.others) for a, b in pairs),
        speed_spread=(min(speeds), max(speeds)),
        cpu_spread=(min(costs), max(costs)),
    )


def median_round(rounds):
    """The medians of several rounds, as a round."""
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


def emit(name, *, value, unit, n, goal, met, per_second, cpu_us, ratio=None, floor=None, others=0.0, **more):
    """Print one figure as a JSON line. ``met`` says whether ``goal`` (words, as in "≥ 4") holds in this run.

    ``per_second`` and ``cpu_us`` stand beside every figure: events per second, and CPU microseconds per event.
    """
    line = {
        "name": name,
        "value": _short(value),
        "unit": unit,
        "ratio": _short(ratio),
        "floor": _short(floor),
        "n": n,
        "goal": goal,
        "met": bool(met),
        "per_second": _short(per_second),
        "cpu_us": _short(cpu_us),
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
