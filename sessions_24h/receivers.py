"""Reactions to news from below."""

from sessions_24h import services


def move_windows(sender, survivor_id, loser_id, **news):
    """Two contacts became one: so do their windows."""
    services.merge_contacts(survivor_id=survivor_id, loser_id=loser_id)
