"""Plans that are made once per connection."""

import psycopg2
import pytest
from django.db import connection, transaction
from django.db.utils import NotSupportedError

from config import bulk, plans

DOUBLED = "SELECT n * %s, '100 %%' FROM unnest(%s::int[]) AS t(n) ORDER BY n"


def ask(sql, *params):
    """Run one statement as a digestion does."""
    with plans.kept(), transaction.atomic():
        bulk.fetch("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)")
        return bulk.fetch(sql, list(params))


def kept(about):
    """How often each kept plan of a statement was used."""
    return bulk.fetch("SELECT generic_plans FROM pg_prepared_statements WHERE strpos(statement, %s) > 0", [about])


def test_a_set_statement_is_planned_once_for_all_sizes(db):
    assert ask(DOUBLED, 2, bulk.array([1, 2, 3])) == [(2, "100 %"), (4, "100 %"), (6, "100 %")]
    assert ask(DOUBLED, 3, bulk.array([5])) == [(15, "100 %")]
    assert kept("n * $1") == [(2,)]


def test_other_statements_and_those_beyond_the_most_run_as_ever(db, monkeypatch):
    assert ask("SELECT %s::text", "unplanned") == [("unplanned",)]
    assert kept("unplanned") == []
    monkeypatch.setattr(plans, "MOST", 0)
    assert ask("SELECT n + 7000 FROM unnest(%s::int[]) AS t(n)", bulk.array([1])) == [(7001,)]
    assert kept("n + 7000 FROM unnest($1") == []


def test_a_plan_that_a_migration_outdated_fails_once_and_is_made_anew(transactional_db):
    bulk.run("CREATE TEMP TABLE changing (n int)")
    try:
        bulk.run("INSERT INTO changing VALUES (1)")
        every = "SELECT c.* FROM unnest(%s::int[]) AS t(n) JOIN changing c USING (n)"
        assert ask(every, bulk.array([1])) == [(1,)]
        bulk.run("ALTER TABLE changing ADD more int DEFAULT 9")
        with pytest.raises(NotSupportedError):
            ask(every, bulk.array([1]))
        assert ask(every, bulk.array([1])) == [(1, 9)]
    finally:
        bulk.run("DROP TABLE changing")


def test_a_server_that_forgot_the_plans_gets_them_again(transactional_db):
    assert ask(DOUBLED, 2, bulk.array([1])) == [(2, "100 %")]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    with pytest.raises(Exception, match="does not exist"):
        ask(DOUBLED, 2, bulk.array([1]))
    assert ask(DOUBLED, 2, bulk.array([1])) == [(2, "100 %")]


@pytest.fixture
def own(db):
    """A connection that speaks SQL without Django."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    opened = psycopg2.connect(**parameters, cursor_factory=plans.Cursor)
    with opened.cursor() as cursor:
        cursor.execute(plans.PER_SET)
        yield cursor
    opened.close()


def answer(cursor, sql, params):
    cursor.execute(sql, params)
    return cursor.fetchall()


def test_a_connection_of_ones_own_keeps_plans_by_name_and_by_place(own):
    named = "SELECT n * %(by)s, %(by)s + 0, '100 %%' FROM unnest(%(them)s::int[]) AS t(n) ORDER BY n"
    assert answer(own, named, {"them": [1, 2], "by": 3}) == [(3, 3, "100 %"), (6, 3, "100 %")]
    assert answer(own, named, {"by": 2, "them": []}) == []
    assert answer(own, DOUBLED, [2, bulk.array([4])]) == [(8, "100 %")]
    assert answer(own, "SELECT %(word)s::text", {"word": "unplanned"}) == [("unplanned",)]

    plain = "SELECT strpos(statement, 'n * $1'), generic_plans FROM pg_prepared_statements ORDER BY prepare_time"
    own.execute(plain)
    found = own.fetchall()
    assert [uses for _at, uses in found] == [2, 1] and all(at for at, _uses in found)


def test_outdated_plans_of_ones_own_connection_fail_as_a_connection_does_and_are_made_anew(own):
    own.execute("CREATE TEMP TABLE changing (n int); INSERT INTO changing VALUES (1)")
    every = "SELECT * FROM changing WHERE n = ANY(%(them)s)"
    assert answer(own, every, {"them": [1]}) == [(1,)]
    own.execute("ALTER TABLE changing ADD more int DEFAULT 9; COMMIT")
    with pytest.raises(psycopg2.OperationalError):
        answer(own, every, {"them": [1]})
    own.connection.rollback()
    assert answer(own, every, {"them": [1]}) == [(1, 9)]
