"""The worker's part in Embedded Signup."""

from celery import shared_task

from onboarding.services import signup_runner


@shared_task(name="onboarding.tasks.exchange_signups")
def exchange_signups():
    """Exchange the codes that wait, read what was shared, and close windows that nobody came back from."""
    return signup_runner.run_due()
