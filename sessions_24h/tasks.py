"""Announces what the clock decided."""

from celery import shared_task

from config.faults import fault_point
from tenants.tenancy import every_business

MAX_ROUNDS = 40


@shared_task
def close_expired_windows():
    """Beat: announce the windows whose end has passed, 500 per transaction."""
    from sessions_24h import services  # tasks are found before all apps are ready

    closed = 0
    for _ in range(MAX_ROUNDS):
        with every_business():
            batch = len(services.close_due())
            if batch:
                fault_point("windows.before_commit")
        closed += batch
        if batch < services.CLOSED_AT_ONCE:
            break
    return {"closed": closed}
