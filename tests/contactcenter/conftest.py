import hypothesis  # noqa: F401  imported only at the very end by its plugin, Python 3.11's ast module fails over it
import pytest

from config import heartbeat, readiness
from tests.contactcenter.fake_provider import FakeProvider


@pytest.fixture
def provider():
    """A provider on loopback that accepts what it is told to."""
    fake = FakeProvider()
    yield fake
    fake.stop()


@pytest.fixture
def all_at_work(db):
    """Every kind of process was just seen."""
    for name in readiness.SEEN_WITHIN_SECONDS:
        heartbeat.seen(name)
