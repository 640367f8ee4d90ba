"""What happens to a number after it was added: news, renamings, PINs, attempts that count, people written to first."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.clock import now
from onboarding.models.numbers import PhoneNumber, Waba
from tenants.secrets import EncryptedTextField
from tenants.tenancy import BusinessOwned


class NewsKind(models.TextChoices):
    """What a line of a number's history is about."""

    QUALITY = "quality", _("Quality")
    LIMIT = "limit", _("Messaging limit")
    LIMIT_REACHED = "limit_reached", _("Messaging limit reached")
    THROUGHPUT = "throughput", _("Messages a second")
    STATUS = "status", _("State of the number")
    NAME = "name", _("Display name")
    BADGE = "badge", _("Official badge")
    RESTRICTION = "restriction", _("Restriction")
    VIOLATION = "violation", _("Policy violation")
    BAN = "ban", _("Ban of the account")
    ACCOUNT = "account", _("WhatsApp Business Account")
    REVIEW = "review", _("Account review")
    VERIFICATION = "verification", _("Business verification")
    HEALTH = "health", _("Sending")
    ALERT = "alert", _("Alert")
    SECURITY = "security", _("Two-step verification")


class NewsSource(models.TextChoices):
    WEBHOOK = "webhook", _("Webhook")
    POLL = "poll", _("Poll")
    US = "us", _("We")


class NumberNews(BusinessOwned):
    """One line of history: about a number, or about its whole account (then ``phone_number`` is empty).

    ``what`` and ``before`` are words as ``providers.words`` or the webhook reference have them. The same news told
    twice has the same ``key`` and is one row.
    """

    waba = models.ForeignKey(Waba, on_delete=models.CASCADE, related_name="news", null=True, blank=True)
    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="news", null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=NewsKind)
    what = models.CharField(_("what"), max_length=100)
    before = models.CharField(_("before"), max_length=100, blank=True)
    at = models.DateTimeField(_("when"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    details = models.TextField(_("in Meta's words"), blank=True)
    source = models.CharField(_("heard by"), max_length=10, choices=NewsSource)
    key = models.CharField(max_length=200)
    noted_at = models.DateTimeField(_("noted"), default=now)

    class Meta:
        verbose_name = _("news about a number")
        verbose_name_plural = _("news about numbers")
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="numbernews_once")]
        indexes = [
            models.Index(fields=["phone_number", "-at"], name="numbernews_number"),
            models.Index(fields=["waba", "-at"], name="numbernews_waba"),
            models.Index(fields=["-at"], name="numbernews_when"),
        ]

    def __str__(self):
        return f"{self.kind} {self.what}"


class RenamingState(models.TextChoices):
    """Where a wish for another display name stands."""

    ASKED = "asked", _("Being decided by our team")
    DUE = "due", _("Going to Meta")
    WAITING_FOR_META = "waiting_for_meta", _("In review at Meta")
    REGISTERING = "registering", _("Approved, being put into use")
    DONE = "done", _("In use")
    REFUSED = "refused", pgettext_lazy("display name", "Refused by our team")
    DECLINED = "declined", pgettext_lazy("display name", "Refused by Meta")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    EXPIRED = "expired", _("Ran out before it was put into use")


OPEN_RENAMINGS = (
    RenamingState.ASKED,
    RenamingState.DUE,
    RenamingState.WAITING_FOR_META,
    RenamingState.REGISTERING,
)


class Renaming(BusinessOwned):
    """A business wants another display name for a number that is in use: reviewed by us, then by Meta."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="renamings")
    old_name = models.CharField(_("name now"), max_length=100)
    name = models.CharField(_("wanted name"), max_length=100)
    why = models.TextField(_("reason"))
    state = models.CharField(_("state"), max_length=20, choices=RenamingState, default=RenamingState.ASKED)
    asked_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, related_name="+", null=True, verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked"), default=now)
    decided_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, related_name="+", null=True, verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_note = models.TextField(_("note"), blank=True)
    sent_at = models.DateTimeField(_("sent to Meta"), null=True, blank=True)
    meta_decided_at = models.DateTimeField(_("decided by Meta"), null=True, blank=True)
    rejection_reason = models.CharField(max_length=60, blank=True)
    register_by = models.DateTimeField(_("register by"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_error_code = models.IntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("change of a display name")
        verbose_name_plural = _("changes of display names")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_number"], condition=models.Q(state__in=OPEN_RENAMINGS), name="renaming_one_open"
            )
        ]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="renaming_due"),
            models.Index(fields=["phone_number", "-sent_at"], name="renaming_sent"),
        ]

    def __str__(self):
        return f"{self.old_name} → {self.name}"


class PinChange(BusinessOwned):
    """A wish for another two-step PIN. The new one is stored before it is used and cleared once it holds."""

    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="pin_changes")
    new_pin = EncryptedTextField(blank=True)
    asked_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, related_name="+", null=True)
    asked_at = models.DateTimeField(default=now)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_error_code = models.IntegerField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("change of a PIN")
        verbose_name_plural = _("changes of PINs")
        constraints = [
            models.UniqueConstraint(
                fields=["phone_number"],
                condition=models.Q(done_at=None, failed_at=None),
                name="pinchange_one_open",
            )
        ]
        indexes = [models.Index(fields=["next_attempt_at"], name="pinchange_due")]

    def __str__(self):
        return f"{self.phone_number_id} {self.asked_at:%Y-%m-%d %H:%M}"


class AttemptKind(models.TextChoices):
    """What the provider counts per number, and we before it."""

    CODE = "code", _("Code asked for")
    WRONG_CODE = "wrong_code", _("Wrong code")
    REGISTER = "register", _("Registration")
    PIN = "pin", _("PIN tried")


class ActivationAttempt(BusinessOwned):
    """Something that a number may do only so often. Counting rows survives restarts; old ones are swept."""

    phone_number = models.ForeignKey(PhoneNumber, on_delete=models.CASCADE, related_name="attempts")
    kind = models.CharField(max_length=12, choices=AttemptKind)
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [models.Index(fields=["phone_number", "kind", "at"], name="attempt_counted")]

    def __str__(self):
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class PersonWritten(BusinessOwned):
    """When a person was last written to first (a template outside an open window), per portfolio.

    The sender writes it in the statement that marks a message as leaving. Meta's messaging limit counts different
    people in a moving 24 hours over all numbers of a portfolio (docs "Messaging limits", 2025-10-07).
    """

    portfolio = models.CharField(max_length=60)
    """Meta's Business ID; ``waba:<key>`` while it isn't known."""
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+", db_constraint=False)
    """Without a constraint in the database: checking it would lock the person's row for every message that leaves."""
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("person written to")
        verbose_name_plural = _("people written to")
        constraints = [models.UniqueConstraint(fields=["portfolio", "contact"], name="personwritten_once")]
        indexes = [
            models.Index(fields=["portfolio", "at"], include=["business"], name="personwritten_when"),
            models.Index(fields=["at"], name="personwritten_old"),
        ]

    def __str__(self):
        return f"{self.portfolio} {self.at:%Y-%m-%d %H:%M}"
