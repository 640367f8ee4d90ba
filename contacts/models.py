"""People on any channel: who they are, and what they agreed to."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned


class Contact(BusinessOwned):
    """A person who writes to a business, or is written to. Identities say by which names channels know them."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=256, blank=True)
    name_key = models.CharField(max_length=256, blank=True, editable=False)
    """The name without accents and capitals, for sorting and searching."""
    named_by_us = models.BooleanField(default=False)
    """Someone at the business typed the name, so the one from the person's profile doesn't replace it."""
    profile_name = models.CharField(max_length=256, blank=True)
    username = models.CharField(_("WhatsApp username"), max_length=256, blank=True)
    """For showing only: usernames change hands, so they never tell who somebody is."""
    profile_at = models.DateTimeField(null=True, blank=True)
    username_at = models.DateTimeField(null=True, blank=True)
    """The provider's time of the newest event that told the profile's name, and the username."""
    language = models.CharField(_("language"), max_length=10, blank=True)
    created_at = models.DateTimeField(default=now)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    blocked_at = models.DateTimeField(_("blocked"), null=True, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [models.Index(fields=["business", "name_key", "id"], name="contact_business_name")]

    def __str__(self):
        return self.name or str(self.reference)


class IdentityKind(models.TextChoices):
    WA_ID = "wa_id", _("WhatsApp number")
    BSUID = "bsuid", _("WhatsApp user ID")
    PARENT_BSUID = "parent_bsuid", _("WhatsApp parent user ID")
    USERNAME = "username", _("WhatsApp username")
    ALIAS = "alias", _("number in its plain form")
    PHONE = "phone", _("phone number")
    EMAIL = "email", _("e-mail address")
    WEBCHAT = "webchat", _("web chat visitor")


class Identity(BusinessOwned):
    """One name by which a channel knows a contact. ``wa_id`` and ``phone`` hold digits without ``+``.

    ``alias`` is kept beside numbers that are written in two ways (``contacts.numbers``); nothing is sent to it.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities", db_index=False)
    kind = models.CharField(max_length=20, choices=IdentityKind)
    value = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [models.UniqueConstraint(fields=["business", "kind", "value"], name="identity_unique")]
        indexes = [models.Index(fields=["contact"], name="identity_contact")]

    def __str__(self):
        return f"{self.kind} {self.value}"


class ConsentKind(models.TextChoices):
    OPT_IN = "opt_in", _("Opt-in")
    OPT_OUT = "opt_out", _("Opt-out")


class ConsentSource(models.TextChoices):
    WROTE_FIRST = "wrote_first", _("Wrote first")
    WEB_FORM = "web_form", _("Web form")
    SMS_LINK = "sms_link", _("Link in an SMS or e-mail")
    IMPORT = "import", _("Import")
    PAPER = "paper", _("Paper")
    AGENT = "agent", _("Agent")
    API = "api", _("API")
    KEYWORD = "keyword", _("Keyword in a message")
    PLATFORM = "platform", _("WhatsApp setting")


class ConsentEvent(BusinessOwned):
    """One line of the opt-in ledger. Lines are added and never changed; the latest one by time holds."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=ConsentKind)
    scope = models.CharField(max_length=20, default="all")
    """``all``, or ``marketing`` for what the person set inside WhatsApp."""
    source = models.CharField(_("source"), max_length=20, choices=ConsentSource)
    wording = models.TextField(_("wording shown"), blank=True)
    proof = models.JSONField(_("proof"), default=dict, blank=True)
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(default=now)
    actor = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    key = models.CharField(max_length=200)
    """What makes the line unique (for example the message that proves it), so repeats change nothing."""

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("opt-in ledger")
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="consent_key")]
        indexes = [models.Index(fields=["contact", "-occurred_at"], name="consent_contact_when")]

    def __str__(self):
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"


class ContactToken(BusinessOwned):
    """A word of a name or the digits of a number, for search with = and ranges (policies take LIKE its index)."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "token", "contact"], name="contacttoken_unique")]
        indexes = [
            models.Index(
                fields=["business", "token", "contact"],
                name="contacttoken_prefix",
                opclasses=["int8_ops", "text_pattern_ops", "int8_ops"],
            )
        ]

    def __str__(self):
        return self.token
