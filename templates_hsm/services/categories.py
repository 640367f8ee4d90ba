"""Categories that Meta changed: what they cost now, and the consent without which nothing more is sent.

Meta moves a template that reads as marketing by itself, with a day's notice or none (docs "Template categorization",
November 2025). The status stays approved, so only we can keep a business from paying unawares.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import phonenumbers
from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from providers import rates
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import CategoryChange, MessageTemplate
from templates_hsm.services import notices, templates
from tenants import audit, live


@dataclass(frozen=True, slots=True)
class Difference:
    """List prices of one delivered message before and now in one market; ``None`` where no card of ours knows it."""

    market: str
    before: Decimal | None
    now: Decimal | None
    currency: str
    card_date: date | None

    @property
    def more(self):
        """How much more a message costs, or ``None`` when it isn't known."""
        return None if self.before is None or self.now is None else self.now - self.before

    @property
    def percent(self):
        return round(self.more * 100 / self.before) if self.more is not None and self.before else None

    def as_data(self):
        """What a consent keeps of it."""
        return {
            "market": self.market,
            "before": str(self.before),
            "now": str(self.now),
            "currency": self.currency,
            "card": str(self.card_date),
        }


def must_agree(template):
    """Whether a consent is needed before this template is sent. The gate asks this."""
    return template.category_waits


def difference(business, old, new, day=None):
    """The ``Difference`` between two categories for recipients in the business's own country."""
    day = day or now().date()
    code = phonenumbers.country_code_for_region(business.country) if business.country else 0
    market = rates.market_of(str(code) if code else "", day)
    card = rates.card_on(day)
    before = card.rate(market, old.lower()) if card else None
    after = card.rate(market, new.lower()) if card else None
    return Difference(market, before, after, card.currency if card else "", card.valid_from if card else None)


def is_dearer(old, new, day=None):
    """Whether a message costs more in any market of the card of a day; without a card we assume that it does."""
    card = rates.card_on(day or now().date())
    if card is None:
        return True
    pairs = [(prices.get(old.lower()), prices.get(new.lower())) for prices in card.rates.values()]
    return any(before is None or after is None or after > before for before, after in pairs)


def moved(sender, template, old, new, **_more):
    """Meta moved a template: keep it, and hold further sending if it costs more than what somebody agreed to."""
    open_ones = list(CategoryChange.objects.filter(template=template, waits=True))
    settled_for = open_ones[-1].old if open_ones else old
    waits = is_dearer(settled_for, new)
    CategoryChange.objects.filter(pk__in=[change.pk for change in open_ones]).update(waits=False, settled_at=now())
    change = CategoryChange.objects.create(
        business_id=template.business_id,
        template=template,
        old=settled_for if waits else old,
        new=new,
        waits=waits,
        settled_at=None if waits else now(),
    )
    template.category_waits = waits
    template.save(update_fields=["category_waits"])
    if waits:
        notices.tell(template, "category", key=f"category:{change.pk}", change=change)


def latest(template):
    """The newest ``CategoryChange`` of a template, or ``None``."""
    return template.category_changes.select_related("agreed_by").order_by("-at", "-pk").first()


@transaction.atomic
def agree(template, change_pk, *, actor):
    """Agree to what a template costs now; sending goes on. Raises ``NotPossible`` if Meta moved it once more."""
    row = MessageTemplate.objects.select_for_update(of=("self",)).select_related("business").get(pk=template.pk)
    change = latest(row)
    if change is None or change.pk != change_pk:
        raise NotPossible(_("Meta moved it once more. Look at the price below before you agree."))
    if not change.waits:
        return row
    seen = difference(row.business, change.old, change.new)
    change.waits, change.settled_at, change.agreed_by, change.agreed_to = False, now(), actor, seen.as_data()
    change.save(update_fields=["waits", "settled_at", "agreed_by", "agreed_to"])
    row.category_waits = False
    row.save(update_fields=["category_waits"])
    templates.record(row, "category agreed", change.old, change.new, actor=actor)
    audit.record(
        audit.to_translate("new category of a template agreed to"), row, actor=actor, old=change.old, new=change.new,
        **seen.as_data(),
    )  # fmt: skip
    live.emit("template", business_id=row.business_id, template=str(row.reference), status=row.status)
    return row
