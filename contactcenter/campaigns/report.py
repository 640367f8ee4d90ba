"""What became of a campaign: figures while it runs, the report afterwards, and every line as CSV."""

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config import bulk
from config.clock import now
from contactcenter.campaigns import reasons, rules
from contactcenter.health import charts
from contactcenter.models import CampaignRecipient, CampaignState, MessageStatus, RecipientState
from contacts.imports.reasons import safe_cell
from providers import rates
from providers.errors_text import explain
from tenants.tenancy import business_scope

BUCKETS = 24
CHUNK = 2000
MILLION = Decimal(1_000_000)
FREE_TYPES = ("free_customer_service", "free_entry_point")


@dataclass(slots=True)
class Figures:
    """Counts of people. Each later stage is part of the ones before: who read it got it, and it was sent to them."""

    waiting: int = 0
    queued: int = 0
    """Handed to the sender, no answer from WhatsApp yet."""
    accepted: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    unknown: int = 0
    left_out: int = 0
    withdrawn: int = 0

    @property
    def released(self):
        return self.queued + self.accepted + self.failed + self.unknown

    @property
    def total(self):
        """Everybody whom the check let through."""
        return self.waiting + self.released + self.withdrawn

    @property
    def done(self):
        """Those whose message has left, or never will."""
        return self.accepted + self.failed + self.unknown

    @property
    def percent(self):
        return 100 * self.done // self.total if self.total else 0


_STAGES = """
SELECT r.state, coalesce(m.status, ''), count(*) FROM contactcenter_campaignrecipient r
LEFT JOIN contactcenter_message m ON m.id = r.message_id WHERE r.campaign_id = %s GROUP BY 1, 2
"""
_CLIMBED = {
    "accepted": ("accepted",),
    "sent": ("accepted", "sent"),
    "delivered": ("accepted", "sent", "delivered"),
    "read": ("accepted", "sent", "delivered", "read"),
    "played": ("accepted", "sent", "delivered", "read"),
    "failed": ("failed",),
    "unknown": ("unknown",),
}


def figures(campaign):
    """The ``Figures`` of this moment, in one statement."""
    found = Figures()
    for state, status, count in bulk.fetch(_STAGES, [campaign.pk]):
        if state != RecipientState.RELEASED:
            setattr(found, state, getattr(found, state) + count)
            continue
        for stage in _CLIMBED.get(status, ("queued",)):
            setattr(found, stage, getattr(found, stage) + count)
    return found


def left_out(campaign):
    """Why people were left out: ``[(reason, sentence, count)]``, the most frequent first."""
    rows = bulk.fetch(
        "SELECT reason, count(*) FROM contactcenter_campaignrecipient WHERE campaign_id = %s AND state = 'left_out' "
        "GROUP BY reason ORDER BY 2 DESC, 1",
        [campaign.pk],
    )
    return [(reason, reasons.left_out(reason), count) for reason, count in rows]


def lines_of(campaign, most=5):
    """``{reason: (the first lines of the list left out for it, whether there are more)}``."""
    rows = bulk.fetch(
        "SELECT reason, (array_agg(line ORDER BY line))[1:%s], count(*) FROM contactcenter_campaignrecipient "
        "WHERE campaign_id = %s AND state = 'left_out' AND line > 0 GROUP BY reason",
        [most, campaign.pk],
    )
    return {reason: (lines, count > len(lines)) for reason, lines, count in rows}


def failures(campaign):
    """Why messages failed: ``[(code, Explanation, count)]``, the most frequent first."""
    rows = bulk.fetch(
        "SELECT m.error_code, min(m.error_details), count(*) FROM contactcenter_campaignrecipient r "
        "JOIN contactcenter_message m ON m.id = r.message_id "
        "WHERE r.campaign_id = %s AND r.state = 'released' AND m.status = 'failed' GROUP BY 1 ORDER BY 3 DESC LIMIT 50",
        [campaign.pk],
    )
    return [(code, explain(code, details=details or ""), count) for code, details, count in rows]


def replied(campaign):
    """How many wrote to this number within the rules' time after their message."""
    [(count,)] = bulk.fetch(
        "SELECT count(*) FROM contactcenter_campaignrecipient r "
        "JOIN contactcenter_message m ON m.id = r.message_id WHERE r.campaign_id = %s AND r.state = 'released' "
        "AND EXISTS (SELECT 1 FROM contactcenter_message a WHERE a.conversation_id = m.conversation_id "
        "AND a.direction = 'inbound' AND a.at > r.released_at AND a.at <= r.released_at + %s)",
        [campaign.pk, rules.reply_time()],
    )
    return count


# ---- Cost -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Cost:
    """A sum by market; ``unknown`` counts people whose price no card of ours tells."""

    rows: list = field(default_factory=list)
    """(market, why, people, price of one or None, sum)"""
    amount: Decimal = Decimal(0)
    unknown: int = 0
    currency: str = "USD"
    card_date: Any = None


def estimated(campaign):
    """What it costs by the card of the day of its check, for those who are to get it or got it."""
    rows = bulk.fetch(
        "SELECT market, price_why, price_micros, count(*) FROM contactcenter_campaignrecipient "
        "WHERE campaign_id = %s AND state IN ('waiting', 'released') GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2",
        [campaign.pk],
    )
    card = rates.card_on((campaign.checked_at or now()).date())
    cost = Cost(card_date=card.valid_from if card else None)
    for market, why, micros, people in rows:
        price = None if micros is None else Decimal(micros) / MILLION
        if price is None:
            cost.unknown += people
        else:
            cost.amount += price * people
        cost.rows.append((market, why, people, price, None if price is None else price * people))
    return cost


def charged(campaign):
    """What delivered messages cost by the prices that Meta's statuses told: category and whether it was free."""
    rows = bulk.fetch(
        "SELECT r.market, m.pricing_type, coalesce(nullif(m.pricing_category, ''), %s), m.delivered_at::date, count(*) "
        "FROM contactcenter_campaignrecipient r JOIN contactcenter_message m ON m.id = r.message_id "
        "WHERE r.campaign_id = %s AND r.state = 'released' AND m.rank >= 5 GROUP BY 1, 2, 3, 4",
        [campaign.category.lower(), campaign.pk],
    )
    cost, by_market = Cost(), {}
    for market, kind, category, day, people in rows:
        card = rates.card_on(day or now().date())
        free = kind in FREE_TYPES
        price = Decimal(0) if free else card.rate(market, category.lower().replace("-", "_")) if card else None
        key = market, "free" if free else category.lower()
        entry = by_market.setdefault(key, [0, Decimal(0)])
        entry[0] += people
        if price is None:
            cost.unknown += people
        else:
            entry[1] += price * people
            cost.amount += price * people
        cost.card_date = card.valid_from if card else cost.card_date
    cost.rows = [(market, why, people, None, total) for (market, why), (people, total) in sorted(by_market.items())]
    return cost


# ---- Over time ------------------------------------------------------------------------------------------------------


def over_time(campaign):
    """A chart of what left, arrived and was read, from the start to the last news; ``None`` before there is any."""
    [(begins, ends)] = bulk.fetch(
        "SELECT date_trunc('second', min(r.released_at)), "  # WhatsApp's times have no more than that
        "greatest(max(m.sent_at), max(m.delivered_at), max(m.read_at), max(r.released_at)) "
        "FROM contactcenter_campaignrecipient r JOIN contactcenter_message m ON m.id = r.message_id "
        "WHERE r.campaign_id = %s AND r.state = 'released'",
        [campaign.pk],
    )
    if begins is None or ends is None:
        return None
    width = max((ends - begins).total_seconds() / BUCKETS, 1.0)
    lines = []
    for label, column in (
        (pgettext("messages", "Sent"), "sent_at"),
        (pgettext("messages", "Delivered"), "delivered_at"),
        (pgettext("messages", "Read"), "read_at"),
    ):
        rows = bulk.fetch(
            f"SELECT least(floor(extract(epoch FROM m.{column} - %s) / %s), %s)::int, count(*) "
            "FROM contactcenter_campaignrecipient r JOIN contactcenter_message m ON m.id = r.message_id "
            f"WHERE r.campaign_id = %s AND r.state = 'released' AND m.status <> 'failed' "
            f"AND m.{column} >= %s GROUP BY 1",
            [begins, width, BUCKETS - 1, campaign.pk, begins],
        )
        per_bucket, sums, total = Counter(dict(rows)), [], 0
        for place in range(BUCKETS):
            total += per_bucket[place]
            sums.append(total)
        lines.append((label, sums))
    moments = [begins + timedelta(seconds=width * (place + 1)) for place in range(BUCKETS)]
    return charts.draw(_("Sent, delivered and read"), _("people so far"), moments, lines)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: ``share`` of the longest in percent, ``of_all`` of everybody."""

    label: Any
    count: int
    share: float
    of_all: float
    look: int = 1


def bars(pairs, whole=None, look=1):
    """``[(label, count)]`` as bars; ``whole`` is what a share is taken of (default: the sum)."""
    most = max((count for _label, count in pairs), default=0) or 1
    whole = whole or sum(count for _label, count in pairs) or 1
    return [Bar(label, count, round(100 * count / most, 1), count / whole, look) for label, count in pairs]


# ---- Lines ----------------------------------------------------------------------------------------------------------


class _Echo:
    """A file that hands back what is written."""

    @staticmethod
    def write(text):
        return text


def lines(campaign, *, only_left_out=False):
    """Every person and line as CSV text, in pieces, each read in a scope of its own."""
    writer = csv.writer(_Echo())
    head = [
        _("Line"), _("Phone number"), _("Name"), pgettext("campaign", "State"), _("Why"),
        pgettext("messages", "Sent"), pgettext("messages", "Delivered"),
        pgettext("messages", "Read"), _("What stands there"),
    ]  # fmt: skip
    yield "\ufeff" + writer.writerow(head)
    last = 0
    while True:
        with business_scope(campaign.business_id):
            rows = CampaignRecipient.objects.filter(campaign=campaign, pk__gt=last)
            if only_left_out:
                rows = rows.filter(state=RecipientState.LEFT_OUT)
            rows = list(rows.select_related("message", "contact").order_by("pk")[:CHUNK])
        yield "".join(writer.writerow(_cells(row, campaign)) for row in rows)
        if len(rows) < CHUNK:
            return
        last = rows[-1].pk


def _cells(row, campaign):
    message = row.message
    state, why = state_of(row, campaign)
    moments = [getattr(message, f"{word}_at", None) for word in ("sent", "delivered", "read")]
    name = row.contact.name if row.contact_id else ""
    return [
        row.line or "",
        f"+{row.phone}" if row.phone else "",
        safe_cell(name),
        state,
        why,
        *[f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "" for moment in moments],
        safe_cell(row.text),
    ]


def state_of(row, campaign):
    """``(state, why)`` of one person in words."""
    if row.state == RecipientState.LEFT_OUT:
        return str(row.get_state_display()), str(reasons.left_out(row.reason))
    if row.state == RecipientState.WAITING and campaign.state == CampaignState.CANCELLED:
        return str(RecipientState.WITHDRAWN.label), ""
    message = row.message
    if row.state == RecipientState.RELEASED and message is not None:
        why = ""
        if message.status == MessageStatus.FAILED:
            why = str(explain(message.error_code, details=message.error_details).title)
        return str(MessageStatus(message.status).label), why
    return str(row.get_state_display()), ""
