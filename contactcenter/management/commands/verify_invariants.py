import json
import sys

from django.core.management.base import BaseCommand, CommandError

from contactcenter.invariants import INVARIANTS, Limits, verify


class Command(BaseCommand):
    help = (
        "Look whether the rows of this installation are as they must be: nothing lost, nothing twice, statuses, "
        "windows, counters, isolation, live numbers, the outbox, bounds. Changes nothing. "
        "Ends with 1 when one is broken."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        defaults = Limits()
        parser.add_argument("names", nargs="*", metavar="invariant", help=f"only these of: {', '.join(INVARIANTS)}")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")
        parser.add_argument("--examples", type=int, default=defaults.examples, help="rows named per broken rule")
        parser.add_argument(
            "--hours", type=float, default=defaults.ledger_hours, help="how far back deliveries are read again"
        )
        parser.add_argument(
            "--undigested", type=float, default=defaults.undigested, help="seconds that a delivery may wait"
        )
        parser.add_argument(
            "--due", type=float, default=defaults.due, help="seconds that an agent's reply may be due in the outbox"
        )
        parser.add_argument(
            "--beyond-lease", type=float, default=defaults.beyond_lease, help="seconds that a lease may be over"
        )

    def handle(self, *args, names, **options):
        unknown = [name for name in names if name not in INVARIANTS]
        if unknown:
            raise CommandError(f"There is no invariant {unknown[0]}. Choose from: {', '.join(INVARIANTS)}.")
        limits = Limits(
            examples=options["examples"],
            ledger_hours=options["hours"],
            undigested=options["undigested"],
            beyond_lease=options["beyond_lease"],
            due=options["due"],
        )
        violations = 0
        for verdict in verify(names, limits):
            violations += verdict.violations
            if options["json"]:
                self.stdout.write(json.dumps(verdict.as_data(), default=str))
            else:
                self._tell(verdict)
        if violations:
            sys.exit(1)

    def _tell(self, verdict):
        if not verdict.violations:
            self.stdout.write(f"ok      {verdict.name}: {verdict.promise}")
            return
        self.stdout.write(self.style.ERROR(f"BROKEN  {verdict.name}: {verdict.violations} violations"))
        for one in verdict.broken:
            self.stdout.write(f"        {one.says} ({one.count})")
            for row in one.rows:
                self.stdout.write(f"          {row}")
