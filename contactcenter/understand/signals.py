"""News of what came in, for whatever acts on it: routing, bots, automations."""

from django.dispatch import Signal

messages_received = Signal()
"""New inbound messages were stored: ``rows``, a list of ``messages.Row``; within their transaction."""
