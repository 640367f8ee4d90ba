"""The official badge of a number: one row for each attempt, so that the history stays."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.clock import now
from tenants.tenancy import BusinessOwned


class BadgeState(models.TextChoices):
    """Where an attempt stands. ``services.badge`` and ``services.badge_worker`` are its only writers."""

    DRAFT = "draft", _("Draft")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Checked, not sent")
    WITH_US = "with_us", _("With our team")
    SENDING = "sending", _("On its way to WhatsApp")
    PENDING = "pending", _("In review at WhatsApp")
    APPROVED = "approved", pgettext_lazy("badge", "Approved")
    REFUSED = "refused", pgettext_lazy("badge", "Refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("badge", "Withdrawn")
    LAPSED = "lapsed", _("Closed by WhatsApp without a decision")


WITH_BUSINESS = (BadgeState.DRAFT, BadgeState.CHECKING, BadgeState.CHECKED)
"""The business may change its answers; a check that runs meanwhile counts for what it had read."""
OPEN = (*WITH_BUSINESS, BadgeState.WITH_US, BadgeState.SENDING, BadgeState.PENDING)


class BadgeRequest(BusinessOwned):
    """One attempt to get the badge of an official business account for one number (onboarding reference §7).

    ``links`` holds ``{"url", "kind", "problem", "title", "names_brand", "final_url", "read_at"}`` for each piece of
    evidence; only ``url`` is the applicant's, the rest is what the check found. ``facts`` is what WhatsApp said about
    number and company when it was asked last. ``wait`` keeps the rule by which ``retry_from`` was computed.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_number = models.ForeignKey("onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="badge_requests")
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    state = models.CharField(_("state"), max_length=12, choices=BadgeState, default=BadgeState.DRAFT)
    since = models.DateTimeField(_("since"), default=now)

    website = models.CharField(_("website"), max_length=300, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    parent_brand = models.CharField(_("parent company or brand"), max_length=150, blank=True)
    links = models.JSONField(_("evidence"), default=list, blank=True)
    more = models.TextField(_("additional information"), blank=True)

    facts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(_("begun"), default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    checked_at = models.DateTimeField(_("checked"), null=True, blank=True)
    confirmed_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    """Who said that they know what the badge is and that WhatsApp decides alone."""
    confirmed_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    """Set before the first byte of the request; from then on WhatsApp is asked what it has before it is sent again."""
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    provider_status = models.CharField(_("word of WhatsApp"), max_length=40, blank=True)
    was_seen_pending = models.BooleanField(default=False)
    """WhatsApp has shown this attempt as pending, so a later refusal is about this one and not about an older one."""
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    confirmed_official = models.BooleanField(default=False)
    lost_at = models.DateTimeField(_("badge lost"), null=True, blank=True)
    retry_from = models.DateField(_("again from"), null=True, blank=True)
    retry_at = models.DateTimeField(null=True, blank=True)
    """The first moment of ``retry_from`` where the business is."""
    wait = models.JSONField(default=dict, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    last_error = models.CharField(max_length=400, blank=True)
    last_error_code = models.IntegerField(null=True, blank=True)
    last_error_subcode = models.IntegerField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    looks = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    staff_note = models.TextField(_("note of our team"), blank=True)
    advice = models.TextField(_("advice to the business"), blank=True)
    looked_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("badge request")
        verbose_name_plural = _("badge requests")
        constraints = [
            models.UniqueConstraint(fields=["phone_number", "attempt"], name="badgerequest_attempt"),
            models.UniqueConstraint(fields=["phone_number"], condition=Q(state__in=OPEN), name="badgerequest_one_open"),
        ]
        indexes = [
            models.Index(fields=["business", "id"], name="badgerequest_business"),
            models.Index(
                fields=["next_attempt_at"], name="badgerequest_due", condition=Q(next_attempt_at__isnull=False)
            ),
            models.Index(
                fields=["retry_at"], name="badgerequest_remind", condition=Q(state="refused", reminded_at__isnull=True)
            ),
        ]

    def __str__(self):
        return f"{self.phone_number_id and self.phone_number.e164} · {self.attempt}"

    @property
    def urls(self):
        """The addresses of the evidence, in the order in which they were given."""
        return [link["url"] for link in self.links]

    @property
    def is_open(self):
        return self.state in OPEN
