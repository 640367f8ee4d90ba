"""Stops a campaign by itself: the template or the number lost its footing, or too many messages fail."""

import hashlib

import orjson
from django.conf import settings
from django.urls import reverse

from config import bulk
from config.clock import now
from contactcenter import gate_many
from contactcenter.campaigns import CAMPAIGN_CHANGED, outbox, reasons, rules
from contactcenter.models import CampaignState
from providers.words import NumberStatus
from tenants import audit, live, mail
from tenants.enums import MANAGERS
from tenants.models import Membership

RED = "red"

_OUTCOMES = """
SELECT count(*) FILTER (WHERE last.status = 'failed'), count(*) FROM (
  SELECT m.status FROM contactcenter_campaignrecipient r JOIN contactcenter_message m ON m.id = r.message_id
  WHERE r.campaign_id = %s AND r.released_at >= %s AND r.state = 'released' AND m.rank >= 3
  ORDER BY r.released_at DESC, r.id DESC LIMIT %s
) last
"""


def digest_of(template):
    """What a checked template is known by."""
    definition = [template.parameter_format, template.components]
    return hashlib.sha256(orjson.dumps(definition, option=orjson.OPT_SORT_KEYS)).hexdigest()


def quality_of(campaign):
    """Meta's judgement of the template and of the number, as it is now."""
    number = campaign.phone_number
    flagged = number.status == NumberStatus.FLAGGED
    return {"template": campaign.template.quality, "number": RED if flagged else number.quality_rating}


def changed_since_check(campaign):
    """Why what was checked isn't what would be sent, or ``""``."""
    if digest_of(campaign.template) != campaign.template_digest:
        return "template_changed"
    if campaign.template.category != campaign.category:
        return "category_changed"
    return ""


def must_stop(campaign):
    """``(reason, details)`` if the campaign may not go on, else ``("", {})``."""
    reason = gate_many.number_refusal(campaign.phone_number, campaign.template) or changed_since_check(campaign)
    if reason:
        return reason, {}
    present, before = quality_of(campaign), campaign.quality_at_start
    for what in ("template", "number"):
        if present[what] == RED and before.get(what) != RED:
            return f"{what}_quality", {}
    percent = rules.of_business(campaign.business_id).error_percent
    window, least = rules.error_window()
    since = campaign.resumed_at or campaign.started_at or now()
    [(failed, settled)] = bulk.fetch(_OUTCOMES, [campaign.pk, since, window])
    if settled >= least and failed * 100 >= percent * settled:
        return "errors", {"failed": failed, "of": settled, "percent": percent}
    return "", {}


def stop(campaign, reason, details, *, hold=True):
    """Write down that it stopped, hold what hasn't left, and tell those who care. The row must be locked.

    Without ``hold`` what was handed to the outbox still leaves.
    """
    campaign.state, campaign.stop_reason, campaign.stop_details = CampaignState.STOPPED, reason, details
    campaign.waits_for, campaign.waits_until = "", None
    campaign.save(update_fields=["state", "stop_reason", "stop_details", "waits_for", "waits_until"])
    if hold:
        outbox.hold(campaign)
    audit.record(audit.to_translate("campaign stopped by itself"), campaign.name, reason=reason, **details)
    live.emit(CAMPAIGN_CHANGED, campaign=str(campaign.reference))
    _tell(campaign)


def _tell(campaign):
    business = campaign.business
    members = Membership.objects.filter(business=business, role__in=MANAGERS).select_related("user")
    people = {row.user for row in members} | ({campaign.started_by} if campaign.started_by_id else set())
    what, what_to_do = reasons.stopped(campaign.stop_reason)
    for person in sorted(people, key=lambda one: one.pk):
        mail.queue(
            "contactcenter/email/campaign_stopped",
            person.email,
            language=person.language or business.language,
            key=f"campaign-stopped:{campaign.pk}:{now():%Y%m%d%H%M%S}:{person.pk}",
            campaign=campaign,
            business=business,
            what=what,
            what_to_do=what_to_do,
            link=settings.PUBLIC_URL + reverse("campaigns:campaign_detail", args=[business.slug, campaign.reference]),
        )
