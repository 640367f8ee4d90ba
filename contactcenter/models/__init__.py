from contactcenter.models.campaigns import (
    Audience,
    Campaign,
    CampaignFile,
    CampaignRecipient,
    CampaignRules,
    CampaignState,
    RecipientState,
    Segment,
)
from contactcenter.models.conversations import Conversation, ConversationStatus, Note
from contactcenter.models.costs import Budget, BudgetNotice, UsageBook, UsageDay, UsageNews
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
    "Audience",
    "Budget",
    "BudgetNotice",
    "Campaign",
    "CampaignFile",
    "CampaignRecipient",
    "CampaignRules",
    "CampaignState",
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
    "RecipientState",
    "Segment",
    "SenderLane",
    "UsageBook",
    "UsageDay",
    "UsageNews",
]
