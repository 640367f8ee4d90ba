"""Tasks of costs. ``contactcenter.tasks`` gathers them for Celery."""

from celery import shared_task

from contactcenter.costs import usage


@shared_task(name="contactcenter.tasks.count_usage")
def count_usage():
    """Count the days of which there is news."""
    return usage.run_due()
