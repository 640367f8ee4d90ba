"""The provider log: one row for each question and its answer, without secrets, and without the numbers of people.

Tokens, PINs and codes are masked where the question is asked (``providers.transport``). A business's own numbers stay
readable, because they are what the work is about; of a customer's number the last two digits are kept.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from config.clock import now
from providers import tallies
from providers.cloud_api.request import MASK
from providers.models import ProviderCall

PEOPLE = frozenset({"to", "from", "wa_id", "input", "user", "recipient", "recipient_id", "requester", "customer"})
"""Fields that hold a person's number, in requests and answers."""
SLOW_MS = 2000


def keep(record: Mapping[str, Any], *, subject="", business="", application="", step=""):
    """Store one question as ``providers.transport`` recorded it; the words say what it was about."""
    with transaction.atomic():
        row = ProviderCall.objects.create(
            at=now(),
            method=str(record.get("method", ""))[:8],
            path=str(record.get("path", ""))[:300],
            subject=subject[:60],
            business=business[:60],
            application=application[:20],
            step=step[:40],
            status=record.get("status") or None,
            error_code=record.get("code"),
            outcome=str(record.get("outcome", ""))[:12],
            milliseconds=int(record.get("ms") or 0),
            request=_as_object(without_people(record.get("request"))),
            response=_as_object(without_people(record.get("response"))),
        )
        if record.get("code") is not None:
            tallies.add({tallies.error_name("call", record["code"]): 1})
    return row


def without_people(value: Any) -> Any:
    """A copy of JSON-like ``value`` in which the numbers of people are masked but for their last two digits."""
    if isinstance(value, Mapping):
        return {
            name: _masked(inner) if name in PEOPLE and isinstance(inner, str | int) else without_people(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_people(inner) for inner in value]
    return value


def _masked(value):
    digits = "".join(sign for sign in str(value) if sign.isdigit())
    return MASK + digits[-2:] if len(digits) >= 6 else value


def _as_object(value):
    if isinstance(value, dict):
        return value
    return {"text": value} if value else {}
