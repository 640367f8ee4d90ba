"""The sandbox as one object: store, options, faults, reviewer, webhooks, and the tasks that keep it moving."""

import asyncio
import contextlib
import logging
import time
from collections import deque

from . import own_app, statuses, template_changes
from .faults import Faults
from .messages import Buckets
from .options import Options
from .reviewer import Reviewer
from .store import Store
from .webhooks_out import Hooks

log = logging.getLogger("sandbox")

OPEN_FOR = 15
LOG_SIZE = 200


class Box:
    """One running sandbox over one folder."""

    def __init__(self, folder, origin="http://127.0.0.1:8010"):
        self.store = Store(folder)
        self.origin = origin
        self.options = Options(self.store)
        self.faults = Faults(self.store)
        self.hooks = Hooks(self.store, self.options, self.faults)
        self.reviewer = Reviewer(self.store, self.options, self.hooks)
        self.reviewer.box = self
        self.buckets = Buckets()
        self.system_token = own_app.system_token()
        self.calls = deque(maxlen=LOG_SIZE)
        self.hourly = {}
        self.versions = {}
        self._open = {}
        self._commit = None
        self._steps = asyncio.Event()
        self._tasks = []

    def knows_token(self, token):
        """The system user's token, an app token (``id|secret``) or one that this sandbox issued."""
        if token == self.system_token or token.startswith(f"{own_app.app_id()}|"):
            return True
        return self.store.one("SELECT token FROM token WHERE token = ?", token) is not None

    async def settled(self):
        """Wait until what was written is on disk; messages that come together share one commit."""
        if self._commit is None:
            loop = asyncio.get_running_loop()
            self._commit = loop.create_future()
            loop.call_later(0.002, self._flush)
        await asyncio.shield(self._commit)

    def _flush(self):
        self._commit, done = None, self._commit
        try:
            self.store.commit()
        except Exception as exc:
            done.set_exception(exc)
        else:
            done.set_result(None)

    # What the telephone watches

    def touched(self, customer_id):
        """Something changed on this person's telephone; open pages refresh themselves."""
        self.versions[customer_id] = self.versions.get(customer_id, 0) + 1

    def open_chat(self, customer_id, number_id):
        """This chat is on the screen (for a little while: an open page says so again and again)."""
        self._open[customer_id, number_id] = time.monotonic()

    def is_open(self, customer_id, number_id):
        return time.monotonic() - self._open.get((customer_id, number_id), float("-inf")) < OPEN_FOR

    # Tasks

    def wake_steps(self):
        self._steps.set()

    def start(self):
        self._tasks = [
            asyncio.ensure_future(_forever("webhooks", self.hooks.run)),
            asyncio.ensure_future(_forever("statuses", self._run_steps)),
            asyncio.ensure_future(_forever("reviews", self._run_reviews)),
        ]

    async def stop(self):
        # Before Python 3.12 wait_for can swallow a cancellation, so each task is told until it has ended.
        while any(not task.done() for task in self._tasks):
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.2)
        self.store.close()

    async def _run_steps(self):
        while True:
            pause = statuses.take_steps(self)
            self.store.commit()
            self._steps.clear()
            if pause == 0:
                await asyncio.sleep(0)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._steps.wait(), min(pause or 5.0, 5.0))
            # A moment for others to arrive, so that many are done in one transaction.
            await asyncio.sleep(0.01)

    async def _run_reviews(self):
        while True:
            self.reviewer.look()
            template_changes.end_pauses(self)
            self.store.commit()
            await asyncio.sleep(0.2)

    def reset(self, options=False):
        """Forget everything (and, with ``options``, the settings of the rehearsal too)."""
        self.store.reset()
        self.faults.clear()
        if options:
            self.options.reset()
        self.store.commit()
        self.buckets.forget()
        self.hourly.clear()
        self.calls.clear()
        for customer_id in list(self.versions):
            self.touched(customer_id)


async def _forever(name, work):
    while True:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("The %s task failed; it starts again.", name)
            await asyncio.sleep(1)
