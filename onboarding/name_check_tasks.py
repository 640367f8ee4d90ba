"""Celery's side of the display-name check."""

from celery import shared_task

from onboarding.services import name_checks


@shared_task(name="onboarding.tasks.check_display_name")
def check_display_name(pk):
    """Read the website of one check and judge the name by it."""
    return name_checks.run(pk)


@shared_task(name="onboarding.tasks.check_waiting_display_names")
def check_waiting_display_names():
    """Beat: run the checks that no hint reached."""
    return name_checks.run_waiting()
