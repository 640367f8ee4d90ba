"""The sender: one asyncio process that carries what waits in the outbox to the provider.

``limits`` and ``lanes`` decide what may leave when, ``outcomes`` what an answer means, ``wire`` carries one request,
``store`` is all the SQL, and ``process`` ties them together.
"""

from datetime import timedelta

CHANNEL = "outbox"
"""The Redis channel that rings when something was written to the outbox."""
UPLOADED = "uploaded"
"""Stands in stored content where the ID of the message's own file belongs, once that is known."""
UPLOAD_LIFE = timedelta(days=25)
"""How long an upload is used again. WhatsApp forgets it after 30 days (Meta, Media, 2025-11)."""
OWN = "sha256:"
"""Begins what stands in stored content where the ID of a file of the template belongs; its digest follows."""


def own_digests(content):
    """The digests of the templates' files that a message's content names, each once."""
    found = {}
    _look_for_own(content, found)
    return list(found)


def _look_for_own(value, found):
    if isinstance(value, dict):
        marked = value.get("id")
        if isinstance(marked, str) and marked.startswith(OWN):
            found[marked[len(OWN) :]] = True
        for inner in value.values():
            _look_for_own(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _look_for_own(inner, found)
