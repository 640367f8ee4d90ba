"""Message templates and what happened to them."""

import uuid
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned


class TemplateStatus(models.TextChoices):
    """Ours before it is sent to Meta (draft, with our team, submitting, refused), then Meta's own words (§2.8)."""

    DRAFT = "draft", _("Draft")
    HOUSE_REVIEW = "house_review", _("With our team")
    SUBMITTING = "submitting", _("On its way to Meta")
    REFUSED = "refused", _("Not accepted by Meta's form check")
    PENDING = "pending", _("In review at Meta")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")
    IN_APPEAL = "in_appeal", _("Appeal open")
    PENDING_DELETION = "pending_deletion", _("Being deleted")
    DELETED = "deleted", _("Deleted")
    LIMIT_EXCEEDED = "limit_exceeded", _("Over the account's limit")
    ARCHIVED = "archived", _("Archived")
    UNKNOWN = "unknown", _("Unknown to us")


IN_PLACE = {TemplateStatus.APPROVED, TemplateStatus.PAUSED}
"""Meta has a text in force that stays as it is while somebody writes another one (Meta, Message templates,
31 October 2025: approved, rejected and paused templates can be edited)."""


class TemplateCategory(models.TextChoices):
    UTILITY = "UTILITY", _("Utility")
    MARKETING = "MARKETING", _("Marketing")
    AUTHENTICATION = "AUTHENTICATION", _("Authentication")


class MessageTemplate(BusinessOwned):
    """Name, language, category and components of one template of one WABA. ``components`` is Cloud API shaped."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    waba = models.ForeignKey("onboarding.Waba", on_delete=models.PROTECT, related_name="message_templates")
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=10)
    category = models.CharField(_("category"), max_length=20, choices=TemplateCategory)
    parameter_format = models.CharField(max_length=12, default="POSITIONAL")
    components = models.JSONField(_("components"), default=list)
    changes = models.JSONField(null=True, blank=True)
    """What somebody writes for a template that Meta has approved or paused: other components, and maybe another
    category. They take the place of the text above once Meta has taken them; ``None``: there are none."""
    status = models.CharField(_("status"), max_length=20, choices=TemplateStatus, default=TemplateStatus.DRAFT)
    status_raw = models.CharField(max_length=60, blank=True)
    """The provider's own word, shown when we don't know it."""
    status_changed_at = models.DateTimeField(default=now)
    provider_id = models.CharField(max_length=40, null=True, blank=True, unique=True)  # noqa: DJ001  null = none yet
    rejected_reason = models.CharField(max_length=60, blank=True)
    rejection_details = models.TextField(blank=True)
    quality = models.CharField(_("quality"), max_length=20, blank=True)
    previous_category = models.CharField(max_length=20, blank=True)
    correct_category = models.CharField(max_length=20, blank=True)
    category_waits = models.BooleanField(default=False)
    """Meta moved it to a dearer category and nobody has agreed yet: nothing is sent meanwhile."""
    pause_kind = models.CharField(max_length=30, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    wish = models.CharField(max_length=12, blank=True)
    """What somebody asked for and a worker asks Meta: archive, unarchive or unpause."""
    wish_after = models.DateTimeField(null=True, blank=True)
    wish_error = models.TextField(blank=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    submit_after = models.DateTimeField(null=True, blank=True)
    """When a worker may hand it in (again); empty when nothing is to be handed in."""
    submit_attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_error_code = models.IntegerField(null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    """The newest sending that somebody looked up; looked up only when it matters (``services.archiving``)."""
    archives_at = models.DateTimeField(null=True, blank=True)
    """When Meta will archive it because nobody sends it; empty while that is far away."""
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        constraints = [
            models.UniqueConstraint(
                fields=["waba", "name", "language"],
                condition=~models.Q(status="deleted"),
                name="messagetemplate_once",
            )
        ]
        indexes = [
            models.Index(fields=["business", "status", "name"], name="messagetemplate_list"),
            models.Index(fields=["submit_after"], name="messagetemplate_to_submit"),
            models.Index(fields=["wish_after"], name="messagetemplate_wishes"),
        ]

    def __str__(self):
        return f"{self.name} ({self.language})"

    @property
    def definition(self):
        """The body of a create call, as the linter, the preview and the provider take it."""
        return {
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "parameter_format": self.parameter_format,
            "components": self.components,
        }

    @property
    def written(self):
        """The definition with the changes that somebody writes, if there are any; the name and language stay."""
        changes = dict(self.changes or {})
        if self.status == TemplateStatus.APPROVED:
            changes.pop("category", None)
        return self.definition | changes

    @property
    def is_changed_in_place(self):
        """Whether writing leaves the text in force alone until Meta has taken the new one."""
        return self.changes is not None or (bool(self.provider_id) and self.status in IN_PLACE)

    @property
    def is_sendable(self):
        return self.status == TemplateStatus.APPROVED


CHECKED = "checked"
"""The kind of an event that keeps what our own check said when the template was handed in."""


class TemplateEvent(BusinessOwned):
    """One line of a template's history: a status, a category, a quality, or an edit."""

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    old = models.CharField(max_length=60, blank=True)
    new = models.CharField(max_length=60, blank=True)
    details = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField(default=now)
    actor = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("template event")
        verbose_name_plural = _("template history")
        indexes = [models.Index(fields=["template", "-at"], name="templateevent_when")]

    def __str__(self):
        return f"{self.kind} {self.new}"


def in_a_day():
    """A day from now: what somebody has just uploaded may still be in a form that isn't saved."""
    return now() + timedelta(days=1)


class TemplateMedia(BusinessOwned):
    """The sample file of a media header, kept by us: Meta gives it back only as an address that ends.

    Definitions name it with ``handle`` (``components.media``); what Meta knows it by is fetched when a template is
    handed in. A row never changes its file: another file is another row, so that versions keep what they showed.
    """

    class Kind(models.TextChoices):
        IMAGE = "IMAGE", _("Image")
        VIDEO = "VIDEO", _("Video")
        DOCUMENT = "DOCUMENT", _("Document")

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    file = models.CharField(max_length=255)
    file_name = models.CharField(max_length=255)
    mime_type = models.CharField(max_length=60)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    provider_handle = models.TextField(blank=True)
    """The handle of the last upload, and when: a try that follows soon needs no second upload."""
    provider_handle_at = models.DateTimeField(null=True, blank=True)
    look_after = models.DateTimeField(default=in_a_day)
    """When somebody may look whether anything names it still; put off whenever it is used anew."""
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("header file")
        verbose_name_plural = _("header files")
        indexes = [
            models.Index(fields=["business", "sha256"], name="templatemedia_same"),
            models.Index(fields=["look_after"], name="templatemedia_look"),
        ]

    def __str__(self):
        return self.file_name


class TemplateVersion(BusinessOwned):
    """What a template said at a moment: after a save, when it was handed in, and when Meta decided."""

    SAVED = "saved"

    template = models.ForeignKey(MessageTemplate, on_delete=models.CASCADE, related_name="versions")
    kind = models.CharField(max_length=20, default=SAVED)
    """``saved``, or the status that the template reached with this text."""
    version = models.PositiveIntegerField()
    definition = models.JSONField()
    at = models.DateTimeField(default=now)
    actor = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("template version")
        verbose_name_plural = _("template versions")
        indexes = [models.Index(fields=["template", "-at"], name="templateversion_when")]

    def __str__(self):
        return f"{self.version} {self.kind}"


class LibraryTemplate(models.Model):
    """An example that our team publishes to all businesses. ``definition`` is the body of a create call."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    use = models.CharField(_("use"), max_length=30)
    language = models.CharField(_("language"), max_length=10)
    definition = models.JSONField(_("definition"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(_("created"), default=now)
    updated_at = models.DateTimeField(_("changed"), default=now)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    class Meta:
        verbose_name = _("library template")
        verbose_name_plural = _("library templates")

    def __str__(self):
        return f"{self.definition.get('name', '')} ({self.language})"


class LibraryChange(models.Model):
    """One line of the history of a library template: what was done, by whom, and the text of that moment."""

    entry = models.ForeignKey(LibraryTemplate, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=12)
    definition = models.JSONField()
    at = models.DateTimeField(default=now)
    actor = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("change of a library template")
        verbose_name_plural = _("changes of library templates")
        indexes = [models.Index(fields=["entry", "-at"], name="librarychange_when")]

    def __str__(self):
        return f"{self.kind} {self.at:%Y-%m-%d}"


from templates_hsm.news_models import (  # noqa: E402  Django finds models here
    AppealKind,
    AppealState,
    CategoryChange,
    LintMiss,
    MissKind,
    MissState,
    ReviewState,
    TemplateAppeal,
    TemplateReview,
)

__all__ = [
    "CHECKED",
    "AppealKind",
    "AppealState",
    "CategoryChange",
    "LibraryChange",
    "LibraryTemplate",
    "LintMiss",
    "MessageTemplate",
    "MissKind",
    "MissState",
    "ReviewState",
    "TemplateAppeal",
    "TemplateCategory",
    "TemplateEvent",
    "TemplateMedia",
    "TemplateReview",
    "TemplateStatus",
    "TemplateVersion",
]
