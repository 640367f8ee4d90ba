"""``make faults``: violence against one whole running installation; JSON lines on stdout, progress on stderr."""

import argparse
import json
import random
import signal
import sys

from tests.faults import plan
from tests.faults.kinds import KINDS
from tests.faults.points import POINTS
from tests.faults.world import World


def main():
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--trials", type=int, help="about so many faults in all; every kind is tried at least once")
    parser.add_argument("--seed", type=int, help="repeat the run with this seed")
    parser.add_argument("--only", default="", help="kinds, or beginnings of their names, separated by commas")
    parser.add_argument("--quick", action="store_true", help="the small run of the test suite")
    parser.add_argument("--keep", action="store_true", help="leave the installation's folder for a look afterwards")
    parser.add_argument("--list", action="store_true", help="say which kinds there are")
    chosen = parser.parse_args()
    if chosen.list:
        for one in KINDS.values():
            print(f"{one.trials:>4} {one.name}")
        print(f"{sum(one.trials for one in KINDS.values()):>4} in all")
        return 0
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10**6)
    only = [name for name in chosen.only.split(",") if name]
    planned = plan.rounds(seed, chosen.trials, only, chosen.quick)
    if not planned:
        parser.error(f"No kind is called {chosen.only}; --list names them.")
    told(f"seed {seed}: {sum(len(indexes) for _kind, indexes in planned)} faults in {len(planned)} rounds")
    # A SIGTERM must not leave servers and processes behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    world = World(seed)
    try:
        world.start()
        told(f"the installation is in {world.stack.folder}")
        outcomes = plan.run(world, seed, planned, told, together=9 if chosen.quick and not only else 1)
        for line in plan.report(outcomes, seed, deadlocks=world.checker.deadlocks):
            print(line, flush=True)
        missed = [] if only or chosen.quick else [name for name in POINTS if not world.stack.struck(name)]
        told(f"answers: {json.dumps(dict(sorted(world.load.history.answers.items())))}")
        for example in world.checker.examples:
            told(f"  {example}")
        if missed:
            told(f"never struck: {', '.join(missed)}")
        broken = sum(sum(outcome.violations.values()) for outcome in outcomes.values())
        return 1 if broken or missed else 0
    finally:
        world.stop(keep=chosen.keep)


def told(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
