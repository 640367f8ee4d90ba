"""Reactions to news from below."""

from contactcenter.models import CampaignRecipient, RecipientState


def keep_people_once(sender, survivor_id, loser_id, **news):
    """Two contacts became one: where both are in a campaign, the one that wasn't reached yet is left out."""
    rows = CampaignRecipient.objects.select_for_update().filter(contact_id__in=[survivor_id, loser_id])
    by_campaign = {}
    for row in rows.order_by("pk"):
        by_campaign.setdefault(row.campaign_id, []).append(row)
    for pair in by_campaign.values():
        if len(pair) < 2:
            continue
        pair.sort(key=lambda row: (row.state == RecipientState.WAITING, row.contact_id != survivor_id))
        _kept, other = pair
        if other.state == RecipientState.WAITING:
            other.state, other.reason = RecipientState.LEFT_OUT, "merged"
        other.contact_id = None
        other.save(update_fields=["contact", "state", "reason"])
