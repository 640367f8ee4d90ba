"""Replays of dead letters: the row is the job, a task says only "look now"."""

from celery import shared_task

from config import hints
from providers import replays
from tenants.tenancy import every_business


@shared_task(name=replays.TASK)
def replay_dead_letters(job_pk=None):
    """Work on this job, or on every unfinished one (beat asks, each few seconds); queue up again if more is left."""
    more = []
    for pk in [job_pk] if job_pk is not None else replays.unfinished():
        if replays.run(pk, scope=every_business):
            more.append(pk)
            hints.send(replays.TASK, pk)
            break
    return {"more": more}
