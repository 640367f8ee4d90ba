"""What API keys may be limited to: areas of the API, each to read and mostly to write.

Apps register their areas; a view names its own (``BusinessAPIView.area``). A scope is ``area.read`` or ``area.write``.
A key without a list of scopes may do everything an administrator may.
"""

READ, WRITE = "read", "write"

_scopes = {}


def register(area, *, read, write=None):
    """Make an area known: a sentence for people of what reading it allows and, where it can be, what writing does."""
    _scopes[f"{area}.{READ}"] = read
    if write is not None:
        _scopes[f"{area}.{WRITE}"] = write


def choices():
    """``[(scope, sentence)]`` of every scope there is, in the order of registration."""
    return list(_scopes.items())


def label_of(scope):
    """The sentence of a scope; the scope itself where nobody knows it (any more)."""
    return _scopes.get(scope, scope)


def needed(view, method):
    """The scope that a request of this method to this view needs, or ``""`` for a view without an area."""
    area = getattr(view, "area", "")
    return f"{area}.{READ if method in view.reading_methods else WRITE}" if area else ""
