"""A sandbox provider over HTTP for onboarding's steps."""

import pytest

from tests.providers.sandbox_server import TOKEN, Receiver, Sandbox


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory):
    receiver = Receiver()
    box = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    yield box
    box.stop()
    receiver.close()


@pytest.fixture
def sandbox(sandbox_process, settings):
    """An empty sandbox to which the gateway speaks; reviewers decide only when a test tells them."""
    sandbox_process.control("reset")
    sandbox_process.control("mood", mood="hold")
    settings.WHATSAPP_GRAPH_URL = sandbox_process.url
    settings.WHATSAPP_ACCESS_TOKEN = TOKEN
    settings.POLL_SECONDS = 0
    return sandbox_process
