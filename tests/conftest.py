"""The cast and the ground of the tests: real PostgreSQL and Redis, rows worked with as the application's role.

Without ``DATABASE_URL`` the embedded servers are started in ``.data/test`` and stopped at the end.
"""

import os
from pathlib import Path

import django
import pytest

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


def pytest_collection_modifyitems(items):
    """What takes longest comes first, so that the workers of a whole run end together."""
    items.sort(key=lambda item: item.path.parent.name not in ("journeys", "faults"))


def pytest_xdist_make_scheduler(config, log):
    """A worker of a whole run takes neighbours of one file, or all journeys, which share one program.

    Neighbours, because pytest-django puts tests that commit behind all others: they empty what migrations filled.
    """
    from itertools import groupby

    from xdist.scheduler import LoadScopeScheduling

    def place(nodeid):
        file = nodeid.partition("::")[0]
        folder = file.rpartition("/")[0]
        return folder if folder.endswith("journeys") else file

    class InOrder(LoadScopeScheduling):
        scopes = None

        def _split_scope(self, nodeid):
            if self.scopes is None:
                runs = enumerate(groupby(self.collection, place))
                self.scopes = {one: f"{where} {n}" for n, (where, run) in runs for one in run}
            return self.scopes[nodeid]

    return InOrder(config, log)


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

    from tests import databases

    name = f"test_umbral_{os.getpid()}"
    with django_db_blocker.unblock():
        databases.make_database(name, settings)
        databases.use_database(name)
        yield
        connections.close_all()
        databases.drop_database(name, settings)


@pytest.fixture(scope="session")
def _media_folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("media"))


@pytest.fixture(autouse=True)
def _plain_settings(settings, _media_folder):
    """Tests start in English, with rate limits that no earlier test has used up and a folder of their own for files."""
    from django.core.cache import cache

    settings.LANGUAGE_CODE = "en"
    settings.MEDIA_ROOT = _media_folder
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # half a second per person less


@pytest.fixture(autouse=True)
def _house_rules_of_this_test(request, monkeypatch):
    """What an earlier test set in the house rules is forgotten; a test without a database has the defaults."""
    from onboarding.rulebook import house

    house.forget()
    if not {"db", "transactional_db"} & set(request.fixturenames) and not request.node.get_closest_marker("django_db"):
        monkeypatch.setattr(house, "_read", lambda: ())


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
    box.receiver = receiver
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
