"""The campaign of the demo: made by the services, finished, and told once."""

from types import SimpleNamespace

import pytest

from contactcenter.demo import campaigns
from contactcenter.models import Campaign
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter.campaigns.scene import messages_of, person, reasons, scene, settle

pytestmark = pytest.mark.django_db


def test_the_demos_campaign_is_finished_and_told_once(acme, olga):
    number, _template = scene(acme, language="es")
    for n in range(3):
        person(acme, f"57300111000{n}")

    def wait(_what, look, _seconds):
        for _turn in range(5):
            if look():
                return True
            with business_scope(acme):
                campaign = Campaign.objects.get()
            settle(messages_of(campaign))
        return False

    stage = SimpleNamespace(wait=wait)
    campaigns.tell(stage, acme, number, actor=olga)
    campaigns.tell(stage, acme, number, actor=olga)

    with business_scope(acme):
        campaign = Campaign.objects.get()
    assert (campaign.state, campaign.will_get) == ("done", 3)
    assert sorted(reasons(campaign).values()) == ["bad_phone", "no_phone"]


def test_without_a_template_there_is_none(acme, olga):
    number = builders.phone_number(acme)
    campaigns.tell(SimpleNamespace(), acme, number, actor=olga)

    with business_scope(acme):
        assert not Campaign.objects.exists()
