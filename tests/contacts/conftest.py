"""What the tests of contacts share."""

import pytest


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path):
    """Uploaded lists lie in a folder of the test."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
