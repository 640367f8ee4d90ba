"""Arrays travel as one literal and arrive as they were."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import bulk

texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def arrived(kind, values):
    source, params = bulk.unnest("t", value=(kind, values))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT value FROM {source}", params)
        return [row[0] for row in cursor.fetchall()]


@quiet
@given(st.lists(st.none() | texts | st.sampled_from(["NULL", "null", "{}", '"', "\\", ",", '","', " ", ""])))
def test_texts_arrive_as_they_were(db, values):
    assert arrived("text", values) == values


@quiet
@given(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)))
def test_numbers_arrive_as_they_were(db, values):
    assert arrived("bigint", values) == values


@quiet
@given(st.lists(st.none() | st.dictionaries(texts, texts | st.integers(0, 99) | st.none())))
def test_json_arrives_as_it_was(db, values):
    assert [bulk.from_json(value) for value in arrived("jsonb", values)] == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("timestamptz", [datetime(2026, 11, 22, 9, 30, 0, 123456, UTC), datetime(2026, 1, 1, tzinfo=UTC)]),
        ("timestamptz", [datetime(2026, 11, 22, 9, 30, tzinfo=UTC), None]),
        ("boolean", [True, False, None]),
        ("uuid", [UUID(int=7), None]),
    ],
)
def test_other_kinds_arrive_as_they_were(db, kind, values):
    assert arrived(kind, values) == values
