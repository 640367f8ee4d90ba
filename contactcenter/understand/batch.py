"""The events of one batch with what is known about each."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from providers.webhooks.events import CallEvent, Event


class Thread(NamedTuple):
    """A conversation's primary key, and whether this batch opened it."""

    id: int
    is_new: bool = False


@dataclass(slots=True)
class Item:
    """An event whose number we know. ``at`` is the moment that counts (see ``moment_of``)."""

    heard: Any
    event: Event
    business_id: int
    number_id: int
    at: datetime
    contact_id: int | None = None

    @property
    def place(self):
        """Number and contact: what a conversation and a window are about."""
        return self.number_id, self.contact_id

    @property
    def key(self):
        """Number and provider's ID: what makes a message one."""
        return self.number_id, self.event.provider_id


def moment_of(heard):
    """The provider's time of an event; the time it was received if that is earlier, or if none was given.

    A time from the future would keep a window open for longer than anybody may write.
    """
    event = heard.event
    stated = event.at_ms
    if isinstance(event, CallEvent) and event.started_at_ms is not None:
        stated = event.started_at_ms
    if stated is None:
        return heard.received_at
    try:
        return min(datetime.fromtimestamp(stated / 1000, UTC), heard.received_at)
    except (ValueError, OverflowError, OSError):
        return heard.received_at
