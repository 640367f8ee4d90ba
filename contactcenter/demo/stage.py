"""The stage: the installation's one clock, the sandbox's control panel, and patience with a limit."""

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import requests
from django.conf import settings
from django.db import OperationalError

from config import clock

FOLLOWERS_SECONDS = clock.REFRESH_SECONDS + 0.05
"""After this all other processes have read the moved clock (``config.clock.REFRESH_SECONDS``)."""


PATIENCE_SECONDS = 4
"""How long a webhook may take before the demo asks Meta itself."""


class DidNotHappen(RuntimeError):
    """Something that other processes should have done wasn't seen in time."""


class Stage:
    """Where the demo plays. ``ends_at`` is the moment that the stories call now; ``say`` prints progress."""

    def __init__(self, *, ends_at, say, url="", followers_seconds=FOLLOWERS_SECONDS, patience_seconds=PATIENCE_SECONDS):
        self.ends_at = ends_at
        self.say = say
        self.url = url or settings.WHATSAPP_GRAPH_URL
        self.followers_seconds = followers_seconds
        self.patience_seconds = patience_seconds
        self.http = requests.Session()

    # The sandbox

    def look(self, name, /, **params):
        """Ask the control panel (``providers.sandbox.control_api``)."""
        return self._answer(self.http.get(f"{self.url}/control/api/{name}", params=params, timeout=10))

    def do(self, name, /, **body):
        """Play Meta or a customer."""
        return self._answer(self.http.post(f"{self.url}/control/api/{name}", json=body, timeout=10))

    def hand_over(self, file, **fields):
        """Let a customer send a file: ``(name, bytes, mime type)``."""
        url, mark = f"{self.url}/control/api/inbound", {"X-Sandbox": "1"}
        return self._answer(self.http.post(url, data=fields, files={"file": file}, headers=mark, timeout=10))

    @staticmethod
    def _answer(response):
        if not response.ok:
            raise DidNotHappen(f"The sandbox refused {response.request.url}: {response.text[:200]}")
        return response.json()

    # Time

    def moment(self, ago):
        """The moment that lies ``ago`` (a ``timedelta``) before the end of the stories."""
        return self.ends_at - ago

    def go(self, to):
        """Bring every process of the installation to the moment ``to``."""
        before = datetime.fromtimestamp(self.look("clock")["now"], UTC)
        self.do("clock", advance_seconds=(to - before).total_seconds())
        self._follow()

    def come_home(self):
        """Back to the real time."""
        self.do("clock", reset=True)
        self._follow()

    def _follow(self):
        clock.forget()
        time.sleep(self.followers_seconds)

    # Patience

    def when_impatient(self, act):
        """A function that does ``act`` once webhooks took too long; a deadlock with a late one is no harm."""
        from_then_on = time.monotonic() + self.patience_seconds

        def perhaps():
            if time.monotonic() >= from_then_on:
                with suppress(OperationalError):
                    act()

        return perhaps

    def wait(self, what, look, seconds=8.0):
        """The first truthy value of ``look()``; raises ``DidNotHappen`` with ``what`` after ``seconds``."""
        end = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise DidNotHappen(f"Not seen within {seconds:g} s: {what}. Run the command again to go on.")
            time.sleep(0.05)


def ago(text):
    """``"3d"``, ``"26h"``, ``"1h40m"`` as a ``timedelta``."""
    units, number, total = {"d": 86400, "h": 3600, "m": 60, "s": 1}, "", 0
    for sign in text:
        if sign.isdigit():
            number += sign
        else:
            total += int(number) * units[sign]
            number = ""
    return timedelta(seconds=total)
