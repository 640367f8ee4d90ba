"""Health check of processes without a port: was this kind seen at work lately?"""

from django.core.management.base import BaseCommand, CommandError

from config import heartbeat
from config.readiness import SEEN_WITHIN_SECONDS


class Command(BaseCommand):
    help = "Exit 0 when the named kind of process (sender, worker, beat) was seen at work lately."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("name", choices=sorted(SEEN_WITHIN_SECONDS))

    def handle(self, *args, name, **options):
        age = heartbeat.ages().get(name)
        if age is None or age > SEEN_WITHIN_SECONDS[name]:
            raise CommandError(f"{name} was last seen {'never' if age is None else f'{age:.0f} s ago'}.")
        self.stdout.write(f"{name} was seen {age:.0f} s ago.")
