"""Reactions to news from below."""

from config import bulk
from contactcenter.models import Conversation
from contactcenter.understand import conversations, windows
from contactcenter.understand.handlers import EVENTS, understand
from tenants import live

WINDOW_CHANGED = "window"


def subscribe_to_webhooks():
    """Take in what the provider tells."""
    from providers.webhooks import subscribers  # once, when the apps are ready

    subscribers.subscribe(*EVENTS, handler=understand, order=10)


def move_conversations(sender, survivor_id, loser_id, **news):
    """Two contacts became one: so do their conversations with each number."""
    conversations.merge(survivor_id=survivor_id, loser_id=loser_id)


def count_again(sender, survivor_id, **news):
    """Everything has moved: work out the counters and free entry points of the merged conversations."""
    touched = set(Conversation.objects.filter(contact_id=survivor_id).values_list("pk", flat=True))
    conversations.recount(touched, exactly=True)
    windows.refresh_free_entries(touched)


def tell_open_pages(sender, windows, **kwargs):
    """A window opened or closed: pages that show its conversation should know."""
    keys, parameters = bulk.unnest(
        "k",
        phone_number_id=("bigint", [one.phone_number_id for one in windows]),
        contact_id=("bigint", [one.contact_id for one in windows]),
    )
    rows = bulk.fetch(
        f"SELECT c.business_id, c.reference::text FROM {keys} "
        "JOIN contactcenter_conversation c USING (phone_number_id, contact_id)",
        parameters,
    )
    for business_id, reference in rows:
        live.emit(WINDOW_CHANGED, business_id=business_id, conversation=reference)
