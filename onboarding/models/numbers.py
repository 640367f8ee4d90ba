"""WABAs and phone numbers: what the provider knows of a business."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.secrets import EncryptedTextField
from tenants.tenancy import BusinessOwned


class Waba(BusinessOwned):
    """A WhatsApp Business Account. ``waba_id`` is Meta's identifier; it is empty until the provider made one."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    provider = models.CharField(max_length=20)
    waba_id = models.CharField(_("WABA ID"), max_length=40, null=True, blank=True, unique=True)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=120)
    portfolio_id = models.CharField(_("Facebook Business ID"), max_length=40, blank=True)
    access_token = EncryptedTextField(blank=True)
    business_verification = models.CharField(_("business verification"), max_length=40, blank=True)
    account_review = models.CharField(_("account review"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=40, blank=True)
    messaging_limit = models.CharField(_("messaging limit"), max_length=30, blank=True)
    restrictions = models.JSONField(default=list, blank=True)
    health = models.JSONField(default=dict, blank=True)
    """Whether it may send, as the provider last said: ``state`` and ``problems`` (``services/number_news.py``)."""
    max_numbers = models.PositiveIntegerField(_("numbers allowed"), null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    subscribed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    next_template_poll_at = models.DateTimeField(null=True, blank=True)
    polls_paid_until = models.DateTimeField(null=True, blank=True)
    """Until when polls have used up the questions that they may ask about it (``services/poll_budget.py``)."""
    poll_failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("WhatsApp Business Account")
        verbose_name_plural = _("WhatsApp Business Accounts")
        indexes = [
            models.Index(fields=["next_poll_at"], name="waba_poll_due"),
            models.Index(fields=["next_template_poll_at"], name="waba_template_poll_due"),
        ]

    def __str__(self):
        return self.name


class PhoneNumber(BusinessOwned):
    """A business number. ``phone_number_id`` is Meta's identifier and empty until the number was added there.

    Provider words are kept in our own translation (``providers.base`` enums, by value).
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    waba = models.ForeignKey(Waba, on_delete=models.PROTECT, related_name="phone_numbers", null=True, blank=True)
    application = models.ForeignKey(
        "onboarding.OnboardingApplication",
        on_delete=models.PROTECT,
        related_name="phone_numbers",
        null=True,
        blank=True,
    )
    e164 = models.CharField(_("phone number"), max_length=20)
    phone_number_id = models.CharField(_("phone number ID"), max_length=40, null=True, blank=True, unique=True)  # noqa: DJ001
    display_name = models.CharField(_("display name"), max_length=100)
    name_status = models.CharField(_("display name review"), max_length=40, blank=True)
    name_rejection_reason = models.CharField(max_length=60, blank=True)
    code_verification = models.CharField(_("code verification"), max_length=40, blank=True)
    status = models.CharField(_("status"), max_length=40, blank=True)
    quality_rating = models.CharField(_("quality"), max_length=20, blank=True)
    messaging_limit = models.CharField(_("messaging limit"), max_length=30, blank=True)
    throughput = models.PositiveIntegerField(_("messages per second"), default=80)
    is_official = models.BooleanField(_("official badge"), default=False)
    pin = EncryptedTextField(blank=True)
    pin_shown_at = models.DateTimeField(null=True, blank=True)
    registered_at = models.DateTimeField(_("registered"), null=True, blank=True)
    live_at = models.DateTimeField(_("live since"), null=True, blank=True)
    """A real message was received and answered; only then is the number called live."""
    created_at = models.DateTimeField(default=now)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    poll_failures = models.PositiveSmallIntegerField(default=0)
    last_seen_report = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("phone number")
        verbose_name_plural = _("phone numbers")
        constraints = [models.UniqueConstraint(fields=["e164"], name="phonenumber_e164_once")]
        indexes = [
            models.Index(fields=["business", "id"], name="phonenumber_business"),
            models.Index(fields=["next_poll_at"], name="phonenumber_poll_due"),
        ]

    def __str__(self):
        return f"{self.display_name} {self.e164}"


class ProviderRoute(models.Model):
    """Whose a provider identifier is: the way from a webhook to its business. It stands outside tenancy."""

    class Kind(models.TextChoices):
        PHONE_NUMBER = "phone_number", _("phone number ID")
        WABA = "waba", _("WABA ID")
        PORTFOLIO = "portfolio", _("Facebook Business ID")

    kind = models.CharField(max_length=20, choices=Kind)
    provider_id = models.CharField(max_length=40)
    business = models.ForeignKey("tenants.Business", on_delete=models.CASCADE, related_name="+")
    target_pk = models.BigIntegerField(null=True, blank=True)
    """The primary key of our ``PhoneNumber`` or ``Waba``."""

    class Meta:
        verbose_name = _("provider route")
        verbose_name_plural = _("provider routes")
        constraints = [models.UniqueConstraint(fields=["kind", "provider_id"], name="providerroute_once")]

    def __str__(self):
        return f"{self.kind} {self.provider_id}"
