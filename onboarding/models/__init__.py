from onboarding.models.applications import (
    ApplicationEvent,
    ChangeRequest,
    NameCheck,
    OnboardingApplication,
    OnboardingStep,
    ScreeningResult,
)
from onboarding.models.numbers import PhoneNumber, ProviderRoute, Waba

__all__ = [
    "ApplicationEvent",
    "ChangeRequest",
    "NameCheck",
    "OnboardingApplication",
    "OnboardingStep",
    "PhoneNumber",
    "ProviderRoute",
    "ScreeningResult",
    "Waba",
]
