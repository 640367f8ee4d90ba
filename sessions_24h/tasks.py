"""Announces what the clock decided."""

import time

from celery import shared_task

from config.faults import fault_point
from tenants.tenancy import every_business

TURN_SECONDS = 20.0


@shared_task
def close_expired_windows():
    """Beat: announce the windows whose end has passed, a transaction per set; several workers may be at it."""
    from sessions_24h import services  # tasks are found before all apps are ready

    closed, ends = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends:
        with every_business():
            batch = len(services.close_due())
            if batch:
                fault_point("windows.before_commit")
        closed += batch
        if batch < services.CLOSED_AT_ONCE:
            break
    return {"closed": closed}
