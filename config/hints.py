"""Hints to the workers: "look now". They may be lost without harm, because sweeps find what no hint announced.

No request waits for Redis and none fails because of it: hints leave from a thread of their own, equal hints that
still wait are sent once, and when too many wait the newest are dropped.
"""

import logging
import os
import queue
import threading

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

MAX_WAITING = 1000
LATER_SECONDS = 2

_waiting = set()
_queue = queue.Queue(maxsize=MAX_WAITING)
_lock = threading.Lock()
_thread_of_process = None


def after_commit(task_name, *args):
    """Tell the workers to look at ``task_name(*args)`` once the present transaction is durable."""
    transaction.on_commit(lambda: send(task_name, *args), robust=True)


def send(task_name, *args):
    """Put a hint on its way and return at once; never raises, never waits for the network."""
    _enqueue(("task", task_name, args))


def send_later(task_name, *args):
    """The same, for a task that shall look in a moment and not now."""
    _enqueue(("later", task_name, args))


def publish(channel, message):
    """Ring a Redis channel from the same thread and with the same promises as ``send``."""
    _enqueue(("bell", channel, message))


def _enqueue(hint):
    global _thread_of_process
    with _lock:
        if hint in _waiting:
            return
        if _thread_of_process != os.getpid():
            _thread_of_process = os.getpid()
            threading.Thread(target=_deliver, name="hints", daemon=True).start()
        try:
            _queue.put_nowait(hint)
        except queue.Full:
            logger.warning("Too many hints are waiting; dropped %s", hint[1])
            return
        _waiting.add(hint)


def _deliver():
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=settings.REDIS_TIMEOUT_SECONDS, socket_connect_timeout=1
    )
    while True:
        hint = _queue.get()
        with _lock:
            _waiting.discard(hint)
        kind, name, content = hint
        try:
            if kind == "bell":
                client.publish(name, content)
            else:
                _send_task(name, content, countdown=LATER_SECONDS if kind == "later" else None)
        except Exception as exc:
            logger.warning("A hint was lost (%s): %s", name, exc)


def _send_task(name, args, countdown=None):
    from config.celery import app  # heavy, and processes that only ring never need it

    app.send_task(name, args=args, countdown=countdown, retry=False, ignore_result=True, expires=60)


def _after_fork():
    """A forked child has neither the thread nor a say in its parent's queue."""
    global _thread_of_process, _queue, _lock
    _thread_of_process, _queue, _lock = None, queue.Queue(maxsize=MAX_WAITING), threading.Lock()
    _waiting.clear()


os.register_at_fork(after_in_child=_after_fork)
