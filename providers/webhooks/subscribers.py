"""Who hears which events: handlers subscribe, a batch is shared out, and what nobody wants is kept."""

import itertools
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import orjson

from providers.models import UnknownEvent
from providers.webhooks.events import Event, Unknown
from providers.webhooks.parser import parse_delivery

KEPT_CHARACTERS = 60_000
EARLY = "early"
"""The kind of unknown events whose account nobody has yet (``early.py``)."""


class Heard(NamedTuple):
    """An event as handlers get it; ``received_at`` is when its delivery arrived, by the installation's clock."""

    event: Event
    received_at: datetime
    delivery_id: int


class _Subscription(NamedTuple):
    order: int
    number: int
    classes: tuple
    handler: Callable


_subscriptions: list[_Subscription] = []
_numbers = itertools.count()


def subscribe(*event_classes, handler, order=50):
    """Have ``handler(list[Heard])`` called once per batch that has events of these classes, lower ``order`` first.

    It runs inside the scope and the transaction of the batch; what it raises undoes the batch. Subscribing the same
    handler again replaces the earlier subscription.
    """
    if not event_classes:
        raise ValueError("Name at least one event class.")
    unsubscribe(handler)
    _subscriptions.append(_Subscription(order, next(_numbers), event_classes, handler))
    _subscriptions.sort(key=lambda one: (one.order, one.number))


def unsubscribe(handler):
    """Call ``handler`` no more."""
    _subscriptions[:] = [one for one in _subscriptions if one.handler != handler]


def read_delivery(row):
    """The events of a ledger row, as handlers get them."""
    return [Heard(event, row.received_at, row.id) for event in parse_delivery(row.body)]


def handle(heard):
    """Give every event to its subscribers and keep what nobody knows or wants. Belongs inside a scope."""
    classes, wanted = {type(one.event) for one in heard}, set()
    for subscription in _subscriptions:
        mine = {one for one in classes if issubclass(one, subscription.classes)}
        if mine:
            wanted |= mine
            subscription.handler(heard if mine == classes else [one for one in heard if type(one.event) in mine])
    if wanted != classes:
        _keep_unknown([one for one in heard if type(one.event) not in wanted])


def keep_unknown(one, reason):
    """For handlers: keep an event that is understood but belongs to nobody here (``reason``, for staff to read)."""
    _keep_unknown([one], reason)


def keep_early(one, reason):
    """The same, for one about a WABA that is heard again when somebody has it."""
    _keep_unknown([one], reason, kind_of_unused=EARLY)


def place_of(event):
    """Where in its delivery an event stands, as kept with unknown events."""
    return ".".join(map(str, event.position))


def _keep_unknown(heard, unused_because="no subscriber", kind_of_unused="recognised_but_unused"):
    rows = []
    for event, received_at, delivery_id in heard:
        if isinstance(event, Unknown):
            kind, reason, field, piece = event.kind, event.reason, event.field, event.piece
        else:
            kind, reason, field = kind_of_unused, unused_because, type(event).__name__
            piece = event
        account = event.waba_id if kind == EARLY else event.phone_number_id or event.waba_id
        text = piece if isinstance(piece, str) else orjson.dumps(piece, option=orjson.OPT_INDENT_2).decode()
        rows.append(
            UnknownEvent(
                delivery_id=delivery_id,
                position=place_of(event),
                received_at=received_at,
                kind=kind[:30],
                reason=reason.replace("\x00", "\ufffd")[:200],
                field=field.replace("\x00", "\ufffd")[:60],
                provider_account=(account or "")[:60],
                raw=text.replace("\x00", "\ufffd")[:KEPT_CHARACTERS],
            )
        )
    UnknownEvent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
