"""The customer service window: 24 hours after a contact's last message to a business number."""

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned, owner


class CustomerServiceWindow(BusinessOwned):
    """When free-form replies end, per business number and contact. The clock decides; Celery only announces."""

    business = owner(db_index=False)
    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    contact = models.ForeignKey("contacts.Contact", on_delete=models.CASCADE, related_name="windows")
    last_inbound_at = models.DateTimeField(_("last message received"))
    expires_at = models.DateTimeField(_("ends"))
    """The greatest provider timestamp of an inbound message plus 24 hours."""
    free_entry_from = models.DateTimeField(null=True, blank=True)
    """When an ad brought the person here; the business has 24 hours to answer."""
    free_entry_expires_at = models.DateTimeField(null=True, blank=True)
    """72 hours from the business's first answer; changes the price, never what may be sent."""
    announced_expiry_of = models.DateTimeField(null=True, blank=True)
    """The ``expires_at`` whose passing was announced; a different one is news again."""

    class Meta:
        verbose_name = _("customer service window")
        verbose_name_plural = _("customer service windows")
        constraints = [models.UniqueConstraint(fields=["phone_number", "contact"], name="window_once")]
        indexes = [
            models.Index(
                fields=["expires_at"],
                name="window_to_announce",
                condition=models.Q(announced_expiry_of=None) | ~models.Q(announced_expiry_of=models.F("expires_at")),
            ),
            models.Index(fields=["business", "expires_at"], name="window_business_end"),
        ]

    def __str__(self):
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"

    def is_open(self, at=None):
        """Whether free-form messages may be sent at this moment (default: now); at the 24th hour it is closed."""
        return (at or now()) < self.expires_at

    def in_free_entry(self, at=None):
        """Whether messages are free because an ad brought the person here.

        The first answer within 24 hours starts the 72 hours and is free itself.
        """
        at = at or now()
        if self.free_entry_expires_at is not None and at < self.free_entry_expires_at:
            return True
        return self.free_entry_from is not None and at - self.free_entry_from < timedelta(hours=24)
