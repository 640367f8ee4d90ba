"""Work behind the life of numbers. ``onboarding.tasks`` imports these for Celery."""

from celery import shared_task

from onboarding.services import pins, quotas, renamings, step_watch, written_first
from tenants.tenancy import every_business


@shared_task(name="onboarding.tasks.tend_numbers")
def tend_numbers():
    """Take renamings and new PINs on that are due."""
    return {"renamings": renamings.run_due(), "pins": pins.run_due()}


@shared_task(name="onboarding.tasks.forget_old_number_records")
def forget_old_number_records():
    """Drop what no quota and no limit counts any more."""
    with every_business():
        return {"people": written_first.forget_old(), "attempts": quotas.forget_old()}


@shared_task(name="onboarding.tasks.watch_steps")
def watch_steps():
    """Open incidents for steps that are stuck, and close those of steps that aren't."""
    return step_watch.look()
