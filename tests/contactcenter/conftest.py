import pytest

from tests.contactcenter.fake_provider import FakeProvider


@pytest.fixture
def provider():
    """A provider on loopback that accepts what it is told to."""
    fake = FakeProvider()
    yield fake
    fake.stop()
