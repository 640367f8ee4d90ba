"""The sandbox's view of the installation's one clock.

``config.clock`` reads a row, which may not happen on the event loop; a small thread asks it twice a second and the
loop adds the remembered offset.
"""

import asyncio
import contextlib
import threading
import time
from datetime import UTC, datetime

from config import clock

_offset = 0.0
_stop = threading.Event()


def now():
    """Unix seconds on the installation's clock."""
    return time.time() + _offset


def moment(seconds=None):
    """The same as an aware UTC datetime."""
    return datetime.fromtimestamp(now() if seconds is None else seconds, UTC)


def offset():
    return _offset


async def move_to(seconds):
    """Set the installation's offset.

    Raises ``clock.ClockNotMovable`` unless ``MOVABLE_CLOCK=1``, and ``RuntimeError`` when its row can't be reached.
    """
    global _offset
    try:
        await asyncio.to_thread(clock.set_offset, float(seconds))
    except clock.ClockNotMovable:
        raise
    except Exception as exc:
        raise RuntimeError(f"The clock's row can't be written: {exc}") from exc
    _offset = float(seconds)


def follow():
    """Keep following the installation's clock from a thread until ``leave()``."""
    _stop.clear()
    threading.Thread(target=_follow, daemon=True, name="sandbox-clock").start()


def leave():
    _stop.set()


def _follow():
    global _offset
    while not _stop.wait(0.5):
        # A database that is away keeps the last offset; the clock itself reports what is wrong to whoever moves it.
        with contextlib.suppress(Exception):
            _offset = clock.offset()
