"""Campaigns: one approved template to many people, each of them once."""

import uuid
from datetime import time

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config.clock import now
from contactcenter.models.messages import Message
from tenants.tenancy import BusinessOwned


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PREPARING = "preparing", _("Being checked")
    READY = "ready", _("Checked, not started")
    SCHEDULED = "scheduled", _("Scheduled")
    RUNNING = "running", _("Sending")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped by itself")
    DONE = "done", _("Finished")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Could not be read")


class Audience(models.TextChoices):
    CSV = "csv", _("A list of my own (CSV)")
    FILTER = "filter", _("People from my contacts")
    SEGMENT = "segment", _("A saved segment")


class CampaignRules(BusinessOwned):
    """What a business holds its campaigns to. Without a row the rules of the house hold (``campaigns.rules``)."""

    frequency_count = models.PositiveSmallIntegerField(_("campaigns per person"))
    frequency_days = models.PositiveSmallIntegerField(_("within so many days"))
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    error_percent = models.PositiveSmallIntegerField(_("stops at this share of failures"))

    class Meta:
        verbose_name = _("rules of campaigns")
        verbose_name_plural = _("rules of campaigns")
        constraints = [models.UniqueConstraint(fields=["business"], name="campaignrules_once")]

    def __str__(self):
        return f"{self.frequency_count}/{self.frequency_days}"


class Segment(BusinessOwned):
    """A filter over contacts under a name; who it holds is worked out anew each time."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    rules = models.JSONField(default=dict)
    """``countries``, ``languages``, ``wrote_within`` and ``silent_for`` (days); what isn't there doesn't matter."""
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        constraints = [models.UniqueConstraint(fields=["business", "name"], name="segment_name_once")]

    def __str__(self):
        return self.name


class Campaign(BusinessOwned):
    """One template to many. The row is the job: hints only make a worker look sooner.

    ``position`` is how far the audience has been gone through: records of the file, or the last contact's key. It moves
    in the transaction that writes the recipients.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(_("state"), max_length=12, choices=CampaignState, default=CampaignState.DRAFT)
    phone_number = models.ForeignKey("onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+")
    template = models.ForeignKey("templates_hsm.MessageTemplate", on_delete=models.PROTECT, related_name="+")
    template_digest = models.CharField(max_length=64, blank=True)
    """Of the definition that was checked: a template edited since then stops the campaign."""
    category = models.CharField(max_length=20, blank=True)
    """The template's category when its cost was shown."""
    audience = models.CharField(max_length=10, choices=Audience, blank=True)
    filter = models.JSONField(default=dict, blank=True)
    segment = models.ForeignKey(Segment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    file = models.FileField(upload_to="unused", blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    file_size = models.PositiveBigIntegerField(default=0)
    file_digest = models.CharField(max_length=64, blank=True)
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, default=",")
    headers = models.JSONField(default=list, blank=True)
    has_header = models.BooleanField(default=True)
    country = models.CharField(max_length=2, blank=True)
    """Of numbers without a country code in the list."""
    columns = models.JSONField(default=dict, blank=True)
    """``phone`` and ``name`` to the index of their column."""
    mapping = models.JSONField(default=dict, blank=True)
    """Variable (``body.1``) to ``{"from": "text" | "name" | "first_name" | "column", "column": 2, "text": "…"}``;
    ``text`` stands where a cell or a name is empty. A file is ``{"from": "own" | "file", "file": reference}``."""
    position = models.BigIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    """How many contacts are gone through, so that a share can be shown."""
    counts = models.JSONField(default=dict, blank=True)
    """``waiting`` (they will get it) and a count for each reason why somebody was left out while it was checked."""
    zones = models.JSONField(default=list, blank=True)
    """The time zones of those who will get it (``campaigns.hours``)."""
    problem = models.CharField(max_length=40, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, blank=True)
    start_at = models.DateTimeField(_("starts"), null=True, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True, default=time(20))
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True, default=time(8))
    waits_for = models.CharField(max_length=40, blank=True)
    """Why a running campaign sends nothing just now: ``quiet_hours``, ``messaging_limit``."""
    waits_until = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=40, blank=True)
    stop_details = models.JSONField(default=dict, blank=True)
    quality_at_start = models.JSONField(default=dict, blank=True)
    """``template`` and ``number``: Meta's judgement when it was started or resumed."""
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    resumed_at = models.DateTimeField(null=True, blank=True)
    """Failures before this moment don't stop it again."""
    finished_at = models.DateTimeField(null=True, blank=True)
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  null = no key given
    request_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints = [models.UniqueConstraint(fields=["business", "idempotency_key"], name="campaign_idempotent")]
        indexes = [
            models.Index(fields=["business", "-created_at", "-id"], name="campaign_newest"),
            models.Index(
                fields=["created_at"],
                name="campaign_at_work",
                condition=models.Q(state__in=["preparing", "scheduled", "running"]),
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("campaigns:campaign_detail", args=[self.business.slug, self.reference])

    @property
    def is_open(self):
        """Whether its people, values and times may still be changed."""
        return self.state in (CampaignState.DRAFT, CampaignState.READY, CampaignState.FAILED)

    @property
    def will_get(self):
        """How many get it, as the check found."""
        return self.counts.get("waiting", 0)

    @property
    def left_out(self):
        """How many lines or people the check left out."""
        return sum(count for reason, count in self.counts.items() if reason != "waiting")


class CampaignFile(BusinessOwned):
    """A file that messages of a campaign start with: a copy of its own, uploaded to WhatsApp once for all of them."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=10)
    file = models.CharField(max_length=255)
    file_name = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    media_id = models.CharField(max_length=512, blank=True)
    """What WhatsApp knows it by, and since when: it forgets after 30 days."""
    handed_in_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("file of a campaign")
        verbose_name_plural = _("files of campaigns")

    def __str__(self):
        return self.file_name

    @property
    def ending(self):
        """The ending of the stored name, with its dot."""
        return self.file[self.file.rfind(".") :]


class RecipientState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    LEFT_OUT = "left_out", _("Left out")
    RELEASED = "released", _("Handed to the sender")
    WITHDRAWN = "withdrawn", _("Taken back before it left")


class CampaignRecipient(BusinessOwned):
    """One person of a campaign, or one line of its list that couldn't be used, with the reason.

    A person is in a campaign once, so whatever crashes nobody gets it twice.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="recipients", db_index=False)
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    line = models.PositiveIntegerField(default=0)
    """The line of the list, where there is one."""
    phone = models.CharField(max_length=20, blank=True)
    text = models.CharField(max_length=200, blank=True)
    """What stood in a line that couldn't be read, or which value is missing."""
    values = models.JSONField(default=dict, blank=True)
    """What is filled into the template, as templates take it."""
    state = models.CharField(max_length=10, choices=RecipientState, default=RecipientState.WAITING)
    reason = models.CharField(max_length=40, blank=True)
    zone = models.CharField(max_length=100, blank=True)
    market = models.CharField(max_length=40, blank=True)
    price_micros = models.IntegerField(null=True, blank=True)
    """The list price in millionths, as it was shown before the start; empty where no card of ours covers the day."""
    price_why = models.CharField(max_length=20, blank=True)
    message = models.OneToOneField(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="campaign")
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("recipient of a campaign")
        verbose_name_plural = _("recipients of campaigns")
        constraints = [models.UniqueConstraint(fields=["campaign", "contact"], name="campaignrecipient_once")]
        indexes = [
            models.Index(fields=["campaign", "state", "id"], name="campaignrecipient_state"),
            models.Index(
                fields=["campaign", "released_at"],
                name="campaignrecipient_released",
                condition=models.Q(released_at__isnull=False),
            ),
            models.Index(
                fields=["contact", "released_at"],
                name="campaignrecipient_frequency",
                condition=models.Q(released_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.phone} {self.state}"
