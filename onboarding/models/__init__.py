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
from onboarding.models.number_life import (
    OPEN_RENAMINGS,
    ActivationAttempt,
    AttemptKind,
    NewsKind,
    NewsSource,
    NumberNews,
    PersonWritten,
    PinChange,
    Renaming,
    RenamingState,
)
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
from onboarding.models.rules import HouseRuleChange, RulebookEdition
from onboarding.models.signup import SignupSession

__all__ = [
    "OPEN_RENAMINGS",
    "ActivationAttempt",
    "Actor",
    "ApplicationDocument",
    "ApplicationEvent",
    "ApplicationKey",
    "ApplicationMessage",
    "AttemptKind",
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
    "HouseRuleChange",
    "NameCheck",
    "NewsKind",
    "NewsSource",
    "NumberNews",
    "NumberRequest",
    "OnboardingApplication",
    "OnboardingStep",
    "OptInPage",
    "OptInSubmission",
    "OptInTally",
    "OptInText",
    "PartInvitation",
    "PersonWritten",
    "PhoneNumber",
    "PinChange",
    "ProviderRoute",
    "Reminder",
    "Renaming",
    "RenamingState",
    "ReviewDecision",
    "ReviewMark",
    "RoundTrip",
    "RulebookEdition",
    "ScreeningResult",
    "ShortLinkState",
    "Signature",
    "SignupSession",
    "Waba",
]
