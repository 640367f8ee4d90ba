"""Make both roles, the database and the grants, the same way in ``make run``, compose, CI and tests."""

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from psycopg2 import sql

from config import env


class Command(BaseCommand):
    help = (
        "Make the owner's and the application's role, the database and the grants. Needs a superuser's address in "
        "DATABASE_SUPERUSER_URL, and DATABASE_URL and DATABASE_OWNER_URL for the names and passwords."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--migrate", action="store_true", help="make the tables too, without starting once more")

    def handle(self, *args, **options):
        superuser = env.text("DATABASE_SUPERUSER_URL")
        owner, app = settings.DATABASE_OWNER, settings.DATABASES["default"]
        if not superuser or owner is None or settings.MISSING_DATABASE:
            raise CommandError("Set DATABASE_SUPERUSER_URL, DATABASE_OWNER_URL and DATABASE_URL.")
        make_roles_and_database(superuser, owner, app)
        self.stdout.write(f"Database {app['NAME']} is ready for {owner['USER']} and {app['USER']}.")
        if options["migrate"]:
            call_command("migrate", verbosity=0)


def make_roles_and_database(superuser_url, owner, app):
    """``owner`` and ``app`` are settings as of ``env.postgres``; safe to repeat, and it renews passwords."""
    connection = psycopg2.connect(superuser_url, connect_timeout=10)
    connection.autocommit = True
    with connection.cursor() as cursor:
        # CREATEDB lets the owner build throw-away test databases; it gives no right over rows.
        _role(cursor, owner["USER"], owner["PASSWORD"], "CREATEDB")
        _role(cursor, app["USER"], app["PASSWORD"], "NOCREATEDB")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [app["NAME"]])
        if cursor.fetchone() is None:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(app["NAME"]), sql.Identifier(owner["USER"])
                )
            )
    connection.close()
    grant(owner | {"NAME": app["NAME"]}, app["USER"])


def grant(owner, app_role):
    """As the owner of the database: the application's role may work with rows and do nothing else."""
    connection = psycopg2.connect(
        dbname=owner["NAME"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        host=owner["HOST"],
        port=owner["PORT"],
    )
    connection.autocommit = True
    role = sql.Identifier(app_role)
    with connection.cursor() as cursor:
        for statement in (
            "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
            "GRANT USAGE ON SCHEMA public TO {}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {}",
        ):
            cursor.execute(sql.SQL(statement).format(role))
    connection.close()


def _role(cursor, name, password, may_create_databases):
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    verb = "ALTER" if cursor.fetchone() else "CREATE"
    cursor.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE {} PASSWORD {}").format(
            sql.SQL(verb), sql.Identifier(name), sql.SQL(may_create_databases), sql.Literal(password)
        )
    )
