"""``make bench``: our path beside a bare floor, in the same run, and a table for people at the end.

One JSON object per line.

``--only accept_16,say`` takes some (a name also picks the figures that begin with it), ``--full`` takes the large
sizes. Exit 0 when everything could be measured, whether or not a goal was met.
"""

import argparse
import importlib
import signal
import sys
import time
import traceback
from pathlib import Path

from tests.bench import measure
from tests.bench.ground import Ground
from tests.bench.measure import FIGURES, note


def main():
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", default="", help="names or their beginnings, separated by commas")
    parser.add_argument("--full", action="store_true", help="the large sizes; up to an hour")
    parser.add_argument("--keep", action="store_true", help="with --only: still draw the picture from what was taken")
    options = parser.parse_args()
    wanted = [name for name in options.only.split(",") if name]
    failed = []
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended from outside; what was started is stopped."))
    with Ground(full=options.full) as ground:
        for module in sorted(Path(__file__).parent.glob("bench_*.py")):
            importlib.import_module(f"tests.bench.{module.stem}")
        for take, names in _picked(wanted):
            note(f"{', '.join(names)} …")
            start = time.monotonic()
            try:
                take(ground)
            except Exception:
                traceback.print_exc()
                failed += names
            note(f"  {time.monotonic() - start:.0f} s")
    from tests.bench import report  # needs nothing of the above, and an unfinished run needs nothing of it

    report.table(measure.results)
    if not failed and (not wanted or options.keep):
        report.draw(measure.results, full=options.full)
    note(f"{len(measure.results)} figures in {time.monotonic() - began:.0f} s")
    if failed:
        note(f"Could not be measured: {', '.join(failed)}")
    return 1 if failed else 0


def _picked(wanted):
    """The functions to call with the names they take, each once, in the order of their files."""
    takes = {}
    for name, take in FIGURES.items():
        if not wanted or any(name == one or name.startswith(one) for one in wanted):
            takes.setdefault(take, []).append(name)
    return takes.items()


if __name__ == "__main__":
    sys.exit(main())
