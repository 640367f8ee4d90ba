"""Beat asks for these; ``contactcenter.tasks`` gathers them for Celery."""

from celery import shared_task

from contactcenter.health import samples
from contactcenter.health import watch as watching
from tenants.tenancy import every_business


@shared_task(name="contactcenter.tasks.take_sample")
def take_sample():
    """Several times a minute: the first call in each minute keeps its figures."""
    with every_business():
        return {"taken": samples.take()}


@shared_task(name="contactcenter.tasks.watch")
def watch():
    """Open and close the incidents of the installation as a whole."""
    with every_business():
        found = watching.look()
    return {"open": sorted(key for key, details in found.items() if details)}
