"""A real sandbox process on a free port, a place where its webhooks arrive, and a small client."""

import hashlib
import hmac
import json
import os
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[2]
SECRET = "an-app-secret-for-the-sandbox-tests"
TOKEN = "sandbox-token"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def eventually(look, seconds=8.0):
    """The first truthy value of ``look()``, or an assertion."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < end, "It did not happen in time."
        time.sleep(0.03)


class Receiver:
    """Takes webhooks: keeps raw bodies with their signatures, answers ``status`` (200)."""

    def __init__(self):
        self.deliveries = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                outer.deliveries.append((self.path, self.headers.get("X-Hub-Signature-256"), raw))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self):
                query = dict(part.split("=", 1) for part in self.path.partition("?")[2].split("&") if part)
                good = query.get("hub.verify_token") == "right"
                body = query.get("hub.challenge", "").encode() if good else b"no"
                self.send_response(200 if good else 403)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/whatsapp/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def changes(self, field=None):
        """All changes received, in the order of arrival; each signature must be right."""
        found = []
        for _path, signature, raw in list(self.deliveries):
            assert signature == "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
            for entry in json.loads(raw)["entry"]:
                for change in entry["changes"]:
                    if field in (None, change["field"]):
                        found.append({**change, "entry_id": entry["id"], "time": entry.get("time")})
        return found

    def statuses(self, wamid=None):
        found = []
        for change in self.changes("messages"):
            found += [row for row in change["value"].get("statuses", ()) if wamid in (None, row["id"])]
        return found

    def messages(self):
        return [row for change in self.changes("messages") for row in change["value"].get("messages", ())]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Sandbox:
    """The process, its addresses and shortcuts through its two APIs."""

    def __init__(self, folder, callback, **environment):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.callback = callback
        self.environment = environment
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {TOKEN}"
        clock = sqlite3.connect(self.folder / "clock.sqlite3")
        clock.execute("CREATE TABLE IF NOT EXISTS config_clock (id INTEGER PRIMARY KEY, offset_seconds REAL)")
        clock.execute("INSERT OR IGNORE INTO config_clock VALUES (1, 0)")
        clock.commit()
        clock.close()
        self.start()

    def start(self):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.providers.sandbox_settings",
            "SANDBOX_DATA": str(self.folder),
            "SANDBOX_PORT": str(self.port),
            "SANDBOX_TOKEN": TOKEN,
            "WHATSAPP_APP_SECRET": SECRET,
            "WHATSAPP_CALLBACK_URL": self.callback,
            "MOVABLE_CLOCK": "1",
            **self.environment,
        }
        command = [sys.executable, "-m", "uvicorn", "providers.sandbox.asgi:app", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "--log-level", "warning", "--timeout-graceful-shutdown", "1"], cwd=ROOT, env=environment
        )
        eventually(self._answers, 20)

    def _answers(self):
        assert self.process.poll() is None, "The sandbox stopped."
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.ConnectionError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    # Graph

    def get(self, path, **params):
        return self.http.get(f"{self.url}/v26.0/{path}", params=params, timeout=20)

    def post(self, path, body=None, **more):
        return self.http.post(f"{self.url}/v26.0/{path}", json=body or {}, timeout=more.pop("timeout", 20), **more)

    def delete(self, path, body=None, **params):
        return self.http.delete(f"{self.url}/v26.0/{path}", params=params, json=body, timeout=20)

    def send(self, number, to, **body):
        return self.post(f"{number}/messages", {"messaging_product": "whatsapp", "to": to, **body})

    # Control

    def control(self, name, /, **body):
        response = requests.post(f"{self.url}/control/api/{name}", json=body, timeout=20)
        assert response.ok, response.text
        return response.json()

    def look(self, name, /, **params):
        response = requests.get(f"{self.url}/control/api/{name}", params=params, timeout=20)
        assert response.ok, response.text
        return response.json()

    def waba(self, business="123456789012345", name="Envíos del Valle"):
        """A WABA whose webhooks reach us."""
        self.get(business, fields="verification_status")
        node = self.post(f"{business}/owned_whatsapp_business_accounts", {"name": name, "currency": "USD"}).json()["id"]
        assert self.post(f"{node}/subscribed_apps").json() == {"success": True}
        return node

    def number(self, waba, phone, name="Envíos del Valle", register=True):
        """A number added, proved and registered."""
        body = {"cc": "57", "phone_number": phone, "verified_name": name}
        response = self.post(f"{waba}/phone_numbers", body)
        assert response.ok, response.text
        node = response.json()["id"]
        if register:
            self.verify(node, "57" + phone)
            answer = self.post(f"{node}/register", {"messaging_product": "whatsapp", "pin": "123456"})
            assert answer.ok, answer.text
        return node

    def verify(self, node, digits):
        assert self.post(f"{node}/request_code", {"code_method": "SMS", "language": "es_CO"}).ok
        code = self.look("sms", phone=digits)["sms"][0]["code"]
        assert self.post(f"{node}/verify_code", {"code": code}).json()["success"] is True

    def template(self, waba, approve=True, **body):
        """A template, approved at once by a person."""
        body = {"language": "en_US", "category": "UTILITY", **body}
        response = self.post(f"{waba}/message_templates", body)
        assert response.ok, response.text
        node = response.json()["id"]
        if approve:
            self.control("decide", kind="templates", subject=node, approve=True)
        return node
