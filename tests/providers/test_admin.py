"""What staff may see and do about the outside."""

import pytest
from django.urls import reverse

from config.clock import now
from providers import incidents
from providers.models import DeadLetter, Incident, ProviderCall, ReplayJob, UnknownEvent
from providers.webhooks import dispatch, ledger, subscribers
from providers.webhooks.events import InboundMessage
from tests import builders
from tests.providers.hearing import delivery


@pytest.fixture(autouse=True)
def _nobody_else_listens(monkeypatch):
    monkeypatch.setattr(subscribers, "_subscriptions", [])


@pytest.fixture
def staff(client, sam):
    client.force_login(sam)
    return client


@pytest.fixture
def letters(db):
    """Two dead letters; whatever ailed them is gone now."""

    def handler(batch):
        raise ValueError("<b>no</b>")

    subscribers.subscribe(InboundMessage, handler=handler)
    ledger.append(delivery("señal"), delivery("other"))
    dispatch.digest_shard(ledger.shard_of(delivery()))
    subscribers.unsubscribe(handler)
    return list(DeadLetter.objects.order_by("pk"))


def rows():
    moment = now()
    return {
        "unknownevent": UnknownEvent.objects.create(
            delivery_id=1, position="0.0.0", received_at=moment, reason="new", raw='{"a": "<script>"}'
        ),
        "deadletter": DeadLetter.objects.create(delivery_id=1, received_at=moment, body=b"\xff<script>", error="boom"),
        "providercall": ProviderCall.objects.create(method="GET", path="/v1/x", response={"a": "<script>"}),
        "incident": Incident.objects.create(key="x", title="Deliveries wait too long to be digested"),
    }


@pytest.mark.parametrize("name", ["unknownevent", "deadletter", "providercall", "incident"])
def test_staff_read_and_change_nothing(staff, name):
    row = rows()[name]
    listing = staff.get(reverse(f"admin:providers_{name}_changelist"))
    detail = staff.get(reverse(f"admin:providers_{name}_change", args=[row.pk]))

    assert (listing.status_code, detail.status_code) == (200, 200)
    assert b"<script>&quot;" not in detail.content and b'"<script>"' not in detail.content
    assert staff.get(reverse(f"admin:providers_{name}_add")).status_code == 403
    assert staff.post(reverse(f"admin:providers_{name}_delete", args=[row.pk])).status_code == 403
    assert staff.post(reverse(f"admin:providers_{name}_change", args=[row.pk]), {}).status_code == 403


def test_a_member_of_a_business_sees_none_of_it(client, ana):
    client.force_login(ana)

    assert client.get(reverse("admin:providers_deadletter_changelist")).status_code == 302


def act(client, action, letters):
    return client.post(
        reverse("admin:providers_deadletter_changelist"),
        {"action": action, "_selected_action": [letter.pk for letter in letters]},
        follow=True,
    )


def test_staff_see_what_was_in_a_dead_letter(staff, letters):
    page = staff.get(reverse("admin:providers_deadletter_change", args=[letters[0].pk])).content.decode()

    assert "señal" in page
    assert "ValueError" in page
    assert "<b>no</b>" not in page


def test_staff_replay_one_dead_letter(staff, letters):
    heard = []
    subscribers.subscribe(InboundMessage, handler=heard.extend)

    act(staff, "replay", letters[:1])

    assert [one.event.text for one in heard] == ["señal"]
    assert list(DeadLetter.objects.filter(closed_at=None)) == letters[1:]


def test_staff_replay_all_that_a_filter_shows(staff, letters):
    act(staff, "replay", letters)

    assert not DeadLetter.objects.filter(closed_at=None).exists()
    assert Incident.objects.get(key=dispatch.DEAD_LETTERS).closed_at is not None


def test_many_picked_letters_become_a_job_that_can_be_watched(staff, letters, monkeypatch):
    monkeypatch.setattr("providers.admin.REPLAYED_AT_ONCE", 1)

    page = act(staff, "replay", letters)

    job = ReplayJob.objects.get()
    assert (job.total, sorted(job.chosen)) == (2, [letter.pk for letter in letters])
    assert page.redirect_chain[-1][0] == reverse("health_replay", args=[job.reference])


def test_staff_find_dead_letters_by_kind_and_number(staff, letters):
    listing = reverse("admin:providers_deadletter_changelist")

    assert b"1 result" in staff.get(listing, {"kind": "ValueError", "q": letters[0].delivery_id}).content
    assert b"0 results" in staff.get(listing, {"kind": "KeyError"}).content


def test_staff_close_a_dead_letter_without_replaying_it(staff, letters):
    act(staff, "close", letters[:1])

    letters[0].refresh_from_db()
    assert letters[0].closed_at is not None
    assert letters[0].replayed_at is None


def test_staff_who_may_only_look_replay_nothing(client, letters):
    from django.contrib.auth.models import Permission

    viewer = builders.user("vera", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_deadletter"))
    client.force_login(viewer)

    act(client, "replay", letters)

    assert DeadLetter.objects.filter(closed_at=None).count() == 2


def test_an_incident_that_is_seen_again_is_counted_and_not_repeated(db):
    assert incidents.open_incident("stuck", "Stuck", "first")
    assert not incidents.open_incident("stuck", "Stuck", "second")

    [incident] = Incident.objects.all()
    assert (incident.count, incident.details) == (2, "second")


def test_an_incident_that_comes_back_after_its_end_is_a_new_one(db):
    incidents.open_incident("stuck", "Stuck")

    assert incidents.close_incident("stuck")
    assert not incidents.close_incident("stuck")
    assert incidents.open_incident("stuck", "Stuck")
    assert Incident.objects.count() == 2
