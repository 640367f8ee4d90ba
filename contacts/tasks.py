"""Work behind the consent pages. Each task finds its due rows itself; hints only make it look sooner."""

from celery import shared_task

from contacts.imports import job


@shared_task
def run_imports():
    """Go on with the lists of consents that are being tried or imported."""
    return job.run_due()
