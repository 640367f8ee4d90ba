"""The tasks of this app, gathered where Celery looks for them; each module of tasks covers one subject."""

from contactcenter.digest_tasks import digest_deliveries, prepare_ledger_partitions, sweep_deliveries
from contactcenter.outbox_tasks import fetch_media, send_read_receipt, sweep_outbox
from contactcenter.pending_tasks import sweep_pending_updates

__all__ = [
    "digest_deliveries",
    "fetch_media",
    "prepare_ledger_partitions",
    "send_read_receipt",
    "sweep_deliveries",
    "sweep_outbox",
    "sweep_pending_updates",
]
