"""Conversations: the thread between one contact and one business number."""

import uuid

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned, owner


class ConversationStatus(models.TextChoices):
    OPEN = "open", _("Open")
    SNOOZED = "snoozed", _("Snoozed")
    RESOLVED = "resolved", _("Resolved")


class Conversation(BusinessOwned):
    """One thread per business number and contact; a new message opens it again.

    ``last_message_*``, ``unread_count`` and ``waiting_since`` are kept by the transaction that adds messages.
    """

    business = owner(db_index=False)
    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    channel = models.CharField(max_length=20, default="whatsapp")
    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", on_delete=models.PROTECT, related_name="conversations", db_index=False
    )
    status = models.CharField(_("status"), max_length=20, choices=ConversationStatus, default=ConversationStatus.OPEN)
    assignee = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=now)
    last_activity_at = models.DateTimeField(default=now)
    last_message_text = models.CharField(max_length=200, blank=True)
    last_message_kind = models.CharField(max_length=64, blank=True)
    last_message_direction = models.CharField(max_length=10, blank=True)
    unread_count = models.PositiveIntegerField(default=0)
    """Inbound messages after ``read_up_to``."""
    read_up_to = models.DateTimeField(null=True, blank=True)
    """Provider time of the newest inbound message that an agent has seen."""
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    last_outbound_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(_("waiting since"), null=True, blank=True)
    """Provider time of the oldest inbound message that nobody has answered yet."""
    resolved_at = models.DateTimeField(null=True, blank=True)
    """When an agent resolved or snoozed it. An inbound message newer than this, or not seen yet, opens it again."""
    version = models.BigIntegerField(default=1)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [models.UniqueConstraint(fields=["phone_number", "contact"], name="conversation_once")]
        indexes = [
            models.Index(fields=["business", "status", "-last_activity_at", "-id"], name="conversation_list"),
            models.Index(
                fields=["business", "status", "assignee", "-last_activity_at", "-id"],
                name="conversation_mine",
            ),
            models.Index(fields=["contact"], name="conversation_contact"),
            models.Index(fields=["assignee"], name="conversation_assignee", condition=models.Q(assignee__isnull=False)),
            models.Index(
                fields=["business", "assignee"],
                name="conversation_unread",
                condition=models.Q(status="open", unread_count__gt=0),
            ),
        ]

    def __str__(self):
        return str(self.reference)

    def get_absolute_url(self):
        return reverse("contactcenter:conversation_detail", args=[self.business.slug, self.reference])


class Note(BusinessOwned):
    """An internal note in a thread; the contact never sees it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [models.Index(fields=["conversation", "at"], name="note_conversation_at")]

    def __str__(self):
        return self.text[:40]
