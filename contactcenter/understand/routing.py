"""Whose number an event is about: from the provider's phone number ID to a business and our number."""

import os
import time

from config import bulk
from contactcenter.understand.batch import Item, moment_of
from onboarding.models import ProviderRoute

SECONDS_KEPT = 60
MAX_KEPT = 100_000

_LOCK = 0x4E55_4D42 << 32
_known = {}


def route(heard):
    """The events as ``Item``, and those whose phone number ID nobody has."""
    routes = _routes({one.event.phone_number_id for one in heard} - {None})
    items, strangers = [], []
    for one in heard:
        found = routes.get(one.event.phone_number_id)
        if found is None:
            strangers.append(one)
        else:
            items.append(Item(one, one.event, *found, moment_of(one)))
    return items, strangers


def _routes(wanted):
    """Business and number for each ID; a route is remembered for a minute, a missing one is asked for each time."""
    present = time.monotonic()
    found = {pk: known[0] for pk in wanted if (known := _known.get(pk)) and known[1] > present}
    missing = wanted - found.keys()
    if missing:
        if len(_known) > MAX_KEPT:
            _known.clear()
        rows = ProviderRoute.objects.filter(
            kind=ProviderRoute.Kind.PHONE_NUMBER, provider_id__in=missing, target_pk__isnull=False
        )
        for provider_id, business_id, number_id in rows.values_list("provider_id", "business_id", "target_pk"):
            found[provider_id] = (business_id, number_id)
            _known[provider_id] = (found[provider_id], present + SECONDS_KEPT)
    return found


def lock(numbers):
    """Have these business numbers to ourselves until the end of the transaction.

    The ledger's shards keep the deliveries of a number together, but one delivery may speak of several numbers, and
    the sender settles statuses too. Taken before any row is locked, and in order.
    """
    bulk.fetch(
        "SELECT pg_advisory_xact_lock(key)::text FROM unnest(%s::bigint[]) AS t(key)",
        [bulk.array(sorted({_LOCK | number for number in numbers}))],
    )


def forget():
    """Forget the routes: one was changed."""
    _known.clear()


os.register_at_fork(after_in_child=forget)
