from contactcenter.models.conversations import Conversation, ConversationStatus, Note
from contactcenter.models.messages import (
    Direction,
    Message,
    MessageMedia,
    MessageSource,
    MessageStatus,
    PendingUpdate,
    Reaction,
)
from contactcenter.models.outbox import OutboxItem, OutboxState, Priority

__all__ = [
    "Conversation",
    "ConversationStatus",
    "Direction",
    "Message",
    "MessageMedia",
    "MessageSource",
    "MessageStatus",
    "Note",
    "OutboxItem",
    "OutboxState",
    "PendingUpdate",
    "Priority",
    "Reaction",
]
