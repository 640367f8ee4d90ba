"""Who a campaign is for stays what somebody chose last, whatever was chosen before."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from contactcenter.campaigns import lifecycle, segments
from contactcenter.models import Audience, Campaign
from tenants.tenancy import business_scope
from tests.contactcenter.campaigns import scene as steps

pytestmark = pytest.mark.django_db
LIST = "celular,nombre\n+573001110001,Rosa\n+573001110002,Leo\n"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def once_of_a_segment(acme, olga):
    """A campaign of a list that was turned to a segment."""
    campaign = steps.made(acme, LIST, actor=olga)
    with business_scope(acme):
        segment, _made = segments.save(acme.pk, "Mexico", {"countries": ["MX"]})
        lifecycle.choose_contacts(campaign, {}, segment=segment)
    return steps.again(campaign), segment


def test_a_segment_that_goes_leaves_a_list_that_was_chosen_after_it_alone(acme, olga):
    campaign, segment = once_of_a_segment(acme, olga)
    with business_scope(acme):
        lifecycle.choose_list(campaign, SimpleUploadedFile("list.csv", LIST.encode()))
        chosen = lifecycle.locked(campaign)
        assert (chosen.segment_id, chosen.filter) == (None, {})
        Campaign.objects.update(segment=segment)  # as campaigns of before have it
        segments.delete(segment)
        after = lifecycle.locked(campaign)
    assert (after.audience, after.segment_id, after.filter) == (Audience.CSV, None, {})


def test_a_campaign_of_a_segment_goes_on_with_its_filter_when_the_segment_goes(acme, olga):
    campaign, segment = once_of_a_segment(acme, olga)
    with business_scope(acme):
        segments.delete(segment)
    after = steps.again(campaign)
    assert (after.audience, after.filter) == (Audience.FILTER, {"countries": ["MX"]})


def test_the_list_that_is_kept_can_be_chosen_again_without_its_file(client, acme, olga):
    campaign, segment = once_of_a_segment(acme, olga)
    client.force_login(olga)
    address = f"/b/{acme.slug}/campaigns/{campaign.reference}/people/"

    assert client.post(address, {"audience": "csv"}).status_code == 302
    after = steps.again(campaign)

    assert (after.audience, after.segment_id, after.filter) == (Audience.CSV, None, {})
    assert (after.columns, after.headers) == ({"phone": 0, "name": 1}, ["celular", "nombre"])
    for digits in ("573001110001", "521550001111"):
        steps.person(acme, digits)
    with business_scope(acme):
        lifecycle.choose_values(after, {key: rule | {"text": "you"} for key, rule in after.mapping.items()})
    checked = steps.checked(after)
    assert checked.counts == {"waiting": 1, "unknown_person": 1}


def test_a_kept_list_whose_file_is_gone_has_to_be_chosen_again(client, acme, olga, settings):
    campaign, _segment = once_of_a_segment(acme, olga)
    (settings.MEDIA_ROOT / campaign.file.name).unlink()
    client.force_login(olga)

    answer = client.post(f"/b/{acme.slug}/campaigns/{campaign.reference}/people/", {"audience": "csv"})

    assert answer.status_code == 422
    assert steps.again(campaign).audience == Audience.SEGMENT
