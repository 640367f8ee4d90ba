"""Celery's side of badge requests."""

from celery import shared_task

from onboarding.services import badge_worker


@shared_task(name="onboarding.tasks.tend_badges")
def tend_badges():
    """Check, send and follow the badge requests that are due."""
    return badge_worker.run_due()


@shared_task(name="onboarding.tasks.remind_of_badges")
def remind_of_badges():
    """Beat: tell refused businesses that they may ask again."""
    return badge_worker.remind_due()
