"""The cast and the ground of the tests: real PostgreSQL and Redis, rows worked with as the application's role.

Without ``DATABASE_URL`` the embedded servers are started in ``.data/test`` and stopped at the end.
"""

import hashlib
import os
from pathlib import Path

import django
import psycopg2
import pytest
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent
_servers = None


def _prepare_environment():
    global _servers
    if not os.environ.get("DATABASE_URL"):
        from config.embedded import Servers

        _servers = Servers(os.environ.get("TEST_DATA_DIR", ROOT / ".data" / "test"), durable=False)
        _servers.start()
        os.environ.update(_servers.environment)
    os.environ.setdefault("SECRET_KEY", "a-secret-key-for-tests-only-0123456789-0123456789-0123456789")
    os.environ.setdefault("ENCRYPTION_KEYS", "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=")
    os.environ.setdefault("WHATSAPP_APP_SECRET", "an-app-secret-for-tests")
    os.environ.setdefault("WHATSAPP_VERIFY_TOKEN", "a-verify-token-for-tests")
    os.environ.setdefault("WHATSAPP_PROVIDER", "sandbox")
    os.environ.setdefault("WHATSAPP_GRAPH_URL", "http://127.0.0.1:9")
    os.environ.setdefault("EMAIL_BACKEND", "django.core.mail.backends.locmem.EmailBackend")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


# Settings are named here and not in pyproject.toml: pytest-django would read them before the servers are there.
_prepare_environment()
django.setup()


def pytest_unconfigure(config):
    if _servers is not None:
        _servers.stop()


@pytest.fixture(scope="session")
def django_db_modify_db_settings():
    """pytest-django's own renaming is not wanted; ``django_db_setup`` names the database."""


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Build the test database as the owner, from a template kept between runs, then work as the application role."""
    from django.conf import settings
    from django.db import connections

    name = f"test_umbral_{os.getpid()}"
    with django_db_blocker.unblock():
        template = _template_database(settings)
        admin = _owner_connection(settings, "postgres")
        with admin.cursor() as cursor:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        _use_database(name)
        yield
        connections.close_all()
        admin.close()
        _drop(name, settings)


def _drop(name, settings):
    """Remove a test database, even when a thread of a test still holds a connection (that takes a superuser)."""
    superuser = os.environ.get("DATABASE_SUPERUSER_URL")
    connection = psycopg2.connect(superuser) if superuser else _owner_connection(settings, "postgres")
    connection.autocommit = True
    force = "WITH (FORCE)" if superuser else ""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(f"DROP DATABASE IF EXISTS {{}} {force}").format(sql.Identifier(name)))
    connection.close()


def _template_database(settings):
    """A migrated, empty database whose name tells which migrations made it; built once per set of migrations."""
    from django.core.management import call_command

    from config.management.commands.setup_database import grant, make_roles_and_database

    owner, app = settings.DATABASE_OWNER, settings.DATABASES["default"]
    superuser = os.environ.get("DATABASE_SUPERUSER_URL")
    if superuser:
        make_roles_and_database(superuser, owner, app)
    name = f"umbral_template_{_digest_of_migrations()}"
    admin = _owner_connection(settings, "postgres")
    with admin.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(4711)")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            unfinished = f"{name}_unfinished"
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(unfinished)))
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
            grant(owner | {"NAME": unfinished}, app["USER"])
            _use_database(unfinished)
            call_command("migrate", verbosity=0, interactive=False)
            from django.db import connections

            connections.close_all()
            cursor.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )
    admin.close()
    return name


def _digest_of_migrations():
    digest = hashlib.sha256()
    for path in sorted([*ROOT.glob("*/migrations/*.py"), ROOT / "tenants" / "rls.py", ROOT / "constraints.txt"]):
        if path.exists():
            digest.update(path.name.encode() + path.read_bytes())
    for path in sorted([*ROOT.glob("*/models.py"), *ROOT.glob("*/models/*.py")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _owner_connection(settings, database):
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


def _use_database(name):
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    settings.DATABASES["default"]["NAME"] = name
    settings.DATABASE_OWNER["NAME"] = name
    connections["default"].settings_dict["NAME"] = name


@pytest.fixture(autouse=True)
def _plain_settings(settings):
    """Tests start in English, with rate limits that no earlier test has used up."""
    from django.core.cache import cache

    settings.LANGUAGE_CODE = "en"
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # half a second per person less


@pytest.fixture(autouse=True)
def hints_sent(monkeypatch):
    """The hints that would have gone to the workers; nothing leaves the process."""
    from config import hints

    sent = []
    monkeypatch.setattr(hints, "_enqueue", sent.append)
    return sent


@pytest.fixture
def acme(db):
    from tests import builders

    return builders.business("Acme")


@pytest.fixture
def globex(db):
    """The neighbour. Whatever is theirs must stay invisible to Acme."""
    from tests import builders

    return builders.business("Globex")


@pytest.fixture
def olga(acme):
    """The owner of Acme."""
    from tests import builders

    return builders.member(acme, "olga", role="owner")


@pytest.fixture
def ana(acme):
    """An agent at Acme."""
    from tests import builders

    return builders.member(acme, "ana", role="agent")


@pytest.fixture
def sam(db):
    """ISV staff: a reviewer."""
    from tests import builders

    return builders.staff("sam")


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory):
    """The sandbox provider over HTTP, one process for all tests."""
    from tests.providers.sandbox_server import Receiver, Sandbox

    receiver = Receiver()
    box = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    yield box
    box.stop()
    receiver.close()


@pytest.fixture
def sandbox(sandbox_process, settings):
    """An empty sandbox to which the gateway speaks; reviewers decide only when a test tells them."""
    from tests.providers.sandbox_server import TOKEN

    sandbox_process.control("reset")
    sandbox_process.control("mood", mood="hold")
    settings.WHATSAPP_GRAPH_URL = sandbox_process.url
    settings.WHATSAPP_ACCESS_TOKEN = TOKEN
    settings.POLL_SECONDS = 0
    return sandbox_process
