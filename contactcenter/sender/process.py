"""The sender at work: claim, mark and leave, settle, each in its own loop, all of them in one asyncio process."""

import asyncio
import gc
import logging
import os
import signal
import socket
import time
import uuid

import redis.asyncio
from django.conf import settings
from redis.exceptions import RedisError

from contactcenter.health import watch
from contactcenter.sender import CHANNEL
from contactcenter.sender.board import Board
from contactcenter.sender.claiming import Claims
from contactcenter.sender.leaving import Departure
from contactcenter.sender.settling import Results
from contactcenter.sender.store import connection_parameters

logger = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
LOOK_SECONDS = 10.0
"""How often the sender looks whether the processes are at work without which nobody else could look."""
FIRST_LOOK_SECONDS = 60.0
"""After a common start the others need a moment, and what they noted before the night is old."""


class Sender:
    """Everything of one sender process. ``run`` returns after ``stop`` and a drain."""

    def __init__(self, options):
        self.options = options
        self.me = f"{socket.gethostname()[:20]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        parameters = connection_parameters()
        self.board = Board(options)
        self.results = Results(self.me, options, parameters)
        self.departure = Departure(self.me, options, parameters, self.board, self.results)
        self.claims = Claims(self.me, options, parameters, self.board, self.results)
        self.claims.room, self.departure.hunger = self.departure.room, self.claims.work

    def stop(self):
        """Claim nothing more; ``run`` ends once what is on its way has come back."""
        for part in (self.claims, self.departure):
            part.stop()

    async def run(self):
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGINT"):
            loop.add_signal_handler(getattr(signal, name), self.stop)
        self.departure.connect(settings.WHATSAPP_GRAPH_URL)
        side = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]
        settle = asyncio.create_task(self.results.loop())
        depart = asyncio.create_task(self.departure.loop())
        for task in (settle, depart):
            task.add_done_callback(self._stop_if_broken)
        logger.info("The sender %s is at work.", self.me)
        try:
            await self.claims.loop()
            await depart
            await self.departure.drain()
            self.results.finish()
            await settle
            await self.results.beat()
        finally:
            for task in (*side, depart, settle):
                task.cancel()
            await asyncio.gather(*side, depart, settle, return_exceptions=True)
            for part in (self.departure, self.claims, self.results):
                part.close()
        logger.info("The sender %s has stopped.", self.me)

    def _stop_if_broken(self, task):
        """Without one of its loops a sender only seems to work: end, and let the supervisor start another."""
        if not task.cancelled() and task.exception() is not None:
            logger.critical("A part of the sender broke.", exc_info=task.exception())
            self.stop()

    async def _listen(self):
        """Redis rings when something was written to the outbox; without it the sweep finds it a little later."""
        while True:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
            try:
                async with client.pubsub() as bells:
                    await bells.subscribe(CHANNEL)
                    async for message in bells.listen():
                        self.claims.ring(message.get("data"))
            except (RedisError, OSError, TimeoutError) as exc:
                logger.debug("No bells from Redis: %s", exc)
            finally:
                await client.aclose()
            await asyncio.sleep(1)

    async def _beat(self):
        noted_at = time.monotonic()
        look, look_at = None, noted_at + FIRST_LOOK_SECONDS
        while True:
            at = time.monotonic()
            if at >= look_at and (look is None or look.done()):
                look_at = at + LOOK_SECONDS
                look = self.results.later(watch.look_at_workers)
            await self.results.beat(self.board.lanes_to_note(at, max(1.0, at - noted_at)))
            noted_at = at
            self.board.forget_paid(at)
            await asyncio.sleep(BEAT_SECONDS)


def run(options):
    """Work until told to stop."""
    gc.freeze()  # what was imported stays anyway; looking through it again and again costs a tenth of the rate
    gc.set_threshold(50_000, 20, 20)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_run(options))


async def _run(options):
    await Sender(options).run()


def _loop_factory():
    try:
        import uvloop  # comes with uvicorn where there is a wheel of it
    except ImportError:
        return None
    return uvloop.new_event_loop
