"""What messages cost: a table of days, the news it is kept by, and budgets."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from config.clock import now
from tenants.tenancy import BusinessOwned, owner

_NUMBER = {"on_delete": models.PROTECT, "related_name": "+", "db_index": False}


class UsageDay(BusinessOwned):
    """What a business sent on one day, by number, category, country and what Meta said of the price.

    The day is the one on which a message was written, in the business's time zone; ``costs.usage`` writes a day anew as
    a whole. Amounts are list prices of ``providers.rates``.
    """

    business = owner(db_index=False)
    day = models.DateField()
    phone_number = models.ForeignKey("onboarding.PhoneNumber", **_NUMBER)
    category = models.CharField(max_length=64)
    """As Meta told it in lower case, else the template's; ``service`` is a free-form message."""
    country = models.CharField(max_length=2, blank=True)
    """Of the recipient's number; empty when only a user ID is known."""
    pricing_type = models.CharField(max_length=64, blank=True)
    """Meta's word (regular, free_customer_service, free_entry_point); empty until a status tells: an estimate."""
    messages = models.BigIntegerField(default=0)
    """All that didn't fail, also those that still wait to leave."""
    delivered = models.BigIntegerField(default=0)
    billable = models.BigIntegerField(default=0)
    """Of ``messages``, those that aren't free."""
    unpriced = models.BigIntegerField(default=0)
    """Of ``billable``, those whose price no card of ours knows: they are missing in the amounts."""
    cost = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    """Of delivered messages."""
    coming = models.DecimalField(max_digits=18, decimal_places=6, default=0)
    """Of messages that aren't delivered yet: charged only if they will be."""
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        verbose_name = _("usage of a day")
        verbose_name_plural = _("usage by day")
        constraints = [
            models.UniqueConstraint(
                fields=["business", "day", "phone_number", "category", "country", "pricing_type"], name="usageday_once"
            )
        ]
        indexes = [models.Index(fields=["day"], condition=models.Q(coming__gt=0), name="usageday_coming")]

    def __str__(self):
        return f"{self.day} {self.category} {self.country}"


class UsageNews(BusinessOwned):
    """A line for a quarter of an hour whose messages changed, and for money that a message will take.

    Only added, so nobody waits for anybody; ``costs.usage`` takes the lines of a day away in the statement that counts
    the day, so an ``amount`` stands either here or in ``UsageDay``.
    """

    business = owner(db_index=False, db_constraint=False)
    phone_number = models.ForeignKey("onboarding.PhoneNumber", null=True, db_constraint=False, **_NUMBER)
    at = models.DateTimeField()
    amount = models.DecimalField(max_digits=18, decimal_places=6, default=0)

    class Meta:
        indexes = [models.Index(fields=["business", "at"], name="usagenews_business_at")]

    def __str__(self):
        return f"{self.at} {self.amount}"


class UsageBook(BusinessOwned):
    """Where the counting of a business stands: the time zone of its days, and when the next round is due."""

    zone = models.CharField(max_length=50)
    due_at = models.DateTimeField(default=now)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["business"], name="usagebook_once")]

    def __str__(self):
        return self.zone


class Budget(BusinessOwned):
    """What a business, or one number of it, wants to spend in a month at most. The row is the lock of its money."""

    reference = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    phone_number = models.ForeignKey(
        "onboarding.PhoneNumber",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("number"),
    )
    amount = models.DecimalField(
        _("amount per month"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    warn_percent = models.PositiveSmallIntegerField(
        _("warn at"), default=80, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    stops = models.BooleanField(_("stop templates that cost money when it is used up"), default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        constraints = [
            models.UniqueConstraint(fields=["business", "phone_number"], name="budget_once", nulls_distinct=False)
        ]

    def __str__(self):
        return str(self.amount)


class BudgetNotice(BusinessOwned):
    """A warning that was sent: once for a budget, month, threshold and amount."""

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="notices", db_index=False)
    month = models.DateField()
    percent = models.PositiveSmallIntegerField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "month", "percent", "amount"], name="budgetnotice_once")
        ]

    def __str__(self):
        return f"{self.month} {self.percent}"
