"""The sender: one asyncio process that carries what waits in the outbox to the provider.

``limits`` and ``lanes`` decide what may leave when, ``outcomes`` what an answer means, ``wire`` carries one request,
``store`` is all the SQL, and ``process`` ties them together.
"""

CHANNEL = "outbox"
"""The Redis channel that rings when something was written to the outbox."""
UPLOADED = "uploaded"
"""Stands in stored content where the ID of the message's own file belongs, once that is known."""
