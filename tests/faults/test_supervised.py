"""One installation as ``make run`` starts it: its servers are killed, and its provider is slow. Deliveries get through.

Here nobody but the program itself brings anything back.
"""

import os
import signal
import time
from contextlib import contextmanager

import pytest
import requests

from tests.faults.ground import prepare
from tests.faults.load import envelope
from tests.journeys.stack import Stack, eventually

SLOW_SECONDS = 20
ACCOUNTS = 10
SHOWN_WITHIN_SECONDS = 8.0
"""It takes a fraction of a second. A busy machine may have more time, which still tells it from waiting for answers."""


@pytest.fixture(scope="module")
def stack():
    made = Stack()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def tenant(stack):
    found = prepare(stack)[0]
    stack.manage("shell", "--verbosity", "0", "-c", f"{MORE_ACCOUNTS}\nmake({found.business}, {ACCOUNTS})")
    return found


MORE_ACCOUNTS = """
from tenants.models import Business
from tests import builders

def make(business, count):
    for _ in range(count):
        builders.waba(Business.objects.get(pk=business), next_poll_at=None, next_template_poll_at=None)
"""
ALL_ARE_DUE = """
from config.clock import now
from onboarding.models import Waba
from tenants.tenancy import every_business

with every_business():
    print(Waba.objects.update(next_poll_at=now(), next_template_poll_at=now()))
"""


def deliver(stack, tenant, person):
    """One delivery, given again until it is accepted."""
    body = envelope(tenant, [(f"wamid.S{person}", person, int(time.time()), f"Pregunta de {person}")])

    def accepted():
        try:
            return stack.post_webhook(body, timeout=5) == 200
        except requests.RequestException:
            return False

    eventually(accepted, 60, "the delivery to be accepted")


def shows(stack, tenant, person):
    """Whether somebody who opens the inbox sees that this person wrote."""
    address, cookie = f"{stack.url}/b/{tenant.slug}/inbox/", f"sessionid={tenant.cookie}"
    try:
        page = requests.get(address, headers={"Cookie": cookie}, timeout=10, allow_redirects=False)
    except requests.RequestException:
        return False
    assert page.status_code != 302, f"Nobody is logged in: {page.headers['Location']}"
    return page.status_code == 200 and f"Pregunta de {person}" in page.text


def readiness(stack):
    try:
        answer = requests.get(f"{stack.url}/readyz", timeout=10)
        return answer.status_code, answer.json()
    except (requests.RequestException, ValueError):
        return None, {}


@contextmanager
def nobody_restarts(stack):
    """The program that looks after the others is frozen."""
    os.kill(stack.program.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(stack.program.pid, signal.SIGCONT)


@pytest.mark.parametrize(
    ("server", "entry", "person"), [("postgres", "database", "573008880001"), ("redis", "redis", "573008880002")]
)
def test_a_killed_server_comes_back_and_what_was_accepted_is_shown(stack, tenant, server, entry, person):
    old = stack.pid(server)
    with nobody_restarts(stack):
        os.kill(old, signal.SIGKILL)
        eventually(lambda: readiness(stack)[1].get("reasons", {}).get(entry), 10, f"/readyz to say no to {entry}")
        assert readiness(stack)[0] == 503
        if server == "redis":  # the ledger needs none
            deliver(stack, tenant, person)

    stack.back(server, old)
    deliver(stack, tenant, person)

    eventually(lambda: shows(stack, tenant, person), 60, "the message in the inbox")
    stack.ready(60)


def test_a_slow_provider_does_not_keep_a_delivery_waiting(stack, tenant):
    stack.control("faults", kind="delay", scope="management", count=None, seconds=SLOW_SECONDS)
    try:
        stack.manage("shell", "--verbosity", "0", "-c", ALL_ARE_DUE)
        time.sleep(8)  # every poll of the schedule had its tick and waits, or was turned away
        took = []
        for n in range(3):
            person = f"57300888001{n}"
            deliver(stack, tenant, person)
            began = time.monotonic()
            eventually(lambda person=person: shows(stack, tenant, person), 30, "the message in the inbox")
            took.append(time.monotonic() - began)
        assert max(took) <= SHOWN_WITHIN_SECONDS, took
    finally:
        stack.control("faults", method="DELETE")
