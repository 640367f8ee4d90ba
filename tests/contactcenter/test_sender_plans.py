"""How PostgreSQL finds rows of the outbox: statistics of an hour when it was empty must not make it read all of it."""

import pytest

from config import plans
from config.clock import now
from config.database import as_owner
from contactcenter.models import OutboxItem
from contactcenter.sender import statements
from contactcenter.sender.options import Options
from contactcenter.sender.store import Store, connection_parameters
from tenants.tenancy import every_business
from tests.contactcenter.sending import queue, thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def plan_of(acme):
    """A function that runs a statement as the sender does and returns the plan that was kept for it."""
    conversation = thread(acme)
    queue(conversation, "long gone")
    with every_business():
        OutboxItem.objects.all().delete()
    with as_owner() as owner, owner.cursor() as cursor:
        cursor.execute("ANALYZE contactcenter_outboxitem")
        cursor.execute("SELECT relpages, reltuples FROM pg_class WHERE relname = 'contactcenter_outboxitem'")
        assert cursor.fetchone() == (1, 0)
    for n in range(3):
        queue(conversation, f"waits {n}")
    store = Store("me", Options(), connection_parameters())

    def explain(sql, **parameters):
        with store._transaction() as cursor:
            cursor.execute(sql, parameters)
            cursor.execute("EXPLAIN " + plans._names[cursor.connection][sql, ()], parameters)
            return "\n".join(line for (line,) in cursor.fetchall())

    yield explain
    store.close()


def test_a_claim_looks_its_rows_up_by_their_keys(plan_of):
    plan = plan_of(statements.CLAIM, numbers=[1], rooms=[20], below=[3], now=now(), claim="me:1", lease=60.0)
    assert plan.count("using outbox_waiting") == 1, plan
    assert plan.count("on contactcenter_outboxitem o ") == plan.count("Index Cond: (id = ANY (") == 1, plan


def test_a_mark_looks_its_rows_up_by_their_keys(plan_of):
    asked = {"portfolios": [""], "limited": [], "rooms": [], "now": now(), "day_ago": now(), "lease": 60.0}
    plan = plan_of(statements.MARK, ids=[1], claims=["me:1"], **asked)
    assert "outbox_waiting" not in plan, plan
    assert plan.count("Index Cond: (id = ANY (") == 2, plan
