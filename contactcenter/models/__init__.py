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
from contactcenter.models.outbox import LaneState, OutboxItem, OutboxState, Priority, SenderLane

__all__ = [
    "Conversation",
    "ConversationStatus",
    "Direction",
    "LaneState",
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
    "SenderLane",
]
