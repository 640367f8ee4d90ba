"""``flush`` empties the tables as their owner (the application's role may not) and keeps what migrations made."""

from django.core.management.base import BaseCommand
from django.db import connections

from config.database import as_owner

KEPT = {"django_migrations", "django_content_type", "auth_permission", "config_clock"}


class Command(BaseCommand):
    help = "Empty every table but those that migrations filled. Asks for nothing: it is for tests and rehearsals."
    stealth_options = ("reset_sequences", "allow_cascade", "inhibit_post_migrate")
    """What Django's test cases pass along; emptying always restarts the numbering and cascades."""

    def add_arguments(self, parser):
        parser.add_argument("--noinput", "--no-input", action="store_false", dest="interactive")
        parser.add_argument("--database", default="default")
        parser.add_argument("--no-migration-data", action="store_true")

    def handle(self, *args, **options):
        with as_owner(options["database"]) as connection:
            empty_every_table(connection)


def empty_every_table(connection):
    """Empty all tables of ``connection`` (as owner), restart their numbering, and set the clock right."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
            "AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
        tables = sorted({row[0] for row in cursor.fetchall()} - KEPT)
        cursor.execute("TRUNCATE " + ", ".join(f'"{table}"' for table in tables) + " RESTART IDENTITY CASCADE")
        cursor.execute("UPDATE config_clock SET offset_seconds = 0")


def flush(alias="default"):
    """Empty the database of ``alias`` (see ``empty_every_table``)."""
    with as_owner(alias) as connection:
        empty_every_table(connection)
    connections[alias].close()
