"""Updates that came before their message: found when two transactions missed each other, forgotten in time."""

from celery import shared_task

from config.clock import now
from contactcenter.understand import pending, statuses
from tenants.tenancy import every_business


@shared_task(name="contactcenter.tasks.sweep_pending_updates")
def sweep_pending_updates():
    """Beat, each minute: apply what waits for a message that is there, forget what nobody will ever ask for."""
    with every_business():
        applied = statuses.sweep_pending()
        forgotten = pending.forget_old(now())
    return {"applied": applied, "forgotten": forgotten}
