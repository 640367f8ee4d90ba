"""Plans that PostgreSQL makes once per connection, for the few statements that a worker runs many times a second.

Planning two dozen statements took a third of PostgreSQL's time for a batch of one message. Only statements that take
their rows as arrays (``unnest``) are kept: their text never varies, and their plan doesn't depend on the values.
"""

import re
from datetime import datetime
from itertools import count
from weakref import WeakKeyDictionary

from django.db import connection

MOST = 100
"""Statements per connection; a text that varies after all must not fill the server's memory."""
FORGOTTEN = {"0A000", "26000"}
"""PostgreSQL's codes for a plan that a migration outdated, and one that it no longer knows: the same again succeeds."""

_PLACE = re.compile("%s|%%")
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
