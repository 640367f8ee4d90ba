"""What we remind a business of while the ball is with it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding.models.applications import OnboardingApplication
from tenants.tenancy import BusinessOwned


class Reminder(BusinessOwned):
    """The reminders of one application: which turn they are about, how many left, when the next one is due.

    Written only by ``services.reminders``. A turn begins at ``turn_at``; when the business acts, another begins and the
    count with it.
    """

    application = models.OneToOneField(OnboardingApplication, on_delete=models.CASCADE, related_name="reminder")
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    turn = models.CharField(max_length=40, blank=True)
    """What waits for the business: ``draft``, ``corrections`` or the kind of a step; empty while nothing does."""
    turn_at = models.DateTimeField(null=True, blank=True)
    sent = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When the last reminder of this turn had left and the house was told."""
    quiet = models.JSONField(default=dict, blank=True)
    """Address -> until when it wants none (ISO 8601), or an empty text for good."""

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        indexes = [models.Index(fields=["next_at"], name="reminder_due")]

    def __str__(self):
        return f"{self.turn or '-'}: {self.sent}"
