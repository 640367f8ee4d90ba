"""Writing in sets: one statement for a whole batch, its rows as arrays (``INSERT … SELECT … FROM unnest``).

Each array travels as one literal, so PostgreSQL's parser sees one value and not hundreds. Rows are written in a
sorted order, so that two batches meeting the same rows wait for each other instead of deadlocking; or, where a lock
keeps batches apart, as they are given.
"""

import json
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

_TYPES = {
    "bigint": "bigint[]",
    "integer": "integer[]",
    "smallint": "smallint[]",
    "boolean": "boolean[]",
    "uuid": "uuid[]",
    "jsonb": "jsonb[]",
    "text": "text[]",
    "timestamp with time zone": "timestamptz[]",
}


def array(values):
    """A PostgreSQL array literal of numbers, truth values, texts, times, UUIDs, and of dicts or lists as JSON.

    ``values`` is a list, tuple or set. Columns of one kind, with or without nulls, take a short cut.
    """
    kinds = set(map(type, values))
    nulls = _NOTHING in kinds
    kinds.discard(_NOTHING)
    if len(kinds) == 1:
        [kind] = kinds
        write = _WRITERS.get(kind)
        if write is not None:
            return "{" + ",".join([_NULL if value is None else write(value) for value in values] if nulls
                                  else map(write, values)) + "}"  # fmt: skip
        if kind is str and not nulls:
            joined = '","'.join(values)
            if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
                return '{"' + joined + '"}'
    elif not kinds:
        return "{" + ",".join([_NULL] * len(values)) + "}"
    return "{" + ",".join(map(_item, values)) + "}"


_NOTHING, _NULL = type(None), "NULL"
_WRITERS = {int: str, datetime: datetime.isoformat, UUID: str, bool: {True: "t", False: "f"}.__getitem__}
"""How kinds are written whose text never needs quotes."""


def _item(value):
    if value is None:
        return _NULL
    kind = type(value)
    if kind is str:
        text = value
    elif kind is dict or kind is list:
        if not value:
            return '"{}"' if kind is dict else '"[]"'
        text = json_text(value)
    elif kind in _WRITERS:
        return _WRITERS[kind](value)
    else:
        text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + text + '"'


def json_text(value):
    """JSON as PostgreSQL takes it."""
    return json.dumps(value, ensure_ascii=False)


def from_json(value):
    """A JSON column's value out of ``fetch``: Django asks the driver to leave it as text."""
    return json.loads(value) if isinstance(value, str) else value


def unnest(alias, **columns):
    """``FROM``-clause text and parameters of arrays as rows, for example ``unnest("t", id=("bigint", ids))``."""
    arrays = ", ".join(f"%s::{kind}[]" for kind, _values in columns.values())
    return f"unnest({arrays}) AS {alias}({', '.join(columns)})", [array(v) for _kind, v in columns.values()]


def insert(model, columns, *, order, conflict="DO NOTHING", returning=(), where="", computed=None):
    """Insert rows given as ``{attname: list}`` and return the ``returning`` columns of those written.

    ``order`` names the columns of the key to sort by; with none the rows, and the keys that they get, keep their place.
    Columns that aren't given get their field's default, one value
    per row where it must be unique. ``conflict`` follows ``ON CONFLICT``. ``where`` filters the rows (alias ``t``).
    ``computed`` are columns that PostgreSQL works out per row: ``{attname: SQL}``.
    """
    length = len(next(iter(columns.values())))
    if not length:
        return []
    given, constant, computed = dict(columns), {}, computed or {}
    for field in model._meta.concrete_fields:
        if (
            field.attname in given
            or field.attname in computed
            or field.primary_key
            or (field.null and not field.has_default())
        ):
            continue
        if field.unique:
            given[field.attname] = [field.get_default() for _ in range(length)]
        else:
            constant[field.attname] = field.get_db_prep_save(field.get_default(), connection)
    kinds = _array_types(model)
    names, constants = list(given), list(constant)
    column = {field.attname: f'"{field.column}"' for field in model._meta.concrete_fields}
    rows, sorting = f"AS t({', '.join(column[n] for n in names)})", [f"t.{column[n]}" for n in order]
    if not order:
        rows, sorting = f"WITH ORDINALITY {rows[:-1]}, place_in_set)", ["t.place_in_set"]
    sql = (
        f'INSERT INTO "{model._meta.db_table}" ({", ".join(column[n] for n in [*names, *constants, *computed])}) '
        f"SELECT {', '.join([*(f't.{column[n]}' for n in names), *['%s'] * len(constants), *computed.values()])} "
        f"FROM unnest({', '.join(f'%s::{kinds[n]}' for n in names)}) {rows} "
        f"{'WHERE ' + where if where else ''} ORDER BY {', '.join(sorting)} ON CONFLICT {conflict}"
    )
    if returning:
        sql += f" RETURNING {', '.join(column[n] for n in returning)}"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*constant.values(), *(array(given[n]) for n in names)])
        return cursor.fetchall() if returning else []


@cache
def _array_types(model):
    """The array type of each column, by ``attname``."""
    found = {}
    for field in model._meta.concrete_fields:
        kind = field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
        found[field.attname] = _TYPES.get(kind, "text[]")
    return found


def fetch(sql, params=()):
    """All rows of one query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def run(sql, params=()):
    """Execute one statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount
