"""What happens to templates beside their text: categories moved, appeals, our own review, and misses of our check."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned


def person():
    return models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")


class CategoryChange(BusinessOwned):
    """Meta put a template into another category. ``waits`` while nobody has agreed to what it costs now."""

    template = models.ForeignKey("MessageTemplate", on_delete=models.CASCADE, related_name="category_changes")
    old = models.CharField(_("before"), max_length=20)
    new = models.CharField(_("now"), max_length=20)
    at = models.DateTimeField(_("changed"), default=now)
    waits = models.BooleanField(_("waits for consent"), default=False)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    """When somebody agreed, or Meta took the change back."""
    agreed_by = person()
    agreed_to = models.JSONField(default=dict, blank=True)
    """The prices that the person saw: market, before, now, currency, day of the card."""

    class Meta:
        verbose_name = _("category changed by Meta")
        verbose_name_plural = _("categories changed by Meta")
        indexes = [models.Index(fields=["template", "-at"], name="categorychange_when")]

    def __str__(self):
        return f"{self.template_id}: {self.old} → {self.new}"


class AppealState(models.TextChoices):
    ASKED = "asked", _("Asked for")
    OPEN = "open", _("Open at Meta")
    GRANTED = "granted", _("Granted")
    DENIED = "denied", _("Not granted")


class AppealKind(models.TextChoices):
    REJECTION = "rejection", _("Rejection")
    CATEGORY = "category", _("Category")
    DISABLED = "disabled", _("Disabling")


class TemplateAppeal(BusinessOwned):
    """A review that the business asked Meta for in Meta's own manager (there is no API), and what came of it."""

    template = models.ForeignKey("MessageTemplate", on_delete=models.CASCADE, related_name="appeals")
    kind = models.CharField(_("against"), max_length=12, choices=AppealKind)
    state = models.CharField(_("state"), max_length=10, choices=AppealState, default=AppealState.ASKED)
    asked_at = models.DateTimeField(_("asked for"), default=now)
    asked_by = person()
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        constraints = [
            models.UniqueConstraint(
                fields=["template", "kind"],
                condition=models.Q(decided_at=None),
                name="templateappeal_one_open",
            )
        ]

    def __str__(self):
        return f"{self.template_id}: {self.kind} {self.state}"


class ReviewState(models.TextChoices):
    WAITING = "waiting", _("Waits for us")
    APPROVED = "approved", _("Approved by us")
    SENT_BACK = "sent_back", _("Sent back")
    WITHDRAWN = "withdrawn", _("Taken back by the business")


class TemplateReview(BusinessOwned):
    """One look of our team at a template before Meta sees it. ``notes`` are ``{"slot", "text"}``, by place."""

    template = models.ForeignKey("MessageTemplate", on_delete=models.CASCADE, related_name="reviews")
    state = models.CharField(_("state"), max_length=10, choices=ReviewState, default=ReviewState.WAITING)
    asked_at = models.DateTimeField(_("asked for"), default=now)
    asked_by = person()
    definition = models.JSONField()
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = person()
    note = models.TextField(_("note"), blank=True)
    notes = models.JSONField(default=list, blank=True)
    reminders = models.PositiveSmallIntegerField(default=0)
    """How often our team was reminded of it, and when next."""
    remind_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("review of a template")
        verbose_name_plural = _("reviews of templates")
        constraints = [
            models.UniqueConstraint(
                fields=["template"], condition=models.Q(state="waiting"), name="templatereview_one_waits"
            )
        ]
        indexes = [models.Index(fields=["state", "asked_at"], name="templatereview_queue")]

    def __str__(self):
        return f"{self.template_id}: {self.state}"


class MissKind(models.TextChoices):
    REFUSED = "refused", _("Refused at the form check")
    REJECTED = "rejected", _("Rejected in the review")
    RECATEGORISED = "category", _("Moved to another category")


class MissState(models.TextChoices):
    OPEN = "open", _("To look at")
    LEARNED = "learned", _("Learned")
    NO_RULE = "no_rule", _("Nothing to learn")


class LintMiss(BusinessOwned):
    """Meta said no where our check had said yes. Kept with everything that is needed to learn from it."""

    template = models.ForeignKey(
        "MessageTemplate", on_delete=models.SET_NULL, null=True, blank=True, related_name="misses"
    )
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=10)
    category = models.CharField(_("category"), max_length=20)
    kind = models.CharField(_("what happened"), max_length=10, choices=MissKind)
    code = models.CharField(_("Meta's code"), max_length=60, blank=True)
    words = models.TextField(_("Meta's own words"), blank=True)
    definition = models.JSONField(_("what was handed in"))
    verdict = models.CharField(_("our verdict"), max_length=10, blank=True)
    rules = models.JSONField(_("what our check found"), default=list, blank=True)
    versions = models.CharField(_("version of the rules"), max_length=120, blank=True)
    at = models.DateTimeField(_("heard"), default=now)
    state = models.CharField(_("state"), max_length=10, choices=MissState, default=MissState.OPEN)
    learned = models.TextField(_("what was learned"), blank=True)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    settled_by = person()

    class Meta:
        verbose_name = _("miss of our check")
        verbose_name_plural = _("misses of our check")
        indexes = [models.Index(fields=["state", "-at"], name="lintmiss_queue")]

    def __str__(self):
        return f"{self.name} ({self.language}): {self.code or self.kind}"
