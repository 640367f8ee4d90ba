"""The review desk: what reviewers noted, decided, wrote and keep ready, and how applications resemble each other."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from config.clock import now
from onboarding.models.applications import OnboardingApplication
from tenants.tenancy import BusinessOwned


class ReviewMark(BusinessOwned):
    """What a reviewer thinks of one answer: it is right, or what should change. A draft until a decision leaves."""

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="marks")
    field = models.CharField(max_length=40)
    value = models.JSONField(default=str, blank=True)
    """The answer that was judged; a mark about another answer doesn't count any more."""
    is_right = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("review mark")
        verbose_name_plural = _("review marks")
        constraints = [models.UniqueConstraint(fields=["application", "field"], name="reviewmark_once")]

    def __str__(self):
        return self.field


class ReviewDecision(BusinessOwned):
    """A decision on its way out of the house. Until ``leaves_at`` nothing happens, so it can be undone without trace.

    ``services.review`` is the only writer; a worker lets the decisions go whose minute is over.
    """

    class Verb(models.TextChoices):
        APPROVE = "approve", _("Approve")
        CHANGES = "changes", _("Ask for changes")
        REJECT = "reject", _("Reject")

    class State(models.TextChoices):
        SECOND = "second", _("Waits for a second reviewer")
        LEAVING = "leaving", _("About to leave")
        LEFT = "left", _("Left the house")
        UNDONE = "undone", _("Undone")
        DECLINED = "declined", _("Not confirmed")
        OVERTAKEN = "overtaken", _("Overtaken")

    OPEN = (State.SECOND, State.LEAVING)

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=10, choices=Verb)
    notes = models.JSONField(default=dict, blank=True)
    """Field name to what should change, as the business reads it."""
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State)
    reviewer = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    made_at = models.DateTimeField(default=now)
    second = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    second_at = models.DateTimeField(null=True, blank=True)
    second_note = models.TextField(blank=True)
    leaves_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    """When it left, or was undone, declined or overtaken."""

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        constraints = [
            models.UniqueConstraint(
                fields=["application"],
                condition=models.Q(state__in=["second", "leaving"]),
                name="reviewdecision_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["second", "leaving", "left", "undone", "declined", "overtaken"]),
                name="reviewdecision_state_known",
            ),
        ]
        indexes = [
            models.Index(fields=["leaves_at"], condition=models.Q(state="leaving"), name="reviewdecision_due"),
            models.Index(fields=["application", "-made_at"], name="reviewdecision_when"),
        ]

    def __str__(self):
        return f"{self.verb}: {self.state}"


class ApplicationMessage(BusinessOwned):
    """One message between the business and our reviewers, plain text both ways."""

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    from_staff = models.BooleanField()
    text = models.TextField()
    at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True, blank=True)
    """When somebody of the other side first saw it."""

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["application", "at"], name="applicationmessage_when"),
            models.Index(
                fields=["application", "from_staff"],
                condition=models.Q(read_at=None),
                name="applicationmessage_unread",
            ),
        ]

    def __str__(self):
        return self.text[:60]


class ApplicationKey(BusinessOwned):
    """A trait by which two applications are the same company, written the same way whoever typed it."""

    class Kind(models.TextChoices):
        TAX_ID = "tax_id", _("same tax ID")
        PORTFOLIO = "portfolio", _("same Facebook Business ID")
        PHONE = "phone", _("same phone number")
        WEBSITE = "website", _("same website")
        NAME = "name", _("same name")

    application = models.ForeignKey(OnboardingApplication, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=200, db_collation="C")

    class Meta:
        verbose_name = _("application key")
        verbose_name_plural = _("application keys")
        constraints = [models.UniqueConstraint(fields=["application", "kind", "value"], name="applicationkey_once")]
        indexes = [models.Index(fields=["value", "kind"], name="applicationkey_value")]

    def __str__(self):
        return f"{self.kind}: {self.value}"


class CannedReason(models.Model):
    """Words that reviewers need again and again, in the three languages. It belongs to the house, to no business."""

    class Use(models.TextChoices):
        CHANGES = "changes", _("Ask for a change")
        REJECT = "reject", _("Reject")
        MESSAGE = "message", _("Message to the business")

    code = models.SlugField(_("code"), max_length=50, unique=True)
    use = models.CharField(_("used to"), max_length=10, choices=Use)
    field = models.CharField(_("answer"), max_length=40, blank=True)
    """The answer that it is about; empty for all."""
    text_en = models.TextField(_("English"))
    text_es = models.TextField(_("Spanish"))
    text_pt = models.TextField(_("Portuguese"))
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("canned reason")
        verbose_name_plural = _("canned reasons")
        ordering = ["use", "position", "code"]

    def __str__(self):
        return self.text_in(get_language())

    def text_in(self, language):
        """The words in a language such as ``pt-br``; English when we don't speak it."""
        return getattr(self, f"text_{(language or 'en')[:2]}", self.text_en)
