"""Plans that PostgreSQL makes once per connection, for the few statements that run many times a second.

Planning two dozen statements took a third of PostgreSQL's time for a batch of one message, and longer than all else
for a reply that the sender lets out. Only statements that take their rows as arrays are kept: their text never
varies, and their plan doesn't depend on the values.
"""

import re
from datetime import datetime
from itertools import count
from weakref import WeakKeyDictionary

import psycopg2
from django.db import connection

MOST = 100
"""Statements per connection; a text that varies after all must not fill the server's memory."""
FORGOTTEN = {"0A000", "26000"}
"""PostgreSQL's codes for a plan that a migration outdated, and one that it no longer knows: the same again succeeds."""

PER_SET = """
SET plan_cache_mode = force_generic_plan; SET jit = off;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off
"""
"""For a connection of one's own (``Cursor``): a plan made while tables are small must suit them when they are large."""

_PLACE = re.compile("%s|%%")
_NAMED = re.compile(r"%\((\w+)\)s|%%")
_TYPES = {int: "bigint", datetime: "timestamptz", bool: "boolean", str: "unknown", type(None): "unknown"}
_names = WeakKeyDictionary()
_number = count()


def kept():
    """A context in which this thread's connection keeps the plans of set statements.

    Whoever opens it sets ``plan_cache_mode`` to ``force_generic_plan``, else PostgreSQL goes on planning.
    """
    return connection.execute_wrapper(_execute)


def _execute(execute, sql, params, many, context):
    if many or type(params) not in (list, tuple) or "unnest(" not in sql:
        return execute(sql, params, many, context)
    raw = context["connection"].connection
    known = _names.setdefault(raw, {})
    kinds = tuple(map(type, params))
    name = known.get((sql, kinds))
    if name is None:
        if len(known) >= MOST or not _TYPES.keys() >= set(kinds):
            return execute(sql, params, many, context)
        name = f"set_{next(_number)}"
        execute(_prepare(name, sql, kinds), None, False, context)
        known[sql, kinds] = name
    try:
        return execute(f"EXECUTE {name}({', '.join(['%s'] * len(params))})", params, False, context)
    except Exception as exc:
        if getattr(exc.__cause__, "pgcode", None) in FORGOTTEN:
            _names.pop(raw, None)
        raise


def _prepare(name, sql, kinds):
    place = count(1)
    text = _PLACE.sub(lambda found: "%" if found[0] == "%%" else f"${next(place)}", sql)
    return f"PREPARE {name} ({', '.join(_TYPES[kind] for kind in kinds)}) AS {text}"


class Cursor(psycopg2.extensions.cursor):
    """The same for a connection that speaks SQL without Django and was told ``PER_SET``; parameters may have names.

    Raises ``psycopg2.OperationalError`` where a plan is outdated: the same again succeeds.
    """

    def execute(self, sql, params=None):
        if not params or ("unnest(" not in sql and "= ANY(" not in sql):
            return super().execute(sql, params)
        known = _names.setdefault(self.connection, {})
        kinds = () if isinstance(params, dict) else tuple(map(type, params))
        found = known.get((sql, kinds))
        if found is None:
            found = self._prepare(known, sql, kinds)
        try:
            return super().execute(found, params)
        except psycopg2.Error as exc:
            if exc.pgcode not in FORGOTTEN:
                raise
            _names.pop(self.connection, None)
            raise psycopg2.OperationalError("A plan is outdated; try again.") from exc

    def _prepare(self, known, sql, kinds):
        if len(known) >= MOST or not _TYPES.keys() >= set(kinds):
            return sql
        name = f"set_{next(_number)}"
        if kinds:
            prepare, places = _prepare(name, sql, kinds), ["%s"] * len(kinds)
        else:
            names = list(dict.fromkeys(filter(None, _NAMED.findall(sql))))
            text = _NAMED.sub(lambda found: f"${names.index(found[1]) + 1}" if found[1] else "%", sql)
            prepare, places = f"PREPARE {name} AS {text}", [f"%({one})s" for one in names]
        super().execute(prepare)
        known[sql, kinds] = f"EXECUTE {name}({', '.join(places)})"
        return known[sql, kinds]
