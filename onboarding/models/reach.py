"""Ways for people to reach a business: links into a chat, and pages where they agree to hear from it."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned


class ShortLinkState(models.TextChoices):
    NONE = "", _("Not asked for")
    WANTED = "wanted", _("Being made")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")


class ChatLink(BusinessOwned):
    """A link that opens a chat with one number. Its ``code`` stands in the greeting and tells where people came from.

    ``short_*`` is Meta's own short link for it, which hides the number and may get another greeting later (docs
    "Message QR codes", 31 October 2025). A click writes the wish, a worker asks Meta.
    """

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_number = models.ForeignKey("onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="chat_links")
    name = models.CharField(_("name"), max_length=60)
    greeting = models.CharField(_("greeting"), max_length=130, blank=True)
    code = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)
    """No longer shown. Printed links can't be called back, so who comes through it is counted still."""
    short_state = models.CharField(max_length=10, choices=ShortLinkState, default=ShortLinkState.NONE, blank=True)
    short_code = models.CharField(max_length=20, blank=True)
    short_url = models.CharField(max_length=200, blank=True)
    short_error = models.CharField(max_length=300, blank=True)
    short_attempts = models.PositiveSmallIntegerField(default=0)
    short_next_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("chat link")
        verbose_name_plural = _("chat links")
        constraints = [models.UniqueConstraint(fields=["phone_number", "code"], name="chatlink_code")]
        indexes = [
            models.Index(fields=["business", "id"], name="chatlink_business"),
            models.Index(fields=["short_next_at"], name="chatlink_short_due", condition=models.Q(short_state="wanted")),
        ]

    def __str__(self):
        return self.name


class ChatStart(BusinessOwned):
    """Somebody's message carried the code of a link."""

    link = models.ForeignKey(ChatLink, on_delete=models.CASCADE, related_name="starts", db_index=False)
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="+")
    message = models.CharField(max_length=200)
    """The provider's ID of the message."""
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("chat started by a link")
        verbose_name_plural = _("chats started by links")
        constraints = [models.UniqueConstraint(fields=["link", "message"], name="chatstart_once")]
        indexes = [models.Index(fields=["link", "-at"], name="chatstart_link_at")]

    def __str__(self):
        return self.message


class OptInPage(BusinessOwned):
    """A public form of a business on which people agree to hear from it, under an address that nobody can guess."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=60)
    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """Where people send the message that confirms."""
    confirms_by_message = models.BooleanField(default=True)
    """Only a message from the number itself makes the consent count (double opt-in)."""
    is_open = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("opt-in page")
        verbose_name_plural = _("opt-in pages")
        indexes = [models.Index(fields=["business", "id"], name="optinpage_business")]

    def __str__(self):
        return self.name


class OptInText(BusinessOwned):
    """What a page says in one language since a certain moment. It never changes; an edit adds the next version."""

    page = models.ForeignKey(OptInPage, on_delete=models.CASCADE, related_name="texts", db_index=False)
    language = models.CharField(max_length=10)
    number = models.PositiveIntegerField()
    title = models.CharField(_("title"), max_length=80)
    introduction = models.TextField(_("introduction"), max_length=500, blank=True)
    agreement = models.ForeignKey("contacts.ConsentWording", on_delete=models.PROTECT, related_name="+")
    promotions = models.ForeignKey(
        "contacts.ConsentWording", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """The words of the second box; without it the page asks about notices and promotions in one."""
    created_at = models.DateTimeField(default=now)
    created_by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("text of an opt-in page")
        verbose_name_plural = _("texts of opt-in pages")
        constraints = [models.UniqueConstraint(fields=["page", "language", "number"], name="optintext_version")]

    def __str__(self):
        return f"{self.language} {self.number}"


class OptInSubmission(BusinessOwned):
    """Somebody filled an opt-in page in. It counts at once, or once a message from the number confirms it."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    page = models.ForeignKey(OptInPage, on_delete=models.CASCADE, related_name="submissions", db_index=False)
    text = models.ForeignKey(OptInText, on_delete=models.PROTECT, related_name="+")
    phone = models.CharField(max_length=20)
    name = models.CharField(max_length=100, blank=True)
    promotions = models.BooleanField(default=False)
    via = models.CharField(max_length=20)
    at = models.DateTimeField(default=now)
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=10)
    counted_at = models.DateTimeField(null=True, blank=True)
    """When it went into the ledger."""
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("filled-in opt-in page")
        verbose_name_plural = _("filled-in opt-in pages")
        constraints = [models.UniqueConstraint(fields=["business", "code"], name="optinsubmission_code")]
        indexes = [models.Index(fields=["page", "-at"], name="optinsubmission_page_at")]

    def __str__(self):
        return str(self.reference)


class OptInTally(BusinessOwned):
    """How often a public page was sent in from one place in one hour, to slow down whoever does it by machine."""

    place = models.CharField(max_length=64)
    """A digest of the network address, or ``page:`` and a key for everybody together."""
    hour = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "place", "hour"], name="optintally_once")]
        indexes = [models.Index(fields=["hour"], name="optintally_hour")]

    def __str__(self):
        return f"{self.place[:8]} {self.hour:%H}: {self.count}"
