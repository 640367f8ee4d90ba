"""What was heard from and said to providers. Nothing here belongs to a business: these rows come before routing.

The raw ledger ``providers_delivery`` is made by hand in a migration (partitioned by day) and read with SQL only.
"""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now


class DeliveryCursor(models.Model):
    """How far a shard of the ledger was digested."""

    shard = models.SmallIntegerField(primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self):
        return f"{self.shard}: {self.position}"


class DeadLetter(models.Model):
    """A delivery of which something could not be handled. Kept with its error until a person replays or closes it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    delivery_id = models.BigIntegerField(db_index=True)
    received_at = models.DateTimeField(_("received"))
    body = models.BinaryField()
    error = models.TextField(_("error"))
    failed_at = models.DateTimeField(_("failed"), default=now)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    replayed_at = models.DateTimeField(_("replayed"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        constraints = [models.UniqueConstraint(fields=["delivery_id"], name="deadletter_once")]

    def __str__(self):
        return f"{self.delivery_id}"


class UnknownEvent(models.Model):
    """Something a provider told us that we don't understand or have no use for. Kept and shown to staff."""

    delivery_id = models.BigIntegerField()
    position = models.CharField(max_length=40)
    received_at = models.DateTimeField(_("received"))
    kind = models.CharField(_("kind"), max_length=30, default="unexpected_shape")
    """As in ``events.Unknown``; ``recognised_but_unused`` is nothing to look at."""
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    field = models.CharField(_("field"), max_length=60, blank=True)
    provider_account = models.CharField(_("account or number"), max_length=60, blank=True)
    raw = models.TextField()

    class Meta:
        verbose_name = _("unknown event")
        verbose_name_plural = _("unknown events")
        constraints = [models.UniqueConstraint(fields=["delivery_id", "position"], name="unknownevent_once")]
        indexes = [models.Index(fields=["-received_at"], name="unknownevent_when")]

    def __str__(self):
        return f"{self.field} {self.reason}"


class ProviderCall(models.Model):
    """One request to a provider and its answer, redacted: tokens, PINs and codes never get here."""

    at = models.DateTimeField(default=now)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    subject = models.CharField(max_length=60, blank=True, db_index=True)
    """What the call was about, in the caller's words, for example ``application:41``."""
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    request = models.JSONField(default=dict, blank=True)
    response = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("provider call")
        verbose_name_plural = _("provider log")
        indexes = [models.Index(fields=["-at"], name="providercall_when")]

    def __str__(self):
        return f"{self.method} {self.path}"


class Incident(models.Model):
    """Something is stuck or refused. It opens and closes by itself; ``key`` says what it is about."""

    key = models.CharField(max_length=200)
    """What it is about, for example ``ledger:default-partition``."""
    title = models.CharField(_("title"), max_length=200)
    details = models.TextField(_("details"), blank=True)
    opened_at = models.DateTimeField(_("opened"), default=now)
    last_seen_at = models.DateTimeField(_("last seen"), default=now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    count = models.PositiveIntegerField(_("times seen"), default=1)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=models.Q(closed_at=None), name="incident_open_once")
        ]

    def __str__(self):
        return self.title
