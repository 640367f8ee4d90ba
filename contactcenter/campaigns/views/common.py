"""What several pages of campaigns need."""

from django.shortcuts import get_object_or_404
from django.urls import reverse

from contactcenter.campaigns import files
from contactcenter.models import Campaign

NAV = "campaigns"


def find(reference):
    """The campaign of this business, with what its page needs, or 404."""
    rows = Campaign.objects.select_related("business", "phone_number__waba", "template", "segment", "created_by")
    return get_object_or_404(rows.select_related("started_by"), reference=reference)


def shown_files(row):
    """What ``presenting.with_files`` puts into previews of a campaign's messages for its files."""
    return files.shown(
        row, lambda file: reverse("campaigns:campaign_file", args=[row.business.slug, row.reference, file])
    )
