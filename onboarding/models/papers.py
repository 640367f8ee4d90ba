"""What hangs on an application: signatures, documents, further numbers, and parts that a colleague fills in."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from onboarding.enums import CodeMethod, DocumentKind, NumberDecision
from tenants.tenancy import BusinessOwned


class Signature(BusinessOwned):
    """One signature under one statement, kept for good also when the answers change and a new one follows.

    ``record`` is the canonical JSON over which ``digest`` (SHA-256) was taken: what was shown and answered, the version
    of the rules, and who signed when, from which address, with which program.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        "onboarding.OnboardingApplication", on_delete=models.CASCADE, related_name="signatures"
    )
    digest = models.CharField(max_length=64)
    record = models.TextField()
    language = models.CharField(max_length=10, blank=True)
    signed_at = models.DateTimeField()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [models.UniqueConstraint(fields=["application", "digest"], name="signature_once")]

    def __str__(self):
        return self.digest[:12]


class ApplicationDocument(BusinessOwned):
    """A file that proves something of the company. Staff read it; the business sees its name and date."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        "onboarding.OnboardingApplication", on_delete=models.CASCADE, related_name="documents"
    )
    kind = models.CharField(_("document"), max_length=30, choices=DocumentKind)
    file = models.CharField(max_length=200)
    """Its name in the private storage: random, with nothing of what was typed."""
    file_name = models.CharField(_("file name"), max_length=150)
    mime_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"), default=now)
    removed_at = models.DateTimeField(_("replaced"), null=True, blank=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = [models.Index(fields=["application", "kind"], name="applicationdocument_kind")]

    def __str__(self):
        return self.file_name


class NumberRequest(BusinessOwned):
    """A further number under the same Business ID: its area, why it is needed, and what staff decided on it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        "onboarding.OnboardingApplication", on_delete=models.CASCADE, related_name="number_requests"
    )
    e164 = models.CharField(_("phone number"), max_length=20)
    code_method = models.CharField(_("how the code arrives"), max_length=10, choices=CodeMethod)
    display_name = models.CharField(_("display name"), max_length=100)
    area = models.CharField(_("area"), max_length=80)
    justification = models.TextField(_("why it is needed"))
    cost = models.JSONField(default=dict, blank=True)
    """The price that was shown, as ``services.number_costs`` gave it on that day."""
    requested_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(_("asked for"), default=now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=NumberDecision, default=NumberDecision.PENDING)
    decision_note = models.TextField(_("note"), blank=True)
    decided_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    opened = models.OneToOneField(
        "onboarding.OnboardingApplication", on_delete=models.SET_NULL, null=True, blank=True, related_name="asked_as"
    )
    """The application of its own with which an approved number goes through the steps at Meta."""

    class Meta:
        verbose_name = _("further number")
        verbose_name_plural = _("further numbers")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "e164"],
                condition=models.Q(withdrawn_at=None) & ~models.Q(decision=NumberDecision.REFUSED),
                name="numberrequest_open_once",
            )
        ]

    def __str__(self):
        return f"{self.e164} {self.area}"


class PartInvitation(BusinessOwned):
    """A colleague was asked to fill in one page. The signed link in the mail opens that page and nothing else."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        "onboarding.OnboardingApplication", on_delete=models.CASCADE, related_name="part_invitations"
    )
    step = models.CharField(max_length=30)
    email = models.EmailField()
    note = models.CharField(max_length=300, blank=True)
    invited_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    filled_at = models.DateTimeField(null=True, blank=True)
    filled_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    """The member who was logged in; empty when somebody without an account filled it in."""
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("part asked of a colleague")
        verbose_name_plural = _("parts asked of colleagues")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "step"],
                condition=models.Q(filled_at=None, revoked_at=None),
                name="partinvitation_open_once",
            )
        ]

    def __str__(self):
        return f"{self.step}: {self.email}"
