"""Throw-away databases for tests, benches and rehearsals: built by the owner, worked with as the application's role."""

import hashlib
import os
from pathlib import Path

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent


def template_database(settings):
    """A migrated, empty database whose name tells which migrations made it; built once per set of migrations."""
    from django.core.management import call_command

    from config.management.commands.setup_database import grant, make_roles_and_database

    owner, app = settings.DATABASE_OWNER, settings.DATABASES["default"]
    superuser = os.environ.get("DATABASE_SUPERUSER_URL")
    if superuser:
        one_at_a_time = psycopg2.connect(superuser)
        with one_at_a_time.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(4711)")
            make_roles_and_database(superuser, owner, app)
        one_at_a_time.close()
    name = f"umbral_template_{digest_of_migrations()}"
    admin = owner_connection(settings, "postgres")
    with admin.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")  # whoever builds the template first may take its time
        cursor.execute("SELECT pg_advisory_lock(4711)")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            unfinished = f"{name}_unfinished"
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(unfinished)))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            grant(owner | {"NAME": unfinished}, app["USER"])
            use_database(unfinished)
            call_command("migrate", verbosity=0, interactive=False)
            from django.db import connections

            connections.close_all()
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )
    admin.close()
    return name


def digest_of_migrations():
    """Tells databases of different migrations or models apart."""
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "tenants" / "rls.py", ROOT / "constraints.txt"]):
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    for path in sorted([*ROOT.glob("*/models.py"), *ROOT.glob("*/models/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def make_database(name, settings):
    """A fresh migrated database under this name; one that was there is gone."""
    template = template_database(settings)
    drop_database(name, settings)
    admin = owner_connection(settings, "postgres")
    with admin.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    admin.close()


def drop_database(name, settings):
    """Remove a database, even when a thread somewhere still holds a connection (that takes a superuser)."""
    superuser = os.environ.get("DATABASE_SUPERUSER_URL")
    connection = psycopg2.connect(superuser) if superuser else owner_connection(settings, "postgres")
    connection.autocommit = True
    force = "WITH (FORCE)" if superuser else ""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(f"DROP DATABASE IF EXISTS {{}} {force}").format(sql.Identifier(name)))
    connection.close()


def owner_connection(settings, database):
    """A plain connection of the owner, in autocommit."""
    owner = settings.DATABASE_OWNER
    connection = psycopg2.connect(
        dbname=database,
        user=owner["USER"],
        password=owner["PASSWORD"],
        host=owner["HOST"],
        port=owner["PORT"],
    )
    connection.autocommit = True
    return connection


def use_database(name):
    """Have Django work in another database of the same server, under the application's role."""
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    settings.DATABASE_OWNER["NAME"] = name
    connections["default"].settings_dict["NAME"] = name
