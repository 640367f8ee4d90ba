"""Setting a channel up: what has to be right before and after a number is live, and the round trips that prove it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.clock import now
from tenants.tenancy import BusinessOwned


class CheckKind(models.TextChoices):
    """What a channel needs (product row C5), in the order in which it is shown."""

    PLATFORM = "platform", _("Contact center version")
    NUMBER = "number", _("Number connected")
    NAME = "name", _("Display name usable")
    PIN = "pin", _("Two-step PIN on")
    PERMISSIONS = "permissions", _("Permissions at Meta")
    WEBHOOK = "webhook", _("Webhook address")
    PROFILE = "profile", _("Business profile")
    PAYMENT = "payment", _("Payment at Meta")
    ROUND_TRIP = "round_trip", _("Test message received and answered")


class CheckState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("check", "Waiting")
    CHECKING = "checking", pgettext_lazy("check", "Being checked")
    PASSED = "passed", pgettext_lazy("check", "Passed")
    FAILED = "failed", pgettext_lazy("check", "Failed")
    WAIVED = "waived", pgettext_lazy("check", "Waived")


class Actor(models.TextChoices):
    """Who acts next on an item."""

    NOBODY = "", _("Nobody")
    YOU = "you", _("The business")
    US = "us", _("Our team")
    META = "meta", _("Meta")


class ChannelSetup(BusinessOwned):
    """The setting up of one number's channel: since when, until when, what the business answers with.

    Written by ``services.channels`` alone. ``next_check_at`` is when a worker looks by itself, ``asked_at`` that
    somebody wants it now.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_number = models.OneToOneField("onboarding.PhoneNumber", on_delete=models.CASCADE, related_name="channel")
    started_at = models.DateTimeField(_("activated"), default=now)
    due_at = models.DateTimeField(_("due"))
    ready_at = models.DateTimeField(_("complete since"), null=True, blank=True)
    """Every item has passed or was waived; empty again while one fails."""
    platform = models.CharField(_("contact center"), max_length=10, blank=True)
    """``none`` (Umbral's own inbox), ``old`` or ``current``; empty while nobody said."""
    platform_version = models.CharField(_("its version"), max_length=20, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    quiet_rounds = models.PositiveSmallIntegerField(default=0)
    """Rounds in which nothing changed: the pause grows with them."""
    failures = models.PositiveSmallIntegerField(default=0)
    """Rounds in a row in which the provider gave no answer."""
    hour_began_at = models.DateTimeField(null=True, blank=True)
    hour_calls = models.PositiveIntegerField(default=0)
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("channel set-up")
        verbose_name_plural = _("channel set-up")
        indexes = [
            models.Index(fields=["next_check_at"], name="channelsetup_due"),
            models.Index(fields=["asked_at"], name="channelsetup_asked", condition=models.Q(asked_at__isnull=False)),
        ]

    def __str__(self):
        return str(self.phone_number)


class ChannelItem(BusinessOwned):
    """One line of the checklist. ``error`` is a word of ours that pages explain; ``details`` the provider's own."""

    setup = models.ForeignKey(ChannelSetup, on_delete=models.CASCADE, related_name="items", db_index=False)
    kind = models.CharField(max_length=20, choices=CheckKind)
    state = models.CharField(max_length=10, choices=CheckState, default=CheckState.WAITING)
    since = models.DateTimeField(default=now)
    due_at = models.DateTimeField()
    who = models.CharField(max_length=10, choices=Actor, default=Actor.NOBODY, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    error = models.CharField(max_length=40, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    details = models.TextField(blank=True)
    repair_asked = models.BooleanField(default=False)
    """Somebody wants it put right before the next look."""
    waived_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("item of the checklist")
        verbose_name_plural = _("items of the checklist")
        constraints = [models.UniqueConstraint(fields=["setup", "kind"], name="channelitem_once")]

    def __str__(self):
        return f"{self.kind}: {self.state}"


class RoundTrip(BusinessOwned):
    """A test: one word from any phone to the number, and an answer that arrives. It is what makes a number live.

    ``word`` is empty for a round trip that an ordinary conversation made. Messages are named and not linked, since
    conversations stand above this app.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for the message")
        RECEIVED = "received", _("Received, the answer is about to leave")
        ANSWERED = "answered", _("Answered, waiting until it is delivered")
        DONE = "done", _("Received, answered and delivered")
        FAILED = "failed", pgettext_lazy("round trip", "Failed")
        EXPIRED = "expired", pgettext_lazy("round trip", "Not used in time")

    UNDER_WAY = (State.OPEN, State.RECEIVED, State.ANSWERED)

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_number = models.ForeignKey("onboarding.PhoneNumber", on_delete=models.CASCADE, related_name="round_trips")
    word = models.CharField(max_length=8, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    started_at = models.DateTimeField(default=now)
    started_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True, blank=True)
    """When the person's message was written, on the provider's clock."""
    heard_at = models.DateTimeField(null=True, blank=True)
    """When it had come through the webhook and was understood here."""
    received_message = models.CharField(max_length=512, blank=True)
    answer = models.UUIDField(null=True, blank=True)
    """The reference of the message that answers."""
    answered_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("round trip")
        verbose_name_plural = _("round trips")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_number"],
                condition=models.Q(state__in=["open", "received", "answered"]),
                name="roundtrip_one_under_way",
            )
        ]

    def __str__(self):
        return f"{self.phone_number} {self.word}: {self.state}"
