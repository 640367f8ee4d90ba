from django.db import models
from django.utils.translation import gettext_lazy as _


class ApplicationStatus(models.TextChoices):
    """Where an application stands. ``services.applications.move`` is the only door between them."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("In review by our team")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    APPROVED = "approved", _("Approved, setting up with Meta")
    REJECTED = "rejected", _("Rejected")
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
