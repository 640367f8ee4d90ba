"""The demo's theatre: two numbers at the provider, one with the badge, one refused two months ago."""

import pytest

from config import clock
from contactcenter.demo import badges
from contactcenter.demo.stage import Stage
from onboarding.models import BadgeRequest, BadgeState, PhoneNumber
from onboarding.services import badge
from tenants.models import Business
from tenants.tenancy import business_scope


@pytest.fixture(autouse=True)
def rehearsal(settings, monkeypatch):
    settings.MOVABLE_CLOCK = True
    monkeypatch.setattr(clock, "offset", lambda: 0.0)


@pytest.mark.django_db(transaction=True)
def test_one_badge_is_there_and_the_other_can_be_asked_for_in_a_month(sandbox):
    sandbox.control("mood", kind="names", mood="hold")
    stage = Stage(ends_at=clock.now(), say=lambda text: None, url=sandbox.url)
    badges.tell(stage)
    badges.tell(stage)  # a broken run goes on where it was

    theatre = Business.objects.get(name=badges.NAME)
    with business_scope(theatre):
        rows = {row.state: row for row in BadgeRequest.objects.select_related("phone_number")}
        assert rows.keys() == {BadgeState.APPROVED, BadgeState.REFUSED}
        assert PhoneNumber.objects.filter(is_official=True).count() == 1
        refused = rows[BadgeState.REFUSED]
        assert refused.wait["ours"] and 20 < badge.days_left(refused) < 40
        assert badge.lessons(refused)
    numbers = {row["id"]: row for row in sandbox.look("state")["numbers"]}
    assert numbers[refused.phone_number.phone_number_id]["oba_status"] == "REJECTED"
