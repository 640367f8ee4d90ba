from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ApplicationStatus(models.TextChoices):
    """Where an application stands. ``services.applications.move`` is the only door between them."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("In review by our team")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    APPROVED = "approved", _("Approved, setting up with Meta")
    REJECTED = "rejected", pgettext_lazy("application", "Rejected")
    LIVE = "live", _("Live")

    def may_become(self, other):
        return other in _NEXT[self]


_NEXT = {
    ApplicationStatus.DRAFT: {ApplicationStatus.SUBMITTED},
    ApplicationStatus.SUBMITTED: {
        ApplicationStatus.CHANGES_REQUESTED,
        ApplicationStatus.APPROVED,
        ApplicationStatus.REJECTED,
    },
    ApplicationStatus.CHANGES_REQUESTED: {ApplicationStatus.SUBMITTED},
    ApplicationStatus.APPROVED: {ApplicationStatus.LIVE},
    ApplicationStatus.REJECTED: set(),
    ApplicationStatus.LIVE: set(),
}


class StepKind(models.TextChoices):
    """The external steps after approval, in the order in which they are shown."""

    BUSINESS_VERIFICATION = "business_verification", _("Business verified by Meta")
    WABA = "waba", _("WhatsApp Business Account created")
    WEBHOOKS = "webhooks", _("Connected to our platform")
    NUMBER_ADDED = "number_added", _("Number added")
    NAME_REVIEW = "name_review", _("Display name reviewed")
    CODE_REQUESTED = "code_requested", _("Code sent to the number")
    CODE_VERIFIED = "code_verified", _("Code confirmed")
    REGISTERED = "registered", _("Number registered with a PIN")
    PROFILE = "profile", _("Profile published")
    ROUND_TRIP = "round_trip", _("First message received and answered")


class StepState(models.TextChoices):
    WAITING = "waiting", _("Not started")
    DUE = "due", _("In progress")
    WAITING_FOR_META = "waiting_for_meta", _("Waiting for Meta")
    WAITING_FOR_BUSINESS = "waiting_for_business", _("Your turn")
    BROKEN = "broken", _("Stuck, our team is on it")
    DONE = "done", _("Done")


class CodeMethod(models.TextChoices):
    """How the six-digit code reaches the number (``code_method`` of ``request_code``)."""

    SMS = "SMS", _("SMS")
    VOICE = "VOICE", _("Call")


class Sector(models.TextChoices):
    """What the WhatsApp profile calls ``vertical`` (Meta, "Business profiles", 2025-11-04)."""

    APPAREL = "APPAREL", _("Clothing")
    AUTO = "AUTO", _("Cars and motorcycles")
    BEAUTY = "BEAUTY", _("Beauty, cosmetics and personal care")
    EDU = "EDU", _("Education")
    ENTERTAIN = "ENTERTAIN", _("Entertainment")
    EVENT_PLAN = "EVENT_PLAN", _("Events")
    FINANCE = "FINANCE", _("Finance and banking")
    GROCERY = "GROCERY", _("Food and groceries")
    HEALTH = "HEALTH", _("Medicine and health")
    HOTEL = "HOTEL", _("Hotels and lodging")
    NONPROFIT = "NONPROFIT", _("Non-profit organisation")
    PROF_SERVICES = "PROF_SERVICES", _("Professional services")
    RESTAURANT = "RESTAURANT", _("Restaurant")
    RETAIL = "RETAIL", _("Shops and online sales")
    TRAVEL = "TRAVEL", _("Travel and transport")
    GOVT = "GOVT", _("Public service, government")
    ALCOHOL = "ALCOHOL", _("Alcoholic drinks")
    OTC_DRUGS = "OTC_DRUGS", _("Over-the-counter medicine")
    ONLINE_GAMBLING = "ONLINE_GAMBLING", _("Online gambling and games for money")
    PHYSICAL_GAMBLING = "PHYSICAL_GAMBLING", _("Casinos, betting shops, lotteries")
    OTHER = "OTHER", _("Something else")


class DocumentKind(models.TextChoices):
    """What a company proves with a file; ``onboarding.countries`` says what each is called in a country."""

    INCORPORATION = "incorporation", _("Certificate of incorporation")
    TAX_RECORD = "tax_record", _("Tax record")
    REPRESENTATIVE = "representative", _("Proof that the signer represents the company")
    OTHER = "other", _("Another document")


class NumberDecision(models.TextChoices):
    """What staff decided on a further number."""

    PENDING = "pending", _("Being decided")
    APPROVED = "approved", pgettext_lazy("further number", "Approved")
    REFUSED = "refused", pgettext_lazy("further number", "Refused")
