"""Businesses and the people in them. This app knows no WhatsApp."""

import uuid

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants import api_scopes
from tenants.enums import Role
from tenants.tenancy import BusinessOwned, owner


class UserManager(BaseUserManager):
    """Makes people who log in by e-mail address."""

    use_in_migrations = True

    def create_user(self, email, password=None, **fields):
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email):
        return self.get(email__iexact=email)


class User(AbstractUser):
    """A person who logs in by e-mail: a member of businesses, or ISV staff."""

    username = None
    first_name = last_name = None
    email = models.EmailField(_("e-mail address"), unique=True)
    full_name = models.CharField(_("name"), max_length=150)
    language = models.CharField(_("language"), max_length=10, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self):
        return self.full_name or self.email

    def get_full_name(self):
        return self.full_name or self.email

    def get_short_name(self):
        return (self.full_name or self.email).split()[0]


class Business(models.Model):
    """The tenant: a company that wants to be on WhatsApp."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, default="America/Bogota")
    language = models.CharField(_("language"), max_length=10, default="es")
    created_at = models.DateTimeField(_("created"), default=now)

    members = models.ManyToManyField(User, through="Membership", related_name="businesses")

    class Meta:
        verbose_name = _("business")
        verbose_name_plural = _("businesses")

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("tenants:business_home", args=[self.slug])


class Membership(models.Model):
    """A person's place in a business."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [models.UniqueConstraint(fields=["business", "user"], name="membership_once")]

    def __str__(self):
        return f"{self.user} ({self.get_role_display()})"


class Invitation(models.Model):
    """Somebody was asked to join a business. The link's token is stored as a digest only."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=20, choices=Role)
    token_digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["business", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            )
        ]

    def __str__(self):
        return self.email


class ApiKey(models.Model):
    """A key for the REST API of one business; only its digest is stored, its prefix is shown."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(_("may"), null=True, blank=True)
    """What it is limited to (``api_scopes``); null is everything that an administrator may."""
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"

    @property
    def scope_labels(self):
        """What it may do in sentences; empty when it has no limits."""
        return [api_scopes.label_of(scope) for scope in self.scopes or ()]

    def may(self, scope):
        """Whether it covers this scope; what no scope names needs a key without limits."""
        return self.scopes is None or scope in self.scopes


class AuditEvent(BusinessOwned):
    """Who did what in a business, in words that a person can read later.

    A line without a business is the house's own (a house rule changed); only staff see it.
    """

    business = models.ForeignKey("tenants.Business", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=now, db_index=True)
    actor = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    actor_label = models.CharField(max_length=200, blank=True)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict, blank=True)
    staff_only = models.BooleanField(default=False)
    """What our own staff did among themselves; the business's audit trail leaves it out."""

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit trail")
        indexes = [models.Index(fields=["business", "-at"], name="audit_business_at")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(business__isnull=False) | models.Q(staff_only=True),
                name="audit_without_business_is_for_staff",
            )
        ]

    def __str__(self):
        return f"{self.verb} {self.subject}"

    @property
    def verb_text(self):
        """What was done, in the reader's language (``tenants.audit.to_translate`` marks the words)."""
        return gettext(self.verb)


class LiveCounter(BusinessOwned):
    """The number of the last live event of a business; written only by ``tenants.live`` just before a commit."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE, primary_key=True, related_name="+")
    last = models.BigIntegerField(default=0)

    def __str__(self):
        return str(self.last)


class LiveEvent(BusinessOwned):
    """A small piece of news for open pages (type, ids, version), numbered per business and kept for an hour."""

    business = owner(db_index=False, db_constraint=False)
    number = models.BigIntegerField()
    type = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business", "number"], name="liveevent_number")]
        indexes = [models.Index(fields=["at"], name="liveevent_at")]

    def __str__(self):
        return f"{self.number} {self.type}"


class Mail(models.Model):
    """A mail is a row first; a worker sends it, so a dead mail server loses nothing."""

    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)
    """Header lines of its own, for example ``List-Unsubscribe`` (RFC 8058)."""
    key = models.CharField(max_length=200, unique=True, null=True, blank=True)  # noqa: DJ001  null = no key
    created_at = models.DateTimeField(default=now)
    not_before = models.DateTimeField(default=now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mail")
        indexes = [models.Index(fields=["not_before"], condition=models.Q(sent_at=None), name="mail_due")]

    def __str__(self):
        return f"{self.to}: {self.subject}"
