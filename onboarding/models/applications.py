"""The application of a business, its history and what was said about it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from onboarding.enums import ApplicationStatus, StepKind, StepState
from tenants.tenancy import BusinessOwned


class OnboardingApplication(BusinessOwned):
    """A business asking to go live on WhatsApp.

    ``status`` is written by ``services.applications.move`` and nowhere else.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(_("code"), max_length=12, unique=True)
    """What people say on the phone: ``UM-2041``."""
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    """Set when this is the way of a further number: the application under which that number was asked for."""
    status = models.CharField(_("status"), max_length=20, choices=ApplicationStatus, default=ApplicationStatus.DRAFT)
    status_changed_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)
    version = models.PositiveIntegerField(default=1)
    """Counts saved changes, so that a form from an old tab can't overwrite newer answers."""

    advisor_answers = models.JSONField(default=dict, blank=True)
    advice = models.JSONField(default=dict, blank=True)

    activity = models.TextField(_("what the company does"), blank=True)
    sector = models.CharField(_("sector"), max_length=40, blank=True)
    recipient_countries = models.JSONField(default=list, blank=True)

    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    signed_name = models.CharField(max_length=150, blank=True)
    signed_from = models.GenericIPAddressField(null=True, blank=True)
    signed_agent = models.CharField(max_length=300, blank=True)
    """The browser that signed, as it names itself."""
    signed_language = models.CharField(max_length=10, blank=True)
    signed_statement = models.TextField(blank=True)
    signed_digest = models.CharField(max_length=64, blank=True)
    """SHA-256 over exactly what was shown and answered."""
    policy_version = models.CharField(max_length=60, blank=True)

    brand = models.CharField(_("brand"), max_length=100, blank=True)
    legal_name = models.CharField(_("legal name"), max_length=150, blank=True)
    tax_id = models.CharField(_("tax ID"), max_length=40, blank=True)
    address = models.CharField(_("street and number"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    region = models.CharField(_("state or department"), max_length=100, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    website = models.URLField(_("website"), max_length=250, blank=True)
    facebook_page = models.URLField(_("Facebook page"), max_length=250, blank=True)
    facebook_business_id = models.CharField(_("Facebook Business ID"), max_length=20, blank=True)
    phone = models.CharField(_("phone number"), max_length=20, blank=True)
    """E.164; the row in ``PhoneNumber`` is made when the application is submitted."""
    code_method = models.CharField(_("how the code arrives"), max_length=10, blank=True)
    display_name = models.CharField(_("display name"), max_length=100, blank=True)
    name_is_permanent = models.BooleanField(_("the display name is meant to stay"), default=False)
    contact_name = models.CharField(_("contact person"), max_length=150, blank=True)
    contact_email = models.EmailField(_("contact e-mail"), blank=True)
    contact_phone = models.CharField(_("contact phone"), max_length=20, blank=True)

    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    submitted_snapshot = models.JSONField(default=dict, blank=True)
    """The answers as last submitted, for the reviewer's comparison."""
    claimed_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    rejection_reason = models.TextField(blank=True)
    live_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=ApplicationStatus.values),
                name="onboardingapplication_status_known",
            )
        ]
        indexes = [
            models.Index(fields=["status", "submitted_at"], name="application_queue"),
            models.Index(fields=["business", "-created_at"], name="application_business"),
        ]

    def __str__(self):
        return f"{self.code} {self.brand}".strip()


class ApplicationEvent(BusinessOwned):
    """One line of an application's history."""

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    """``status``, ``step``, ``claimed``, ``message``…"""
    old_status = models.CharField(max_length=30, blank=True)
    new_status = models.CharField(max_length=30, blank=True)
    actor = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("application event")
        verbose_name_plural = _("application history")
        indexes = [models.Index(fields=["application", "-at"], name="applicationevent_when")]

    def __str__(self):
        return f"{self.kind} {self.new_status}"


class ChangeRequest(BusinessOwned):
    """A reviewer asks for one answer to be corrected."""

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="change_requests")
    field = models.CharField(max_length=40)
    note = models.TextField(_("note"))
    old_value = models.TextField(blank=True)
    requested_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    requested_at = models.DateTimeField(default=now)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("change request")
        verbose_name_plural = _("change requests")
        constraints = [
            models.UniqueConstraint(
                fields=["application", "field"],
                condition=models.Q(answered_at=None),
                name="changerequest_open_once",
            )
        ]

    def __str__(self):
        return self.field


class ScreeningResult(BusinessOwned):
    """What the policy screening said about exactly which words, under which version of the rulebook."""

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="screenings")
    input = models.JSONField()
    verdict = models.CharField(max_length=20)
    category = models.CharField(max_length=40)
    reasons = models.JSONField(default=list)
    rulebook_version = models.CharField(max_length=60)
    at = models.DateTimeField(default=now)
    contested_at = models.DateTimeField(null=True, blank=True)
    contest_text = models.TextField(blank=True)

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        indexes = [models.Index(fields=["application", "-at"], name="screening_when")]

    def __str__(self):
        return f"{self.verdict} {self.category}"


class NameCheck(BusinessOwned):
    """What the display-name check found on the company's own website, with the page as it was."""

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="name_checks")
    display_name = models.CharField(max_length=100)
    website = models.URLField(max_length=250)
    verdict = models.CharField(max_length=10, blank=True)
    """pass, warn, fail; empty while the site is being read."""
    score = models.PositiveSmallIntegerField(null=True, blank=True)
    asked = models.JSONField(default=dict, blank=True)
    """The other answers that were judged with the name: brand, legal name, country."""
    reasons = models.JSONField(default=list)
    rulebook_version = models.CharField(max_length=60, blank=True)
    evidence = models.JSONField(default=list)
    snapshot = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    requested_at = models.DateTimeField(default=now)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("display name check")
        verbose_name_plural = _("display name checks")
        indexes = [models.Index(fields=["application", "-requested_at"], name="namecheck_when")]

    def __str__(self):
        return f"{self.display_name}: {self.verdict}"


class OnboardingStep(BusinessOwned):
    """One external step on the way to live: state, who acts, since when, last error, next try.

    Written only by ``services.steps``; a worker runs the rows that are due, so no page waits for the provider.
    """

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="steps")
    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.CASCADE, null=True, blank=True, related_name="steps"
    )
    kind = models.CharField(max_length=30, choices=StepKind)
    state = models.CharField(max_length=30, choices=StepState, default=StepState.WAITING)
    since = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_error_code = models.IntegerField(null=True, blank=True)
    request_key = models.CharField(max_length=80, blank=True)
    """Which click asked for the step, so that a double click asks once."""
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [models.UniqueConstraint(fields=["application", "kind"], name="onboardingstep_once")]
        indexes = [models.Index(fields=["next_attempt_at"], name="onboardingstep_due")]

    def __str__(self):
        return f"{self.kind}: {self.state}"
