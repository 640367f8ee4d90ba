"""What the people who run the installation see: the health page with its figures, charts and replays."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.clock import now
from contactcenter.health import charts, figures, samples
from contactcenter.health.tasks import take_sample
from contactcenter.models import Priority
from contactcenter.replay_tasks import replay_dead_letters
from providers import tallies
from providers.models import DeadLetter, Incident, ReplayJob, Sample
from providers.webhooks import ledger
from tenants.tenancy import every_business
from tests.contactcenter.ailing import lane, letter, unknown_send
from tests.contactcenter.sending import queue, thread
from tests.providers.hearing import delivery


@pytest.fixture
def staff(client, sam):
    client.force_login(sam)
    return client


@pytest.fixture
def conversation(acme):
    return thread(acme)


# The page


def test_on_an_empty_installation_the_page_says_what_belongs_there(staff):
    page = staff.get(reverse("health"))

    assert page.status_code == 200
    assert "Nothing waits to leave." in page.content.decode()


def test_staff_see_everything_that_waits_and_why(staff, conversation):
    queue(conversation, "Hello")
    unknown_send(conversation)
    letter()
    lane(conversation, state="paused", pause_code=130429, paused_until=datetime.now(UTC) + timedelta(seconds=30))
    Incident.objects.create(key="x", title="Agents' replies wait too long")

    page = staff.get(reverse("health")).content.decode()

    for words in ("12.5 of 80 per second", "Paused by WhatsApp", "130429", "ValueError", "Send again", "wait too long"):
        assert words in page.replace("&#x27;", "'")


@pytest.mark.parametrize("range_name", ["hour", "day", "fortnight", "nonsense"])
def test_each_stretch_of_time_is_drawn_and_listed(staff, range_name):
    present = now().replace(second=0, microsecond=0)
    taken = []
    for minutes in {*range(0, 61), *range(0, 24 * 60, 15), *range(0, 14 * 24 * 60, 180)}:
        heard = 50_000 - minutes
        told = {"heard": heard, "lag": 2, "open_letters": 1, "error.send.131026": heard}
        taken.append(Sample(at=present - timedelta(minutes=minutes), figures=told))
    Sample.objects.bulk_create(taken)

    page = staff.get(reverse("health"), {"range": range_name}).content.decode()

    assert page.count('role="img"') == 4
    assert "As a table" in page
    assert "131026" in page
    assert " style=" not in page.split('id="health-live"')[1].split("replay-title")[0]


def test_htmx_gets_the_changing_part_alone(staff):
    part = staff.get(reverse("health"), headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert "Sender lanes" in part


def test_a_member_of_a_business_is_sent_away(client, ana):
    client.force_login(ana)

    for name in ("health", "health_replay_ask"):
        assert client.get(reverse(name)).status_code in (302, 403)


def test_the_page_asks_equally_many_questions_for_one_number_and_for_ten(staff, acme):
    queue(thread(acme), "Hello")

    def asked():
        with CaptureQueriesContext(connection) as queries:
            staff.get(reverse("health"))
        return len(queries)

    asked()
    with_one = asked()
    for n in range(10):
        queue(thread(acme), "Hello")
        unknown_send(thread(acme))
        letter(n)
    assert asked() == with_one


def test_counting_stops_somewhere(conversation, monkeypatch):
    monkeypatch.setattr(figures, "COUNTED_PER_LANE", 2)
    for _ in range(4):
        queue(conversation, "Hello", priority=Priority.CAMPAIGN)

    with every_business():
        [[found], all_fit] = figures.lanes()

    assert [(one.priority, one.count, one.is_more) for one in found.waiting] == [(Priority.CAMPAIGN, 2, True)]
    assert all_fit


def test_an_old_note_of_the_sender_is_not_shown_as_the_present(conversation):
    queue(conversation, "Hello")
    lane(conversation, seen_at=datetime.now(UTC) - timedelta(minutes=5))

    with every_business():
        [[found], _] = figures.lanes()

    assert found.noted is None


# Replays from the page


def test_staff_ask_for_a_replay_by_filter_and_watch_it(staff, hints_sent):
    for n in range(3):
        letter(n + 1, number="1" if n else "2")

    answer = staff.post(reverse("health_replay_ask"), {"number": "1", "failed_from": "2020-01-01"}, follow=True)

    [job] = ReplayJob.objects.all()
    assert (job.total, job.number, job.asked_by) == (2, "1", answer.wsgi_request.user.get_username())
    assert "0 of 2 handled" in answer.content.decode()
    replay_dead_letters()
    done = staff.get(reverse("health_replay", args=[job.reference])).content.decode()
    assert "2 of 2 handled" in done
    assert "Finished." in done
    assert DeadLetter.objects.filter(closed_at=None).count() == 1


def test_a_replay_can_be_stopped_without_a_script(staff):
    letter()
    staff.post(reverse("health_replay_ask"), {})
    job = ReplayJob.objects.get()

    staff.post(reverse("health_replay", args=[job.reference]))
    replay_dead_letters(job.pk)

    job.refresh_from_db()
    assert job.was_stopped
    assert DeadLetter.objects.filter(closed_at=None).count() == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"kind": "no such"}, "Select a valid choice"),
        ({"failed_from": "2026-02-02", "failed_until": "2026-02-01"}, "before the first one"),
    ],
)
def test_a_filter_that_makes_no_sense_is_explained_beside_the_field(staff, typed, words):
    answer = staff.post(reverse("health_replay_ask"), typed)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ReplayJob.objects.exists()


def test_a_filter_that_matches_nothing_starts_nothing(staff):
    answer = staff.post(reverse("health_replay_ask"), {"number": "404"}, follow=True)

    assert "No open dead letter matches" in answer.content.decode()
    assert not ReplayJob.objects.exists()


# Samples and charts


def test_a_minute_is_sampled_once_and_old_samples_go(db, monkeypatch):
    noon = now().replace(minute=0, second=5, microsecond=0)
    monkeypatch.setattr(samples, "now", lambda: noon)
    Sample.objects.create(at=noon - timedelta(days=20), figures={})
    tallies.add({"digested": 5})

    assert take_sample() == {"taken": True}
    assert take_sample() == {"taken": False}

    [sample] = Sample.objects.all()
    assert sample.at == noon.replace(second=0)
    assert sample.figures["digested"] == 5


def test_rates_are_differences_and_a_missing_sample_is_a_gap():
    known = [{"heard": 10}, {"heard": 40}, None, {"heard": 100}, {"heard": 90}]
    stretch = samples.Stretch([None] * 5, known, minutes=2)

    assert stretch.per_minute("heard") == [15, None, None, None]
    assert stretch.change("heard") == 80


def test_a_line_is_broken_where_nothing_is_known():
    assert charts.path([0, None, 10, 10], 10, width=300, height=104) == "M0.0 102.0h0.1M200.0 2.0L300.0 2.0"


@pytest.mark.parametrize(("value", "expected"), [(0, 1), (0.3, 1), (3, 5), (20, 20), (21, 50), (501, 1000)])
def test_the_scale_ends_at_a_round_number(value, expected):
    assert charts.nice(value) == expected


# Counters


def test_two_writers_add_to_one_counter(db):
    tallies.add({"digested": 3}, slot=1)
    tallies.add({"digested": 4}, slot=2)
    tallies.add({"digested": 1, "dead": 0}, slot=2)

    assert tallies.totals() == {"digested": 8}


def test_digestion_counts_with_its_cursor(db):
    before = tallies.totals()
    raw = delivery("hi", phone_number_id="999")
    [shard] = ledger.append(raw)
    from providers.webhooks import dispatch

    dispatch.digest_shard(shard, scope=every_business)

    after = tallies.totals()
    assert {name: after[name] - before.get(name, 0) for name in ("digested", "events")} == {"digested": 1, "events": 1}
