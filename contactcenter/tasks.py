"""The tasks of this app, gathered where Celery looks for them; each module of tasks covers one subject."""

from contactcenter.digest_tasks import digest_deliveries, prepare_ledger_partitions, sweep_deliveries

__all__ = ["digest_deliveries", "prepare_ledger_partitions", "sweep_deliveries"]
