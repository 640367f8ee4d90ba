"""One child of each worker stays free: tasks that may last can't hold all of them, so digestion never waits for those.

What waits for a network, or works through long lists, needs a slot, and there is one less of them than children. What
only looks after others (polls) leaves one more free for what people wait for. A task that finds no slot ends at once
and is rung for when one is given back, or a little later if it was asked about something in particular. Whether or not
that hint arrives, beat asks again for the rows; what beat never asks for (``DROPPED``) is let be.

A slot is a byte range of a file without a name, locked by the child. The kernel lets go of it when the child dies.
"""

import fcntl
import mmap
import tempfile
from contextlib import contextmanager

from celery import Task

from config import hints

POLLS = (
    "onboarding.tasks.check_channels",
    "onboarding.tasks.poll_accounts",
    "onboarding.tasks.tend_badges",
    "onboarding.tasks.tend_short_links",
    "templates_hsm.tasks.poll_templates",
)
"""Tasks that ask a provider about what nobody waits for."""

LASTING = (
    "contactcenter.tasks.count_usage",
    "contactcenter.tasks.fetch_media",
    "contactcenter.tasks.hand_in_campaign_files",
    "contactcenter.tasks.prepare_campaigns",
    "contactcenter.tasks.replay_dead_letters",
    "contactcenter.tasks.send_read_receipt",
    "contacts.tasks.run_imports",
    "onboarding.tasks.check_display_name",
    "onboarding.tasks.check_waiting_display_names",
    "onboarding.tasks.exchange_signups",
    "onboarding.tasks.run_due_steps",
    "onboarding.tasks.tend_numbers",
    "providers.tasks.forget_old_records",
    "templates_hsm.tasks.submit_due_templates",
    "tenants.tasks.send_due_mail",
)
"""Tasks that wait for a network or work for more than a second or two at once. All others are short."""

DROPPED = {"contactcenter.tasks.send_read_receipt"}
"""Those of which a lost one isn't tried again: they would come back for as long as a provider keeps all slots."""

_PLACES = {name: place for place, name in enumerate((*POLLS, *LASTING))}


class Slots:
    """The slots of one worker, made before its children. ``children`` is how many those are."""

    def __init__(self, children):
        self.count = max(1, children - 1)
        self.for_polls = max(1, children - 2)
        self.file = tempfile.TemporaryFile()
        self.turned_away = mmap.mmap(-1, len(_PLACES))
        """A byte for each task, shared by all children: whether one found no slot."""
        self.held = False

    @contextmanager
    def one_for(self, name):
        """Yields whether this task may run; a slot that it got is given back afterwards."""
        if name not in _PLACES or self.held:
            yield True
            return
        slot = self._take(self.for_polls if name in POLLS else self.count)
        if slot is None:
            yield False
            return
        self.held = True
        try:
            yield True
        finally:
            self.held = False
            fcntl.lockf(self.file, fcntl.LOCK_UN, 1, slot)
            self._ring()

    def turn_away(self, name, args):
        """Have a task that found no slot come back, if it is one that does."""
        if name in DROPPED:
            return
        if args:
            hints.send_later(name, *args)
        else:
            self.turned_away[_PLACES[name]] = 1

    def _take(self, count):
        for slot in reversed(range(count)):  # polls have the first ones alone, so others begin at the last
            try:
                fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, slot)
                return slot
            except BlockingIOError:
                continue
        return None

    def _ring(self):
        for name, place in _PLACES.items():
            if self.turned_away[place]:
                self.turned_away[place] = 0
                hints.send(name)


_slots = None


def make(children):
    """Have tasks need slots from now on, in this process and in those that it starts."""
    global _slots
    _slots = Slots(children)


class PatientTask(Task):
    """The base of all tasks. Outside a worker nothing needs a slot."""

    abstract = True

    def __call__(self, *args, **kwargs):
        if _slots is None:
            return super().__call__(*args, **kwargs)
        with _slots.one_for(self.name) as may_run:
            if may_run:
                return super().__call__(*args, **kwargs)
        return _slots.turn_away(self.name, args)
