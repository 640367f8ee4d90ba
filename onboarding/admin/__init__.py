"""Onboarding as ISV staff see it."""

from onboarding.admin.applications import OnboardingApplicationAdmin
from onboarding.admin.numbers import PhoneNumberAdmin, WabaAdmin

__all__ = ["OnboardingApplicationAdmin", "PhoneNumberAdmin", "WabaAdmin"]
