"""What was understood but has no place: kept beside what the parser didn't know, for staff to look at."""

from dataclasses import asdict

import orjson

from providers.models import UnknownEvent

MAX_CHARACTERS = 60_000


def keep(heard, reason):
    """Keep events with the reason; one that is kept already stays as it is."""
    UnknownEvent.objects.bulk_create([_row(one, reason) for one in heard], ignore_conflicts=True, batch_size=200)


def _row(heard, reason):
    event = heard.event
    return UnknownEvent(
        delivery_id=heard.delivery_id,
        position=".".join(map(str, event.position)),
        received_at=heard.received_at,
        kind="not_used",
        reason=reason,
        field=type(event).__name__,
        provider_account=(event.phone_number_id or event.waba_id or "")[:60],
        raw=orjson.dumps(asdict(event), default=str).decode().replace("\\u0000", "\\ufffd")[:MAX_CHARACTERS],
    )
