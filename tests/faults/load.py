"""The people and programs that use the installation while it suffers, and what was promised to each of them.

A promise is an answer: 200 for a delivery, 202 for a message. Whoever gets no answer asks again with the same bytes or
the same key, as Meta and careful clients do. The histories are compared with the rows and with the provider later.
"""

import contextlib
import hashlib
import hmac
import json
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

import requests

PEOPLE = 60
"""Per business and way of writing; enough that nobody gets answers faster than a pair may."""
PAUSE_SECONDS = {"customers": 0.12, "deliveries": 0.12, "replies": 0.15}
TIMEOUT = 12


@dataclass(slots=True)
class Asked:
    """A message that the API was asked to send under one key."""

    tenant: int
    to: str
    kind: str
    state: str = "open"
    reference: str = ""


@dataclass(slots=True)
class History:
    """What was promised, at our end."""

    heard: dict = field(default_factory=dict)
    """Provider's message ID to (tenant, person, stated second or None when only the provider knows it)."""
    asked: dict = field(default_factory=dict)
    crowds: list = field(default_factory=list)
    """The campaigns (``crowd.Crowd``)."""
    answers: dict = field(default_factory=dict)
    """How often which status code came, for deliveries and for the API."""

    def count(self, what, code):
        self.answers[f"{what} {code}"] = self.answers.get(f"{what} {code}", 0) + 1


class Load:
    """``start`` once; ``pause`` stops new work, ``outstanding`` says what still waits for an answer."""

    def __init__(self, stack, tenants, seed):
        self.stack, self.tenants = stack, tenants
        self.random = random.Random(f"{seed}:load")
        self.history = History()
        self.lock = threading.Lock()
        self.run = threading.Event()
        self.over = threading.Event()
        self.threads = []
        self.open = 0
        self.local = threading.local()
        self.turn = 0

    def start(self):
        works = [self._customers, self._deliveries, self._replies, self._replies]
        self.threads = [threading.Thread(target=work, name=work.__name__, daemon=True) for work in works]
        for thread in self.threads:
            thread.start()
        self.run.set()

    def stop(self):
        self.over.set()
        self.run.set()
        for thread in self.threads:
            thread.join(TIMEOUT + 5)

    def pause(self):
        self.run.clear()

    def resume(self):
        self.run.set()

    @property
    def outstanding(self):
        with self.lock:
            return self.open

    def acquaint(self):
        """Everybody writes once, so that every window is open; both ways of writing in a few large deliveries."""
        for place, tenant in enumerate(self.tenants):
            people = [self.person(place, n, "direct") for n in range(PEOPLE)]
            for start in range(0, PEOPLE, 20):
                self.deliver(place, [(person, self.now(), "Hola") for person in people[start : start + 20]])
            for n in range(PEOPLE):
                self.write(place, self.person(place, n, "phone"), "Hola")
            assert tenant.number

    # What people do; each returns when it was promised something, or when the rehearsal is over

    def write(self, place, person, text):
        """A customer writes on the phone; the provider keeps the webhook until we say 200."""
        tenant = self.tenants[place]
        with self._outstanding():
            try:
                done = self.stack.control("inbound", number=tenant.phone_number_id, phone=person, text=text)
            except (requests.RequestException, AssertionError):
                return None
            with self.lock:
                self.history.heard[done["id"]] = (place, person, None)
            return done["id"]

    def deliver(self, place, messages, *, wamids=None, apart=False, size=None):
        """Hand in one delivery of ``(person, second, text)`` until it is accepted; returns the message IDs.

        With ``size`` spaces between its parts, which mean nothing, fill it up to so many bytes.
        """
        tenant = self.tenants[place]
        wamids = wamids or ["wamid.F" + uuid.uuid4().hex for _ in messages]
        named = [(wamid, *message) for wamid, message in zip(wamids, messages, strict=True)]
        raw = json.dumps(envelope(tenant, named, apart=apart)).encode()
        if size is not None:
            assert len(raw) <= size, f"{len(raw)} bytes are more than {size}."
            raw = raw.ljust(size)
        if self.post(raw):
            with self.lock:
                for wamid, (person, at, _text) in zip(wamids, messages, strict=True):
                    self.history.heard[wamid] = (place, person, at)
        return wamids

    def post(self, raw, tries=60):
        """A signed delivery until 200; whether that came."""
        secret = self.stack.secrets["WHATSAPP_APP_SECRET"].encode()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": "sha256=" + hmac.new(secret, raw, hashlib.sha256).hexdigest(),
        }
        with self._outstanding():
            for _ in range(tries):
                code = self._ask("POST", f"{self.stack.url}/webhooks/whatsapp/", data=raw, headers=headers)[0]
                self._count("delivery", code)
                if code == 200:
                    return True
                if self.over.is_set():
                    break
                time.sleep(0.3)
        return False

    def say(self, place, person, text=None, tries=60):
        """An answer by the API (a template without ``text``) under one key, until the API has decided."""
        tenant, key = self.tenants[place], uuid.uuid4().hex
        if not text and not self.has_agreed(tenant, person):
            return None
        body = {"phone_number": tenant.number_reference, "to": "+" + person}
        body |= {"text": text} if text else {"template": tenant.template}
        asked = self.history.asked[key] = Asked(place, person, "text" if text else "template")
        with self._outstanding():
            for _ in range(tries):
                code, answer = self._ask(
                    "POST",
                    f"{self.stack.url}/api/v1/messages/",
                    json=body,
                    headers={"Authorization": f"Bearer {tenant.key}", "Idempotency-Key": key},
                )
                self._count("api", code)
                if code == 202:
                    asked.state, asked.reference = "accepted", answer["reference"]
                    break
                if code is not None and 400 <= code < 500 and code not in (408, 429):
                    asked.state = "refused"
                    break
                if self.over.is_set():
                    break
                time.sleep(0.3)
        return asked

    def has_agreed(self, tenant, person):
        """Who is written to first says yes; whether that was written down."""
        body = {
            "to": "+" + person,
            "kind": "opt_in",
            "source": "web_form",
            "wording": "Sí, por WhatsApp.",
            "key": person,
        }
        headers = {"Authorization": f"Bearer {tenant.key}"}
        code, _answer = self._ask("POST", f"{self.stack.url}/api/v1/opt-ins/", json=body, headers=headers)
        self._count("opt-in", code)
        return code == 201

    # The steady load

    def _customers(self):
        rng = random.Random(self.random.random())
        while self._next("customers"):
            place = rng.randrange(len(self.tenants))
            self.write(place, self.person(place, rng.randrange(PEOPLE), "phone"), f"Pedido {rng.randrange(10**6)}")

    def _deliveries(self):
        rng = random.Random(self.random.random())
        while self._next("deliveries"):
            place = rng.randrange(len(self.tenants))
            late = rng.choice((0, 0, 0, 2, 90, 3600))
            self.deliver(
                place,
                [
                    (self.person(place, rng.randrange(PEOPLE), "direct"), self.now() - late, f"Nota {rng.random()}")
                    for _ in range(rng.choice((1, 1, 2, 5)))
                ],
            )

    def _replies(self):
        while self._next("replies"):
            self.next_reply()

    def next_reply(self):
        """The next person in turn gets an answer; now and then it is a template to somebody new."""
        with self.lock:
            self.turn += 1
            turn = self.turn
        place = turn % len(self.tenants)
        if turn % 23 == 0:
            return self.say(place, self.person(place, 1000 + turn, "phone"))
        # Only those who write on the phone: the provider knows of no window for the others.
        return self.say(place, self.person(place, turn // 2 % PEOPLE, "phone"), f"Respuesta {turn}")

    def _next(self, what):
        self.run.wait()
        if self.over.is_set():
            return False
        time.sleep(PAUSE_SECONDS[what])
        self.run.wait()
        return not self.over.is_set()

    # Small things

    @staticmethod
    def person(place, n, way):
        """Digits of a mobile phone that nobody else has."""
        return f"57300{1 + place}{'phone direct skew first copy campaign'.split().index(way)}{n:05}"

    @staticmethod
    def now():
        return int(time.time())

    def _count(self, what, code):
        with self.lock:
            self.history.count(what, code)

    @contextlib.contextmanager
    def _outstanding(self):
        with self.lock:
            self.open += 1
        try:
            yield
        finally:
            with self.lock:
                self.open -= 1

    def _ask(self, method, url, **words):
        """Status code and JSON; ``None`` when there was no answer."""
        if not hasattr(self.local, "http"):
            self.local.http = requests.Session()
        try:
            answer = self.local.http.request(method, url, timeout=TIMEOUT, **words)
            is_json = answer.headers.get("Content-Type", "").startswith("application/json")
            return answer.status_code, answer.json() if is_json else None
        except (requests.RequestException, ValueError):
            return None, None


def envelope(tenant, messages, *, apart=False):
    """A delivery of ``(wamid, person, second, text)``, one change for each, and with ``apart`` one entry."""
    changes = [
        {
            "field": "messages",
            "value": {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": "573155550142", "phone_number_id": tenant.phone_number_id},
                "contacts": [{"profile": {"name": "Alguien"}, "wa_id": person}],
                "messages": [
                    {"from": person, "id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}}
                ],
            },
        }
        for wamid, person, at, text in messages
    ]
    groups = [[change] for change in changes] if apart else [changes]
    entries = [{"id": tenant.waba_id, "changes": group} for group in groups]
    return {"object": "whatsapp_business_account", "entry": entries}
