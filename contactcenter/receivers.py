"""Reactions to news from below."""

from contactcenter.models import Conversation
from contactcenter.understand import conversations, windows
from contactcenter.understand.handlers import EVENTS, understand
from tenants import live

WINDOW_CHANGED = "window"


def subscribe_to_webhooks():
    """Take in what the provider tells."""
    from providers.webhooks import dispatch  # once, when the apps are ready

    dispatch.subscribe(*EVENTS, handler=understand, order=10)


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
    by_place = {(one.phone_number_id, one.contact_id): one for one in windows}
    rows = Conversation.objects.filter(
        phone_number_id__in={number for number, _ in by_place}, contact_id__in={person for _, person in by_place}
    ).values_list("business_id", "phone_number_id", "contact_id", "reference")
    for business_id, number, person, reference in rows:
        if (number, person) in by_place:
            live.emit(WINDOW_CHANGED, business_id=business_id, conversation=str(reference))
