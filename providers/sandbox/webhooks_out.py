"""Webhooks to the product: a queue that survives restarts, signed deliveries, patient retries.

Sources: Meta's "Webhooks" pages (2025-11/12): ``X-Hub-Signature-256`` over the raw body, anything but 200 is tried
again with falling frequency for up to seven days. Updates of one chat leave in order unless a fault says otherwise.
"""

import asyncio
import hashlib
import hmac
import json
import os
import time

import aiohttp

from . import own_app, present
from .store import packed

MAX_AGE = 7 * 86400
IN_FLIGHT = 32
PAUSES = (1, 2, 5, 15, 60, 300, 900, 3600)


def sign(body):
    """The value of ``X-Hub-Signature-256`` for these bytes."""
    return "sha256=" + hmac.new(own_app.secret().encode(), body, hashlib.sha256).hexdigest()


class Hooks:
    """Queue and deliverer. ``say`` is called inside a request's transaction; ``run`` is a task of the server."""

    def __init__(self, store, options, faults):
        self.store, self.options, self.faults = store, options, faults
        self.wake = asyncio.Event()
        self._busy = {}
        self._held = None

    def say(self, waba, change, number=None, stream="", entry_id=None, always=False):
        """Queue one change for a WABA (dropped when no app subscribed to it, as Meta does).

        Message webhooks follow the override of the number, then of the WABA; all others go to the app's callback.
        ``always`` is for events that tell an app about an account before it could subscribe (``PARTNER_ADDED``).
        """
        if not (waba["subscribed"] or always):
            return
        url = own_app.callback()
        entry = {"id": entry_id or waba["id"], "changes": [change]}
        if change["field"] == "messages":
            url = (number and number["override_uri"]) or waba["override_uri"] or url
        elif change["field"] != "user_preferences":
            entry = {"id": entry["id"], "time": int(present.now()), "changes": [change]}
        self.store.insert(
            "webhook",
            url=url,
            stream=stream or change["field"] + waba["id"],
            field=change["field"],
            entry=packed(entry),
            next_at=time.time(),
            created_at=time.time(),
        )
        self.wake.set()

    def send_again(self, webhook_id):
        self.store.update("webhook", webhook_id, state="waiting", next_at=time.time(), created_at=time.time())
        self.wake.set()

    def hurry(self):
        """Deliver what waits for its next try now; how many that were."""
        due = self.store.run("UPDATE webhook SET next_at = ? WHERE state = 'waiting'", time.time()).rowcount
        self.wake.set()
        return due

    def waiting(self):
        return self.store.value("SELECT COUNT(*) FROM webhook WHERE state = 'waiting'")

    async def run(self):
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:
            while True:
                pause = self._start_due(session)
                self.wake.clear()
                if pause > 0:
                    try:
                        await asyncio.wait_for(self.wake.wait(), pause)
                    except TimeoutError:
                        continue
                    # A moment in which more deliveries end, so that one look starts many.
                    await asyncio.sleep(0.004)
                else:
                    await asyncio.sleep(0)

    def _start_due(self, session):
        """Start what may leave now; the seconds until the next look."""
        room = IN_FLIGHT - len(self._busy)
        if room <= 0:
            return 1.0
        due = self.store.all(
            "SELECT id, url, stream FROM webhook WHERE state = 'waiting' AND next_at <= ? ORDER BY id LIMIT 300",
            time.time(),
        )
        batch_size = int(self.options["webhook_batch"])
        started, skipped = [], set()
        for row in due:
            if room <= 0:
                break
            stream = (row["url"], row["stream"])
            if stream in self._busy or stream in skipped:
                continue
            if batch_size > 1 and started and started[-1][0]["url"] == row["url"] and len(started[-1]) < batch_size:
                started[-1].append(row)
            else:
                started.append([row])
                room -= 1
            skipped.add(stream)
        for rows in started:
            keys = [(row["url"], row["stream"]) for row in rows]
            for key in keys:
                self._busy[key] = True
            task = asyncio.ensure_future(self._deliver(session, rows))
            task.add_done_callback(lambda done, keys=keys: self._free(keys))
        if due and not started:
            return 0.05
        return 0.3

    def _free(self, keys):
        for key in keys:
            self._busy.pop(key, None)
        self.wake.set()

    async def _deliver(self, session, rows):
        marks = ", ".join("?" * len(rows))
        rows = self.store.all(f"SELECT * FROM webhook WHERE id IN ({marks}) ORDER BY id", *(row["id"] for row in rows))
        if not rows:
            return  # the sandbox was emptied meanwhile
        fault = self.faults.take("webhooks")
        times = 1
        if fault and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        elif fault and fault.kind == "duplicate":
            times = 2
        elif fault and fault.kind == "reorder":
            # Out of its turn: those behind it in the same chat may overtake it now.
            until = time.time() + max(fault.seconds, 0.2)
            for row in rows:
                self.store.update("webhook", row["id"], next_at=until)
            self.store.commit()
            return
        entries = [json.loads(row["entry"]) for row in rows]
        body = packed({"object": "whatsapp_business_account", "entry": entries}).encode()
        state, note = "waiting", ""
        for _ in range(times):
            state, note = await self._post(session, rows[0]["url"], body)
        moment = time.time()
        for row in rows:
            if state == "delivered":
                self.store.update(
                    "webhook",
                    row["id"],
                    state=state,
                    answer=note,
                    attempts=row["attempts"] + 1,
                    delivered_at=moment,
                )
                continue
            attempts = row["attempts"] + 1
            expired = moment - row["created_at"] > MAX_AGE
            self.store.update(
                "webhook",
                row["id"],
                state="given_up" if expired else "waiting",
                attempts=attempts,
                answer=note,
                next_at=moment + PAUSES[min(attempts, len(PAUSES)) - 1],
            )
        self.store.commit()

    async def _post(self, session, url, body):
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": sign(body),
            "User-Agent": "facebookexternalua",
        }
        try:
            async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                await response.read()
                return ("delivered" if response.status == 200 else "waiting"), str(response.status)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
            return "waiting", (f"{type(exc).__name__}: {exc}")[:200]


async def handshake(url, token):
    """Ask a new callback to prove itself (``hub.challenge``); the reason as text when it didn't."""
    challenge = str(int.from_bytes(os.urandom(4)))
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            async with session.get(url, params=query) as response:
                text = await response.text()
                if response.status != 200:
                    return f"HTTP Status Code = {response.status}"
                return None if text.strip() == challenge else "HTTP Response does not match the challenge"
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as exc:
        return f"{type(exc).__name__}"
