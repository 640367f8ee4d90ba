"""Which function answers which Graph call: by method, kind of node and edge."""

import re
from dataclasses import dataclass, field

from .errors import GraphError

_ROUTES = {}


@dataclass
class Call:
    """One Graph call, already authenticated and with its node found."""

    box: object
    request: object
    params: dict
    node: str = ""
    rest: list = field(default_factory=list)

    @property
    def store(self):
        return self.box.store

    @property
    def files(self):
        return self.request.files

    def fields(self):
        """The names asked for in ``fields``, without modifiers and subselections; ``None`` when absent."""
        asked = self.params.get("fields")
        if not asked:
            return None
        if isinstance(asked, list):
            asked = ",".join(asked)
        flat = re.sub(r"\([^()]*\)", "", asked)
        while "{" in flat:
            reduced = re.sub(r"\{[^{}]*\}", "", flat)
            if reduced == flat:
                break
            flat = reduced
        return [name.split(".")[0].strip() for name in flat.split(",") if name.strip()]


def route(method, kind, edge=""):
    """Register a function ``(call) -> dict | Response`` (or a coroutine) for ``method /{node of kind}/edge``."""

    def register(function):
        _ROUTES[method, kind, edge] = function
        return function

    return register


def find(method, kind, edge):
    return _ROUTES.get((method, kind, edge))


def known_edges(kind):
    return {edge for _, of, edge in _ROUTES if of == kind}


def pick(call, readers, default, node_type):
    """The asked fields of a node: ``readers`` maps a name to a function without arguments.

    A reader that gives ``None`` leaves its field out, as Graph does. Unknown names are code 100.
    """
    names = call.fields() or default
    found = {}
    for name in names:
        if name not in readers:
            raise GraphError(
                100, message=f"(#100) Tried accessing nonexisting field ({name}) on node type ({node_type})"
            )
        value = readers[name]()
        if value is not None:
            found[name] = value
    if "id" not in found and "id" in readers:
        found["id"] = readers["id"]()
    return found


def page(call, rows, path, default_limit=25):
    """Cursor paging over ``rows`` (dicts with an ``id`` under ``_cursor`` or ``id``): ``{"data", "paging"}``."""
    try:
        limit = max(1, min(int(call.params.get("limit") or default_limit), 1000))
    except ValueError as exc:
        raise GraphError(100, message="(#100) Param limit must be an integer") from exc
    keys = [str(row.get("_cursor") or row["id"]) for row in rows]
    after, before = call.params.get("after"), call.params.get("before")
    start = 0
    if after:
        start = _position(keys, after) + 1
    elif before:
        start = max(0, _position(keys, before) - limit)
    chunk, chunk_keys = rows[start : start + limit], keys[start : start + limit]
    data = [{key: value for key, value in row.items() if key != "_cursor"} for row in chunk]
    if not data:
        return {"data": []}
    paging = {"cursors": {"before": _cursor(chunk_keys[0]), "after": _cursor(chunk_keys[-1])}}
    base = f"{call.request.origin}{path}?limit={limit}"
    if call.params.get("fields"):
        base += f"&fields={call.params['fields']}"
    if start + limit < len(rows):
        paging["next"] = f"{base}&after={paging['cursors']['after']}"
    if start:
        paging["previous"] = f"{base}&before={paging['cursors']['before']}"
    return {"data": data, "paging": paging}


def _cursor(key):
    return "QVFI" + key.encode().hex()


def _position(keys, cursor):
    # Code 131059 since v24: a bad or expired cursor means starting over (Meta's template list page, 2025).
    try:
        return keys.index(bytes.fromhex(cursor.removeprefix("QVFI")).decode())
    except ValueError as exc:
        raise GraphError(131059, "The cursor is invalid or expired. Start again without one.") from exc
