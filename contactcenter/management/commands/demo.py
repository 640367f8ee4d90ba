import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo_people import PASSWORD, PEOPLE
from contactcenter.demo.stage import DidNotHappen
from contactcenter.demo.tell import state, tell


class Command(BaseCommand):
    help = (
        "Fill a rehearsal with two businesses, a staff queue, templates in every status and conversations. "
        "Needs the running program (`make run`) and its sandbox; a run that broke goes on when it is started again."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="do nothing where businesses exist already")

    def handle(self, *args, **options):
        if not settings.MOVABLE_CLOCK or settings.WHATSAPP_PROVIDER != "sandbox":
            raise CommandError("The demo belongs into a rehearsal: set MOVABLE_CLOCK=1 and WHATSAPP_PROVIDER=sandbox.")
        found = state()
        if found == "finished" or (found == "foreign" and options["if_empty"]):
            self.stdout.write("The demo is there already." if found == "finished" else "There are businesses already.")
            return
        begun = time.monotonic()
        self.stdout.write("Loading the demo businesses…")
        try:
            tell(self._say)
        except DidNotHappen as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(f"Done in {time.monotonic() - begun:.0f} s. The password of everybody: {PASSWORD}")
        if not options["if_empty"]:
            for email, what in PEOPLE:
                self.stdout.write(f"  {email:<34} {what}")

    def _say(self, text):
        self.stdout.write(f"  {text}")
        self.stdout.flush()
