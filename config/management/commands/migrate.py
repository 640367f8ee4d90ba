"""``migrate`` works as the role that owns the tables; everything else works as the application's role."""

from django.core.management.commands import migrate

from config.database import as_owner


class Command(migrate.Command):
    def handle(self, *args, **options):
        with as_owner(options["database"]):
            super().handle(*args, **options)
