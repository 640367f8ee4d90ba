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
    kind = models.CharField(_("kind of error"), max_length=80, blank=True)
    """The exception's name (and PostgreSQL's code), so that one fault's letters are found and replayed together."""
    number = models.CharField(_("number or account"), max_length=64, blank=True)
    """What the delivery is about, as its first phone number ID (or account ID) says."""
    failed_at = models.DateTimeField(_("failed"), default=now)
    attempts = models.PositiveIntegerField(_("attempts"), default=1)
    replayed_at = models.DateTimeField(_("replayed"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("dead letter")
        verbose_name_plural = _("dead letters")
        constraints = [models.UniqueConstraint(fields=["delivery_id"], name="deadletter_once")]
        indexes = [
            models.Index(fields=["delivery_id"], name="deadletter_open", condition=models.Q(closed_at=None)),
        ]

    def __str__(self):
        return f"{self.delivery_id}"


class ReplayJob(models.Model):
    """Many dead letters to be handled again. The row is the job: whoever works on it goes on from ``position``."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    asked_by = models.CharField(_("asked by"), max_length=254)
    asked_at = models.DateTimeField(_("asked"), default=now)
    kind = models.CharField(_("kind of error"), max_length=80, blank=True)
    number = models.CharField(_("number or account"), max_length=64, blank=True)
    failed_from = models.DateTimeField(_("failed from"), null=True, blank=True)
    failed_until = models.DateTimeField(_("failed until"), null=True, blank=True)
    chosen = models.JSONField(_("chosen"), null=True, blank=True)
    """Keys of the letters that somebody picked, or nothing when the filter alone says which."""
    position = models.BigIntegerField(default=0)
    last_delivery = models.BigIntegerField()
    """Letters of later deliveries came after the job and are not its business."""
    total = models.PositiveIntegerField(_("letters"))
    went_through = models.PositiveIntegerField(_("went through"), default=0)
    failed_again = models.PositiveIntegerField(_("failed again"), default=0)
    progress_at = models.DateTimeField(_("last progress"), null=True, blank=True)
    stop_asked_at = models.DateTimeField(_("stop asked"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        indexes = [models.Index(fields=["id"], name="replayjob_open", condition=models.Q(finished_at=None))]

    def __str__(self):
        return f"{self.went_through + self.failed_again}/{self.total}"

    @property
    def done(self):
        """How many letters were tried."""
        return self.went_through + self.failed_again

    @property
    def was_stopped(self):
        return self.finished_at is not None and self.stop_asked_at is not None


class UnknownEvent(models.Model):
    """Something a provider told us that we don't understand or have no use for. Kept and shown to staff."""

    delivery_id = models.BigIntegerField()
    position = models.CharField(max_length=40)
    received_at = models.DateTimeField(_("received"))
    kind = models.CharField(_("kind"), max_length=30, default="unexpected_shape")
    """As in ``events.Unknown``, or ``early``: nobody has the account yet, and whoever gets it within the ledger's days
    hears it (``webhooks/early.py``)."""
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    field = models.CharField(_("field"), max_length=60, blank=True)
    provider_account = models.CharField(_("account or number"), max_length=60, blank=True)
    raw = models.TextField()

    class Meta:
        verbose_name = _("unknown event")
        verbose_name_plural = _("unknown events")
        constraints = [models.UniqueConstraint(fields=["delivery_id", "position"], name="unknownevent_once")]
        indexes = [
            models.Index(fields=["-received_at"], name="unknownevent_when"),
            models.Index(fields=["provider_account"], condition=models.Q(kind="early"), name="unknownevent_early"),
        ]

    def __str__(self):
        return f"{self.field} {self.reason}"


class ProviderCall(models.Model):
    """One request to a provider and its answer, redacted: tokens, PINs and codes never get here."""

    at = models.DateTimeField(default=now)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    subject = models.CharField(max_length=60, blank=True, db_index=True)
    """What the call was about, in the caller's words, for example ``application:41``."""
    business = models.CharField(_("business"), max_length=60, blank=True)
    application = models.CharField(_("application"), max_length=20, blank=True)
    step = models.CharField(_("step"), max_length=40, blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, blank=True)
    """``ok``, ``refused``, ``unavailable`` or ``unknown`` (``providers.transport``)."""
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    error_code = models.IntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    request = models.JSONField(default=dict, blank=True)
    response = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("provider call")
        verbose_name_plural = _("provider log")
        indexes = [
            models.Index(fields=["-at"], name="providercall_when"),
            models.Index(fields=["business", "-at"], name="providercall_business"),
            models.Index(fields=["application", "-at"], name="providercall_application"),
        ]

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


class Tally(models.Model):
    """How often something happened on this installation, ever; ``providers/tallies.py`` counts."""

    name = models.CharField(max_length=60)
    slot = models.SmallIntegerField()
    value = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "slot"], name="tally_once")]

    def __str__(self):
        return f"{self.name}: {self.value}"


class Sample(models.Model):
    """The figures of one minute, by the installation's clock; what is drawn over time comes from here."""

    at = models.DateTimeField(primary_key=True)
    figures = models.JSONField()

    def __str__(self):
        return f"{self.at:%Y-%m-%d %H:%M}"
