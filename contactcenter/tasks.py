"""The tasks of this app, gathered where Celery looks for them; each module of tasks covers one subject."""

from contactcenter.campaign_tasks import hand_in_campaign_files, prepare_campaigns, run_campaigns
from contactcenter.costs.tasks import count_usage
from contactcenter.digest_tasks import digest_deliveries, prepare_ledger_partitions, sweep_deliveries
from contactcenter.health.tasks import take_sample, watch
from contactcenter.outbox_tasks import catch_up_round_trips, fetch_media, send_read_receipt, sweep_outbox
from contactcenter.pending_tasks import sweep_pending_updates
from contactcenter.replay_tasks import replay_dead_letters

__all__ = [
    "catch_up_round_trips",
    "count_usage",
    "digest_deliveries",
    "fetch_media",
    "hand_in_campaign_files",
    "prepare_campaigns",
    "prepare_ledger_partitions",
    "replay_dead_letters",
    "run_campaigns",
    "send_read_receipt",
    "sweep_deliveries",
    "sweep_outbox",
    "sweep_pending_updates",
    "take_sample",
    "watch",
]
