"""Onboarding as ISV staff see it."""

from onboarding.admin.applications import OnboardingApplicationAdmin
from onboarding.admin.badge import BadgeRequestAdmin
from onboarding.admin.canned import CannedReasonAdmin
from onboarding.admin.channels import ChannelSetupAdmin
from onboarding.admin.documents import ApplicationDocumentAdmin
from onboarding.admin.further_numbers import NumberRequestAdmin
from onboarding.admin.house_rules import HouseRuleChangeAdmin
from onboarding.admin.number_life import NumberNewsAdmin, RenamingAdmin
from onboarding.admin.numbers import PhoneNumberAdmin, WabaAdmin

__all__ = [
    "ApplicationDocumentAdmin",
    "BadgeRequestAdmin",
    "CannedReasonAdmin",
    "ChannelSetupAdmin",
    "HouseRuleChangeAdmin",
    "NumberNewsAdmin",
    "NumberRequestAdmin",
    "OnboardingApplicationAdmin",
    "PhoneNumberAdmin",
    "RenamingAdmin",
    "WabaAdmin",
]
