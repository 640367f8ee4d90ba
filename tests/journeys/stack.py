"""The real program in a folder of its own: every process of the Procfile, embedded servers, free ports.

Journeys act and look only through pages and HTTP, as people and the provider do; nothing of the program is imported
into the test but the names of its embedded servers.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from email import message_from_string
from email.policy import default as default_policy
from pathlib import Path

import requests

from config.embedded import Servers
from tests.journeys.prepared import PASSED_ON, new_folder

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = ("web", "sender", "worker", "beat", "sandbox")
READY_WITHIN_SECONDS, WITH_DEMO_SECONDS = 600, 900
STAFF_PASSWORD = "una-clave-larga-9"
_BETWEEN_LETTERS = re.compile(r"^-{79}\r?\n", re.MULTILINE)


def free_ports(count):
    """Ports that nobody uses right now, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def eventually(look, seconds=30.0, what="it"):
    """The first truthy value of ``look()``; an assertion that names ``what`` when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, f"Waited {seconds:g} s for {what}."
        time.sleep(0.2)


class DidNotStart(AssertionError):
    """The program said no; the message carries its last words."""


class Stack:
    """One running installation. ``start`` and ``stop`` are called once each."""

    def __init__(self, demo=False):
        self.folder = new_folder()
        self.demo = demo
        self.web_port, self.sandbox_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.program = None

    # Life

    def start(self):
        """Start the program and wait until it says that it is ready."""
        self.said = self.folder / "said.log"
        with open(self.said, "wb") as out:
            self.program = subprocess.Popen(
                [sys.executable, "-m", "config.run"],
                cwd=ROOT,
                env=self._outer_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:  # a run that is interrupted here leaves no program behind
            self.stop()
            raise
        return self

    def _wait_until_ready(self):
        deadline = time.monotonic() + (WITH_DEMO_SECONDS if self.demo else READY_WITHIN_SECONDS)
        while "  Ready: " not in self.said.read_text(errors="replace"):
            if self.program.poll() is not None or time.monotonic() > deadline:
                last = self.last_words()
                raise DidNotStart(f"`python -m config.run` did not get ready. Its last words:\n{last}")
            time.sleep(0.1)

    def stop(self, keep=False):
        """Ask the program to stop, as Ctrl-C does, and remove its folder. Returns its exit code."""
        code = None
        if self.program is not None:
            if self.program.poll() is None:
                self.program.send_signal(signal.SIGTERM)
            try:
                code = self.program.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.program.pid, signal.SIGKILL)
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def last_words(self, lines=60):
        """The end of what the program and its processes wrote."""
        found = []
        for path in (self.said, self.folder / "processes.log"):
            if path.exists():
                text = path.read_text(errors="replace").splitlines()[-lines:]
                found.append(f"--- {path.name}\n" + "\n".join(text))
        return "\n".join(found)

    def _outer_environment(self):
        """Nothing of the surrounding test run but what every program needs."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return kept | {
            "DATA_DIR": str(self.folder),
            "WEB_PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "DEMO": "1" if self.demo else "0",
            "REVIEW_UNDO_SECONDS": "4",
            "PYTHONUNBUFFERED": "1",
        }

    # The operator's shell

    @property
    def secrets(self):
        """What ``make run`` made for this folder: app secret, tokens, keys."""
        lines = (self.folder / "secrets.env").read_text().splitlines()
        return dict(line.partition("=")[::2] for line in lines)

    def operator_environment(self):
        """What an operator's shell on this installation has set."""
        outside = self._outer_environment() | Servers(self.folder).environment | self.secrets
        return outside | {"PUBLIC_URL": self.url, "MOVABLE_CLOCK": "1", "WHATSAPP_GRAPH_URL": self.sandbox_url}

    def manage(self, *arguments, **environment):
        """Run a management command as an operator would, on this installation; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.operator_environment() | environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout

    def make_staff(self, email, name):
        """An account of the house's own staff."""
        self.manage(
            "createsuperuser",
            "--noinput",
            DJANGO_SUPERUSER_EMAIL=email,
            DJANGO_SUPERUSER_FULL_NAME=name,
            DJANGO_SUPERUSER_PASSWORD=STAFF_PASSWORD,
        )

    # Mail

    def letters(self, to):
        """Subjects and texts of the mails to an address, oldest first."""
        found = []
        files = sorted((self.folder / "mail").glob("*.log"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in files:
            for raw in _BETWEEN_LETTERS.split(path.read_text(errors="replace")):
                letter = message_from_string(raw.strip(), policy=default_policy)
                if letter["To"] and letter["To"].lower() == to.lower():
                    found.append((letter["Subject"], letter.get_content()))
        return found

    def link_in_mail(self, to, path, seconds=40):
        """The newest link whose address begins with ``path`` in a mail to somebody."""

        def look():
            texts = [text for _subject, text in self.letters(to)]
            links = re.findall(re.escape(self.url + path) + r"\S+", "\n".join(texts))
            return links[-1] if links else None

        return eventually(look, seconds, f"a mail to {to} with a link to {path}")

    # The provider

    def control(self, name, /, method=None, **params):
        """Ask or change the sandbox: GET without values, POST with values, unless ``method`` says otherwise."""
        method = method or ("POST" if params else "GET")
        address = f"{self.sandbox_url}/control/api/{name}"
        words = {"params": params} if method == "GET" else {"json": params}
        answer = requests.request(method, address, timeout=20, **words)
        assert answer.ok, f"{method} {name}: {answer.text}"
        return answer.json()

    def sent_to(self, phone):
        """What the business sent to a phone, oldest first."""
        return list(reversed(self.control("sent", method="GET", phone=phone, limit=500)["messages"]))

    def post_webhook(self, body, *, signed=True, signature=None, timeout=20):
        """Hand a delivery to the webhook as Meta does; returns the status code."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if signed:
            secret = self.secrets["WHATSAPP_APP_SECRET"].encode()
            headers["X-Hub-Signature-256"] = "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest()
        elif signature:
            headers["X-Hub-Signature-256"] = signature
        return requests.post(f"{self.url}/webhooks/whatsapp/", data=raw, headers=headers, timeout=timeout).status_code

    # Processes

    def pid(self, name):
        """The pid of a process now, or None while there is none."""
        try:
            return int((self.folder / "pids" / f"{name}.pid").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def kill(self, name):
        """End a process without a warning; returns the pid it had."""
        pid = eventually(lambda: self.pid(name), 10, f"the pid of {name}")
        os.kill(pid, signal.SIGKILL)
        return pid

    def back(self, name, old, seconds=60):
        """Wait until a killed process runs again under another pid."""

        def look():
            pid = self.pid(name)
            return pid if pid and pid != old and Path(f"/proc/{pid}").exists() else None

        return eventually(look, seconds, f"{name} to come back")

    def ready(self, seconds=60):
        """Wait until the program says that everything is at work."""

        def look():
            try:
                return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
            except requests.RequestException:
                return False

        return eventually(look, seconds, "/readyz")

    def metric(self, name):
        """The value of a counter, 0 when it isn't there."""
        text = requests.get(f"{self.url}/metrics", timeout=10).text
        values = re.findall(rf"^{re.escape(name)}(?:{{[^}}]*}})? ([0-9.e+-]+)$", text, re.MULTILINE)
        return sum(map(float, values))


def some_digits(count):
    """Random digits that don't begin with 0, so that runs don't meet."""
    return str(secrets.randbelow(9) + 1) + "".join(str(secrets.randbelow(10)) for _ in range(count - 1))
