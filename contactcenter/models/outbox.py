"""What waits to leave. A small hot table: a row goes away when its outcome is known."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from contactcenter.models.messages import Message
from tenants.tenancy import BusinessOwned


class Priority(models.IntegerChoices):
    AGENT = 0, _("Agent's reply")
    SYSTEM = 1, _("System")
    CAMPAIGN = 2, _("Campaign")


class OutboxState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    CLAIMED = "claimed", _("Claimed by a sender")
    ATTEMPTED = "attempted", _("Its first byte may have left")
    UNKNOWN = "unknown", _("Outcome unknown")


class OutboxItem(BusinessOwned):
    """One message on its way out. Only a row marked ``attempted`` can have reached the provider.

    ``lease_until`` is real time (never moved): when it ends, ``claimed`` goes back to ``waiting`` and
    ``attempted`` becomes ``unknown``.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="outbox")
    phone_number = models.ForeignKey("onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+")
    priority = models.SmallIntegerField(choices=Priority, default=Priority.AGENT)
    state = models.CharField(max_length=10, choices=OutboxState, default=OutboxState.WAITING)
    not_before = models.DateTimeField(default=now)
    lease_until = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("outbox item")
        verbose_name_plural = _("outbox")
        indexes = [
            models.Index(
                fields=["phone_number", "priority", "id"],
                name="outbox_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["lease_until"],
                name="outbox_leases",
                condition=models.Q(state__in=["claimed", "attempted"]),
            ),
            models.Index(fields=["attempted_at"], name="outbox_unknown", condition=models.Q(state="unknown")),
        ]

    def __str__(self):
        return f"{self.state} {self.message_id}"


class LaneState(models.TextChoices):
    OPEN = "open", _("Sending")
    PAUSED = "paused", _("Paused by WhatsApp")
    STOPPED = "stopped", _("Refused until somebody repairs it")


class SenderLane(BusinessOwned):
    """How fast the sender speaks for a number just now, noted every few seconds for staff to see.

    ``seen_at`` and ``paused_until`` are real time (never moved). An old ``seen_at`` means that no sender has the
    number: nothing waited for it.
    """

    phone_number = models.OneToOneField("onboarding.PhoneNumber", on_delete=models.CASCADE, related_name="+")
    sender = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=LaneState, default=LaneState.OPEN)
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_code = models.IntegerField(null=True, blank=True)
    """Meta's code of the answer that paused or stopped it."""
    allowed_per_second = models.FloatField()
    """What the number may say now; less than its limit while it climbs back after "too fast"."""
    limit_per_second = models.FloatField()
    left_per_second = models.FloatField()
    """What really left in the last seconds."""
    claimed = models.PositiveIntegerField()
    in_flight = models.PositiveIntegerField()
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("sender lane")
        verbose_name_plural = _("sender lanes")

    def __str__(self):
        return f"{self.phone_number_id}: {self.left_per_second:.1f}/s"
