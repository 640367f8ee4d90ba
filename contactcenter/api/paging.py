"""Pages by key: stable while rows arrive, and as cheap at the end as at the start."""

import base64
import binascii

import orjson
from django.core.exceptions import EmptyResultSet, ValidationError
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions

PAGE = 50
PARAMETERS = [
    OpenApiParameter("after", str, description="The `next` of the page before."),
    OpenApiParameter("limit", int, description="At most 100; 50 when not given."),
]


def page(request, rows, *, key, keep):
    """One page of ``rows`` and the cursor of the next.

    ``key(row)`` gives the values that order the rows, ``keep(rows, values)`` filters to those after them.
    """
    after = request.query_params.get("after")
    if after:
        try:
            rows = keep(rows, decode(after))
            rows.query.sql_with_params()
        except (TypeError, ValueError, IndexError, ValidationError, EmptyResultSet) as exc:
            raise exceptions.ValidationError({"after": ["Take it from the `next` of a page."]}) from exc
    limit = limit_of(request)
    found = list(rows[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return found, encode(key(found[-1])) if more else None


def limit_of(request):
    value = request.query_params.get("limit", str(PAGE))
    if not value.isdigit() or not 1 <= int(value) <= 100:
        raise exceptions.ValidationError({"limit": ["A number from 1 to 100."]})
    return int(value)


def encode(values):
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode(cursor):
    """The values behind a cursor; a made-up one is the caller's error, not ours."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as exc:
        raise exceptions.ValidationError({"after": ["Take it from the `next` of a page."]}) from exc
    if not isinstance(values, list) or not all(is_text(value) for value in values if isinstance(value, str)):
        raise exceptions.ValidationError({"after": ["Take it from the `next` of a page."]})
    return values


def is_text(value):
    """Whether the database can hold this text: its only sign that no text has is NUL."""
    return "\x00" not in value
