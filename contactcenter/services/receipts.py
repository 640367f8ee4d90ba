"""Read receipts: the blue ticks of the person. Of low worth, so a lost one isn't tried again."""

import logging
from datetime import timedelta

from config.clock import now
from contactcenter.models import Conversation, Direction, Message
from providers.base import ProviderError
from providers.registry import credentials_for, provider_for
from tenants.tenancy import business_scope

logger = logging.getLogger(__name__)

KEPT = timedelta(days=30)
"""Older messages can't be marked (docs "Mark messages as read", 2025-11)."""


def send(business_pk, conversation_pk):
    """Tell the provider that everything up to what an agent has seen was read. Returns whether it was told."""
    with business_scope(business_pk):
        conversation = Conversation.objects.select_related("phone_number__waba").filter(pk=conversation_pk).first()
        if conversation is None or conversation.read_up_to is None:
            return False
        newest = (
            Message.objects.filter(
                conversation=conversation,
                direction=Direction.INBOUND,
                at__lte=conversation.read_up_to,
                at__gt=now() - KEPT,
            )
            .exclude(provider_id=None)
            .order_by("-at", "-id")
            .values_list("provider_id", flat=True)
            .first()
        )
    number = conversation.phone_number
    if newest is None or not number.phone_number_id:
        return False
    slug, token = (number.waba.provider, number.waba.access_token) if number.waba else ("cloud_api", "")
    try:
        provider_for(slug, credentials_for(token)).mark_read(number.phone_number_id, message_id=newest)
    except ProviderError as error:
        logger.info("A read receipt wasn't taken: %s", error)
        return False
    return True
