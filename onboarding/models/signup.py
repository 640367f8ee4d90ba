"""Embedded Signup: each time that a business opens Facebook's window, and what came of it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.secrets import EncryptedTextField
from tenants.tenancy import BusinessOwned


class SignupSession(BusinessOwned):
    """One opening of Facebook's window for an application.

    The row is the wish: the page stores the code, a worker exchanges it under a lease (``services.signup_runner``).
    Code and token are encrypted and gone as soon as they have served; no page and no log shows them.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Facebook's window is open")
        CODE = "code", _("Meta's answer is being checked")
        ASKING = "asking", _("Reading what was shared")
        CONNECTED = "connected", _("Connected")
        CANCELLED = "cancelled", _("Left before the end")
        FAILED = "failed", _("Didn't work")
        GIVEN_UP = "given_up", _("Changed to the usual way")

    class Flow(models.TextChoices):
        STANDARD = "standard", _("The number works here only")
        COEXISTENCE = "coexistence", _("The number also stays in the WhatsApp Business app")

    UNDER_WAY = (State.CODE, State.ASKING)

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        "onboarding.OnboardingApplication", on_delete=models.CASCADE, related_name="signups"
    )
    started_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    flow = models.CharField(max_length=20, choices=Flow, default=Flow.STANDARD)
    is_popup = models.BooleanField(default=False)
    state = models.CharField(_("status"), max_length=20, choices=State, default=State.OPEN)
    state_digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the ``state`` parameter; the text itself exists only in the address of the window."""
    browser = models.CharField(max_length=64)
    """A keyed digest of the login session that opened the window: nobody else may bring its answer."""
    started_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    code = EncryptedTextField(blank=True)
    code_at = models.DateTimeField(null=True, blank=True)
    token = EncryptedTextField(blank=True)
    """Only between the exchange and the moment when the account is stored."""
    token_expires_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    screen = models.CharField(_("screen"), max_length=60, blank=True)
    """Where the person left (Meta's ``current_step``)."""
    said = models.JSONField(default=dict, blank=True)
    """What the window told the page: hints from a browser, believed only where the provider says the same."""
    problem = models.CharField(_("problem"), max_length=30, blank=True)
    """A key of ``services.signup_words.PROBLEMS``."""
    problem_text = models.TextField(blank=True)
    """The provider's own words, for staff."""

    portfolio_id = models.CharField(_("Facebook Business ID"), max_length=40, blank=True)
    waba_id = models.CharField(_("WABA ID"), max_length=40, blank=True)
    phone_number_id = models.CharField(_("phone number ID"), max_length=40, blank=True)
    differences = models.JSONField(default=dict, blank=True)
    """Answers of the application that differed from what was connected: field -> [answered, connected]."""

    class Meta:
        verbose_name = _("Embedded Signup")
        verbose_name_plural = _("Embedded Signups")
        indexes = [
            models.Index(fields=["application", "-started_at"], name="signupsession_application"),
            models.Index(fields=["next_attempt_at"], name="signupsession_due"),
        ]

    def __str__(self):
        return f"{self.get_state_display()} {self.started_at:%Y-%m-%d %H:%M}"
