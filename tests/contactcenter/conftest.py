import hypothesis  # noqa: F401  imported only at the very end by its plugin, Python 3.11's ast module fails over it
import pytest

from tests.contactcenter.fake_provider import FakeProvider


@pytest.fixture
def provider():
    """A provider on loopback that accepts what it is told to."""
    fake = FakeProvider()
    yield fake
    fake.stop()
