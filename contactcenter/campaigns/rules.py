"""What campaigns of a business are held to: its own rules, else those of the house (``data/campaign_rules.json``)."""

import json
from dataclasses import dataclass
from datetime import time, timedelta
from functools import cache
from pathlib import Path

from contactcenter.models import CampaignRules

_FILE = Path(__file__).resolve().parent.parent / "data" / "campaign_rules.json"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules that hold for one business."""

    frequency_count: int
    frequency_days: int
    quiet_from: time | None
    quiet_until: time | None
    error_percent: int

    @property
    def frequency(self):
        return timedelta(days=self.frequency_days)


FIELDS = tuple(Rules.__dataclass_fields__)


@cache
def _house():
    return json.loads(_FILE.read_text())


def of_house():
    """The rules of the house."""
    data = _house()
    hours = {field: time.fromisoformat(data[field]) for field in ("quiet_from", "quiet_until")}
    return Rules(**{field: hours.get(field, data[field]) for field in FIELDS})


def of_business(business_id):
    """The rules of a business; call it in a scope."""
    row = CampaignRules.objects.filter(business_id=business_id).first()
    return Rules(**{field: getattr(row, field) for field in FIELDS}) if row else of_house()


def error_window():
    """``(how many last outcomes are looked at, how many have to be there)``."""
    return _house()["error_window"], _house()["error_least"]


def reply_time():
    """How long after a message an answer counts as a reply to the campaign."""
    return timedelta(hours=_house()["reply_hours"])
