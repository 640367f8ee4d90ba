"""The same law with several workers at once, each on a connection of its own, through the ledger and committed."""

import json
import os
import random
import threading
from datetime import timedelta
from pprint import pformat

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contactcenter.understand import routing
from providers.webhooks import dispatch, ledger
from tenants.tenancy import every_business
from tests.contactcenter import deliveries as meta
from tests.contactcenter import histories
from tests.contactcenter.deliveries import BEGIN, digest, empty

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 3
DICE = st.randoms(use_true_random=False)
DICE.validate()  # it imports on first use, and CPython 3.11 can't compile deep in the stack while threads come and go


def hear_through_the_ledger(told):
    """Write deliveries into the ledger bit by bit while several workers digest whatever shard they come upon."""
    written, failures = threading.Event(), []

    def work(seed):
        dice = random.Random(seed)
        try:
            while True:
                is_last = written.is_set()
                shards = list(ledger.waiting())
                dice.shuffle(shards)
                for shard in shards:
                    report = dispatch.digest_shard(shard, limit=dice.choice([1, 2, 5, 500]), scope=every_business)
                    assert not report.dead
                if is_last and not ledger.waiting():
                    return
        except Exception as exc:
            failures.append(exc)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=[seed]) for seed in range(WORKERS)]
    for worker in workers:
        worker.start()
    try:
        for delivery, received in told:
            with transaction.atomic():
                ledger.append(json.dumps(delivery).encode(), received_at=BEGIN + timedelta(seconds=received))
    finally:
        written.set()
        for worker in workers:
            worker.join()
    if failures:
        raise failures[0]


@pytest.fixture
def known(acme, globex):
    return histories.numbers_of(acme, globex)


@settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "32")) // 3,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(histories.heard(), min_size=3, max_size=10), DICE)
def test_workers_at_once_make_the_tables_that_one_alone_makes(known, bundles, dice):
    told = [histories.whole(bundle) for bundle in bundles]
    again = told + dice.sample(told, len(told) // 3)
    dice.shuffle(again)

    empty()
    routing.forget()
    histories.past(*known)
    hear_through_the_ledger(again)
    together, wrong = meta.tables(), meta.wrong()

    empty()
    histories.past(*known)
    for place, one in enumerate(one for bundle in bundles for one in histories.singly(bundle)):
        digest(histories.read([one], place))

    assert not wrong, pformat(wrong, width=160)
    differing = histories.difference(meta.tables(), together)
    assert not differing, pformat(differing, width=160)
