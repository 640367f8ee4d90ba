"""What ``/readyz`` asks about hearing; ``providers.apps`` imports this module."""

from config.readiness import check
from providers.webhooks import ledger


@check("ledger")
def ledger_is_writable():
    """Whether a delivery could be written now; raises ``django.db.Error`` when the database refuses."""
    ledger.check_writable()
    return ""


@check("digestion")
def digestion_keeps_up():
    """Whether the oldest undigested delivery is young enough."""
    lag = ledger.lag(ledger.waiting().values())
    if lag <= ledger.LAG_LIMIT:
        return ""
    return (
        f"The oldest undigested delivery has waited for {lag.total_seconds():.0f} seconds; "
        f"{ledger.LAG_LIMIT.total_seconds():.0f} are allowed."
    )
