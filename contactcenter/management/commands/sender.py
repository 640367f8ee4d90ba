from django.core.management.base import BaseCommand

from contactcenter.sender.options import from_environment
from contactcenter.sender.process import run


class Command(BaseCommand):
    help = "Send what waits in the outbox: one asyncio process; several may run. SIGTERM lets what is on its way land."
    requires_system_checks = []

    def handle(self, *args, **options):
        run(from_environment())
