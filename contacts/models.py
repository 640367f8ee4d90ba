"""People on any channel: who they are, and what they agreed to."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned, owner


class Contact(BusinessOwned):
    """A person who writes to a business, or is written to. Identities say by which names channels know them."""

    business = owner(db_index=False)
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
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [
            models.Index(fields=["business", "name_key", "id"], name="contact_business_name"),
            models.Index(fields=["merged_into"], name="contact_merged", condition=models.Q(merged_into__isnull=False)),
        ]

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

    business = owner(db_index=False, db_constraint=False)
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


class ConsentWording(BusinessOwned):
    """An exact text that people were shown when they agreed. It never changes; another text is another version."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    text = models.TextField(_("text"))
    digest = models.CharField(max_length=64)
    """SHA-256 of the text in UTF-8."""
    language = models.CharField(_("language"), max_length=10, blank=True)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("wording")
        verbose_name_plural = _("wordings")
        constraints = [models.UniqueConstraint(fields=["business", "digest"], name="consentwording_once")]

    def __str__(self):
        return f"{self.created_at:%Y-%m-%d} {self.digest[:8]}"


class ConsentEvent(BusinessOwned):
    """One line of the opt-in ledger. Lines are added and never changed; the latest one by time holds."""

    business = owner(db_index=False, db_constraint=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents", db_index=False)
    kind = models.CharField(_("kind"), max_length=10, choices=ConsentKind)
    scope = models.CharField(max_length=20, default="all")
    """``all``, or ``marketing`` for what the person set inside WhatsApp."""
    source = models.CharField(_("source"), max_length=20, choices=ConsentSource)
    wording = models.TextField(_("wording shown"), blank=True)
    version = models.ForeignKey(
        ConsentWording, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    """The wording shown where many people saw the same one (forms, imports); ``wording`` is empty then."""
    proof = models.JSONField(_("proof"), default=dict, blank=True)
    occurred_at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(default=now)
    actor = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    key = models.CharField(max_length=200)
    """What makes the line unique (for example the message that proves it), so repeats change nothing."""

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("opt-in ledger")
        constraints = [models.UniqueConstraint(fields=["business", "key"], name="consent_key")]
        indexes = [
            models.Index(fields=["contact", "-occurred_at"], name="consent_contact_when"),
            models.Index(fields=["actor"], name="consent_actor", condition=models.Q(actor__isnull=False)),
        ]

    def __str__(self):
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"

    @property
    def text_shown(self):
        """The exact words that the person saw, or said."""
        return self.wording or (self.version.text if self.version_id else "")


class ImportState(models.TextChoices):
    DRAFT = "draft", _("Being prepared")
    CHECKING = "checking", _("Trial run")
    CHECKED = "checked", _("Tried, not imported yet")
    RUNNING = "running", _("Importing")
    DONE = "done", _("Imported")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Could not be read")


class ConsentImport(BusinessOwned):
    """A file of consents on its way into the ledger. The row is the job: hints only make a worker look sooner.

    ``position`` counts the records of the file that the present phase has dealt with; it moves in the transaction that
    writes them, so a worker that dies loses and doubles nothing.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file = models.FileField(upload_to="unused")
    file_name = models.CharField(max_length=200)
    file_size = models.PositiveBigIntegerField(default=0)
    file_digest = models.CharField(max_length=64)
    encoding = models.CharField(max_length=20)
    delimiter = models.CharField(max_length=1, default=",")
    headers = models.JSONField(default=list)
    """The cells of the first line, or empty texts where the file has no names for its columns."""
    has_header = models.BooleanField(default=True)
    columns = models.JSONField(default=dict, blank=True)
    """Field (``phone``, ``name``, ``date``, ``evidence``) to the index of its column."""
    kind = models.CharField(max_length=10, choices=ConsentKind, default=ConsentKind.OPT_IN)
    source = models.CharField(max_length=20, choices=ConsentSource, default=ConsentSource.IMPORT)
    """How the people agreed; the line in the ledger says ``import`` and keeps this in its proof."""
    country = models.CharField(max_length=2, blank=True)
    day_first = models.BooleanField(default=True)
    occurred_on = models.DateField(null=True, blank=True)
    """The day for lines without one."""
    version = models.ForeignKey(ConsentWording, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=20, choices=ImportState, default=ImportState.DRAFT)
    position = models.PositiveIntegerField(default=0)
    bytes_read = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict, blank=True)
    """``good``, ``known`` (already in the ledger), ``twice`` (again in this file) and ``refused`` of this phase."""
    checked_counts = models.JSONField(default=dict, blank=True)
    problem = models.CharField(max_length=40, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import of consents")
        verbose_name_plural = _("imports of consents")
        indexes = [
            models.Index(fields=["business", "-created_at"], name="consentimport_newest"),
            models.Index(
                fields=["created_at"],
                name="consentimport_working",
                condition=models.Q(state__in=["checking", "running"]),
            ),
        ]

    def __str__(self):
        return self.file_name

    @property
    def is_working(self):
        """Whether a worker has something to do for it."""
        return self.state in (ImportState.CHECKING, ImportState.RUNNING)


class ConsentImportLine(BusinessOwned):
    """A line of a file that was refused in one phase of its import, with the reason."""

    consent_import = models.ForeignKey(
        ConsentImport, on_delete=models.CASCADE, related_name="refused_lines", db_index=False
    )
    phase = models.CharField(max_length=10)
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=30)
    text = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consent_import", "phase", "line"], name="importline_once")]

    def __str__(self):
        return f"{self.line}: {self.reason}"


class ContactToken(BusinessOwned):
    """A word of a name or the digits of a number, for search with = and ranges (policies take LIKE its index)."""

    business = owner(db_index=False, db_constraint=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["business", "token", "contact"],
                name="contacttoken_unique",
                opclasses=["int8_ops", "text_pattern_ops", "int8_ops"],
            )
        ]

    def __str__(self):
        return self.token
