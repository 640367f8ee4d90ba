from onboarding.models.applications import (
    ApplicationEvent,
    ChangeRequest,
    NameCheck,
    OnboardingApplication,
    OnboardingStep,
    ScreeningResult,
)
from onboarding.models.badge import BadgeRequest, BadgeState
from onboarding.models.channel import Actor, ChannelItem, ChannelSetup, CheckKind, CheckState, RoundTrip
from onboarding.models.numbers import PhoneNumber, ProviderRoute, Waba
from onboarding.models.papers import ApplicationDocument, NumberRequest, PartInvitation, Signature
from onboarding.models.reach import (
    ChatLink,
    ChatStart,
    OptInPage,
    OptInSubmission,
    OptInTally,
    OptInText,
    ShortLinkState,
)
from onboarding.models.reminders import Reminder
from onboarding.models.review import ApplicationKey, ApplicationMessage, CannedReason, ReviewDecision, ReviewMark

__all__ = [
    "Actor",
    "ApplicationDocument",
    "ApplicationEvent",
    "ApplicationKey",
    "ApplicationMessage",
    "BadgeRequest",
    "BadgeState",
    "CannedReason",
    "ChangeRequest",
    "ChannelItem",
    "ChannelSetup",
    "ChatLink",
    "ChatStart",
    "CheckKind",
    "CheckState",
    "NameCheck",
    "NumberRequest",
    "OnboardingApplication",
    "OnboardingStep",
    "OptInPage",
    "OptInSubmission",
    "OptInTally",
    "OptInText",
    "PartInvitation",
    "PhoneNumber",
    "ProviderRoute",
    "Reminder",
    "ReviewDecision",
    "ReviewMark",
    "RoundTrip",
    "ScreeningResult",
    "ShortLinkState",
    "Signature",
    "Waba",
]
