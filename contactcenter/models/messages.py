"""Messages and what happened to them.

A foreign key that another index begins with has none of its own (``db_index=False``): these tables are written often.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from contactcenter.models.conversations import Conversation
from tenants.tenancy import BusinessOwned, owner


class Direction(models.TextChoices):
    INBOUND = "inbound", _("Received")
    OUTBOUND = "outbound", _("Sent")
    ECHO = "echo", _("Sent from the WhatsApp Business app")
    NOTICE = "notice", _("Notice")
    """A line in the thread that nobody wrote: a changed number, a call of ours. It counts as nothing."""


class MessageSource(models.TextChoices):
    CONTACT = "contact", _("Contact")
    AGENT = "agent", _("Agent")
    API = "api", _("API")
    CAMPAIGN = "campaign", _("Campaign")
    BOT = "bot", _("Bot")
    APP = "app", _("WhatsApp Business app")


class MessageStatus(models.TextChoices):
    """The ladder that a message climbs and never goes down; ``rank`` is the rung."""

    RECEIVED = "received", _("Received")
    QUEUED = "queued", _("Waiting to leave")
    UNKNOWN = "unknown", _("Not known whether it was sent")
    ACCEPTED = "accepted", _("Accepted by WhatsApp")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    PLAYED = "played", _("Played")

    @property
    def rank(self):
        return STATUS_RANK[self]


STATUS_RANK = {
    MessageStatus.RECEIVED: 0,
    MessageStatus.QUEUED: 0,
    MessageStatus.UNKNOWN: 1,
    MessageStatus.ACCEPTED: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
    MessageStatus.PLAYED: 7,
}
"""A failure outranks "sent"; a later "delivered" outranks the failure (messaging reference, statuses)."""


class Message(BusinessOwned):
    """One item in a thread. Unique by number and provider ID; ordered by ``at``, then by ``id``."""

    business = owner(db_index=False, db_constraint=False)
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """Travels to the provider as ``biz_opaque_callback_data`` and comes back with each status."""
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False)
    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    """The conversation's number and contact; its own foreign keys hold them."""
    direction = models.CharField(max_length=10, choices=Direction)
    source = models.CharField(max_length=10, choices=MessageSource)
    author = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    provider_id = models.CharField(max_length=512, null=True, blank=True)  # noqa: DJ001  null = none yet
    kind = models.CharField(max_length=64)
    """text, image, video, audio, document, sticker, location, contacts, interactive, button, template, order…"""
    text = models.TextField(blank=True)
    """What a person reads of it: body, caption, button title, or the filled template."""
    content = models.JSONField(default=dict, blank=True)
    """Inbound: the parser's normalised content. Outbound: what the gateway's message builder takes."""
    template = models.ForeignKey(
        "templates_hsm.MessageTemplate",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    reply_to_provider_id = models.CharField(max_length=512, blank=True)
    at = models.DateTimeField()
    """The provider's time of an inbound message; our time of writing of an outbound one."""
    created_at = models.DateTimeField(default=now)
    status = models.CharField(max_length=10, choices=MessageStatus)
    rank = models.SmallIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    played_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    error_details = models.TextField(blank=True)
    pricing_type = models.CharField(max_length=64, blank=True)
    pricing_category = models.CharField(max_length=64, blank=True)
    pricing_rank = models.SmallIntegerField(default=0)
    """The rung of the status that told the price; a higher one knows better."""
    edited_at = models.DateTimeField(null=True, blank=True)
    edit_provider_id = models.CharField(max_length=512, blank=True)
    """Which edit is shown: the newest by (time, ID)."""
    deleted_at = models.DateTimeField(null=True, blank=True)
    from_ad = models.BooleanField(default=False)
    """The person came through a click-to-WhatsApp ad with this message (a ``referral``)."""
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  null = no key given
    request_digest = models.CharField(max_length=64, blank=True)
    """Digest of what was asked under the idempotency key: another request under the same key is an error."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["phone_number", "provider_id"], name="message_provider_once"),
            models.UniqueConstraint(
                fields=["business", "idempotency_key"],
                name="message_idempotent",
                condition=models.Q(idempotency_key__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["business", "at"], name="message_business_at"),
            models.Index(fields=["author"], name="message_author", condition=models.Q(author__isnull=False)),
            models.Index(fields=["template"], name="message_template", condition=models.Q(template__isnull=False)),
            models.Index(fields=["conversation", "-at", "-id"], name="message_thread"),
            models.Index(fields=["conversation"], name="message_from_ad", condition=models.Q(from_ad=True)),
        ]

    def __str__(self):
        return f"{self.direction} {self.kind}"


class MessageMedia(BusinessOwned):
    """The file of a media message. ``file`` is empty until it was fetched (inbound) or while it waits (outbound)."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="media")
    provider_media_id = models.CharField(max_length=512, blank=True)
    mime_type = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    file = models.FileField(upload_to="unused", blank=True)
    """Saved by ``contactcenter.services.media`` under the business's own folder."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("media")
        verbose_name_plural = _("media")
        indexes = [models.Index(fields=["next_attempt_at"], name="media_due")]

    def __str__(self):
        return self.file_name or self.mime_type


class TemplateFile(BusinessOwned):
    """A file of a template or a campaign, as one number sends it: a copy, uploaded to WhatsApp once for all messages.

    Messages name it by its digest (``contactcenter.sender.OWN``), so what was sent can be shown after the template
    changed. Media IDs belong to a number (Meta, Media, 2025-11).
    """

    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=255)
    file_name = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    media_id = models.CharField(max_length=512, blank=True)
    """What WhatsApp knows it by, and since when: it forgets after 30 days."""
    handed_in_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("file of a template")
        verbose_name_plural = _("files of templates")
        constraints = [models.UniqueConstraint(fields=["phone_number", "sha256"], name="templatefile_once")]

    def __str__(self):
        return self.file_name


class Reaction(BusinessOwned):
    """The latest emoji with which one side answered a message; an empty emoji means it was taken back."""

    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    target_provider_id = models.CharField(max_length=512)
    direction = models.CharField(max_length=10, choices=Direction)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reactions", db_index=False)
    emoji = models.CharField(max_length=64, blank=True)
    provider_id = models.CharField(max_length=512, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = [
            models.UniqueConstraint(fields=["phone_number", "target_provider_id", "direction"], name="reaction_latest")
        ]
        indexes = [models.Index(fields=["conversation"], name="reaction_conversation")]

    def __str__(self):
        return self.emoji


class PendingUpdate(BusinessOwned):
    """A status, edit or deletion that came before its message; applied and removed when the message comes."""

    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    provider_id = models.CharField(max_length=512)
    kind = models.CharField(max_length=10)
    rank = models.SmallIntegerField(default=0)
    key = models.CharField(max_length=600, default="")
    """Tells updates of one message apart, so that repeats change nothing."""
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone_number", "provider_id", "kind", "key"], name="pendingupdate_once")
        ]
        indexes = [models.Index(fields=["created_at"], name="pendingupdate_age")]

    def __str__(self):
        return f"{self.kind} {self.provider_id}"
