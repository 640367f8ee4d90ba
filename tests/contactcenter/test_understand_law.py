"""One law: order, delay and repetition don't matter. The tables are a function of the set of events."""

import os
from pprint import pformat

from hypothesis import HealthCheck, Phase, given, settings

from tests.contactcenter import deliveries as meta
from tests.contactcenter import histories
from tests.contactcenter.deliveries import digest, undone


@settings(
    max_examples=int(os.environ.get("LAW_EXAMPLES", "32")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes, and the difference is printed
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories.histories())
def test_the_tables_are_a_function_of_the_set_of_events(acme, globex, history):
    one_by_one, otherwise = history

    def live_through(batches):
        histories.past(*histories.numbers_of(acme, globex))
        for place, batch in enumerate(batches):
            digest(histories.read(batch, place * 1000))
        assert not (found := meta.wrong()), pformat(found, width=160)
        return meta.tables()

    first = undone(live_through, one_by_one)
    second = undone(live_through, otherwise)

    differing = histories.difference(first, second)
    assert not differing, pformat(differing, width=160)
