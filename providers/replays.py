"""Many dead letters handled again: a row that says which, and that remembers how far it came.

Each letter is one transaction that handles it, closes it, and moves the job on. So a worker may be killed at any
moment: the next one finds the row and goes on with the letter that wasn't finished. One worker at a time holds a job.
"""

import time
from contextlib import contextmanager

from django.db import connection, transaction

from config import hints
from config.clock import now
from config.faults import fault_point
from providers import dead_letters
from providers.models import DeadLetter, ReplayJob
from providers.webhooks import dispatch, subscribers

TASK = "contactcenter.tasks.replay_dead_letters"
LOCK_ROOM = 7303
MOST = 100_000
"""A job takes at most so many letters; the rest is the next job's."""


def chosen(*, kind="", number="", failed_from=None, failed_until=None):
    """The open dead letters that a filter names, oldest delivery first."""
    letters = DeadLetter.objects.filter(closed_at=None)
    if kind:
        letters = letters.filter(kind=kind)
    if number:
        letters = letters.filter(number=number)
    if failed_from:
        letters = letters.filter(failed_at__gte=failed_from)
    if failed_until:
        letters = letters.filter(failed_at__lt=failed_until)
    return letters.order_by("delivery_id")


def ask(asked_by, *, letters=None, **filters):
    """Write down a job for the letters that a filter names, or for ``letters`` (a queryset); ``None`` if none is open.

    ``filters`` as in ``chosen``. The workers get a hint; a sweep finds the job without one.
    """
    keys = None
    open_ones = chosen(**filters)
    if letters is not None:
        keys = list(letters.filter(closed_at=None).order_by("delivery_id").values_list("pk", flat=True)[:MOST])
        open_ones = open_ones.filter(pk__in=keys)
    deliveries = list(open_ones.values_list("delivery_id", flat=True)[:MOST])
    if not deliveries:
        return None
    job = ReplayJob.objects.create(
        asked_by=asked_by[:254], chosen=keys, last_delivery=deliveries[-1], total=len(deliveries), **filters
    )
    hints.after_commit(TASK, job.pk)
    return job


def stop(job):
    """Ask a job to end after the letter that is being handled."""
    ReplayJob.objects.filter(pk=job.pk, finished_at=None, stop_asked_at=None).update(stop_asked_at=now())
    hints.after_commit(TASK, job.pk)


def unfinished():
    """The keys of the jobs with something left to do, oldest first."""
    return list(ReplayJob.objects.filter(finished_at=None).order_by("pk").values_list("pk", flat=True)[:20])


def run(job_pk, scope=transaction.atomic, seconds=20.0):
    """Work on a job until it is finished, ``seconds`` have passed, or another worker has it; whether more is left."""
    ends = time.monotonic() + seconds
    while True:
        went_on = _step(job_pk, scope)
        if not went_on:
            return False
        if time.monotonic() > ends:
            return True


def _step(job_pk, scope):
    """Handle the next letter; ``False`` when there is none, or the job isn't ours."""
    letter = None
    try:
        with _held(job_pk) as job, scope():
            if job is None:
                return False
            letter = _next(job)
            if letter is None:
                _finish(job)
                return False
            subscribers.handle(subscribers.read_delivery(dead_letters.row_of(letter)))
            dead_letters.note_success(letter)
            _move_on(job, letter, went_through=1)
            fault_point("replay.before_commit")
    except Exception as exc:
        if letter is None or dispatch.is_nobodys_fault(exc):
            raise
        return _failed(job_pk, letter, exc)
    dead_letters.close_incident_when_none_is_left()
    return True


def _failed(job_pk, letter, exc):
    """A letter failed again, and everything it did was undone: keep the error and go on behind it."""
    with _held(job_pk) as job:
        if job is None or job.position >= letter.delivery_id:
            return False
        dead_letters.note_failure(letter, exc)
        _move_on(job, letter, failed_again=1)
    return True


@contextmanager
def _held(job_pk):
    """The job in a transaction that keeps other workers off; ``None`` when one of them has it or it is finished."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [LOCK_ROOM, job_pk])
            mine = cursor.fetchone()[0]
        # A new statement sees what the worker before us committed.
        yield ReplayJob.objects.filter(pk=job_pk, finished_at=None).first() if mine else None


def _next(job):
    if job.stop_asked_at is not None or job.done >= job.total:
        return None
    letters = chosen(
        kind=job.kind, number=job.number, failed_from=job.failed_from, failed_until=job.failed_until
    ).filter(delivery_id__gt=job.position, delivery_id__lte=job.last_delivery)
    if job.chosen is not None:
        letters = letters.filter(pk__in=job.chosen)
    return letters.select_for_update().first()


def _move_on(job, letter, *, went_through=0, failed_again=0):
    ReplayJob.objects.filter(pk=job.pk).update(
        position=letter.delivery_id,
        went_through=job.went_through + went_through,
        failed_again=job.failed_again + failed_again,
        progress_at=now(),
    )


def _finish(job):
    ReplayJob.objects.filter(pk=job.pk).update(finished_at=now())
