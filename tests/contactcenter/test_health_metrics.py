"""What monitors see: /metrics says what the health page says, /readyz tells the truth."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from config import readiness
from config.clock import now
from config.models import Beat
from contactcenter.health import figures
from contactcenter.health import page as health_page
from contactcenter.health.tasks import take_sample
from contactcenter.models import Priority
from providers import tallies
from providers.models import Incident, ReplayJob, Sample
from providers.webhooks import ledger
from tenants.tenancy import every_business
from tests.contactcenter.ailing import lane, letter, unknown_send
from tests.contactcenter.sending import queue, thread
from tests.providers.hearing import delivery


@pytest.fixture
def conversation(acme):
    return thread(acme)


def test_metrics_are_true_for_the_whole_installation_and_well_formed(client, conversation):
    tallies.add({"refused.bad_signature": 2, "sent.accepted": 7, "error.send.131026": 1, "written": 9})
    queue(conversation, "Hello")
    unknown_send(conversation)

    text = client.get("/metrics").content.decode()

    for line in (
        'umbral_webhook_refused_total{reason="bad_signature"} 2',
        'umbral_send_attempts_total{outcome="accepted"} 7',
        'umbral_provider_errors_total{code="131026",where="send"} 1',
        "umbral_webhook_rows_total 9",
        'umbral_outbox_waiting{lane="agent"} 1',
        "umbral_unknown_sends 1",
    ):
        assert line in text.splitlines()
    families = re.findall(r"^# TYPE (\S+) (counter|gauge)$", text, re.MULTILINE)
    assert len(dict(families)) == len(families)
    for line in text.splitlines():
        if not line.startswith("#"):
            assert re.fullmatch(r'umbral_\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[0-9.e+-]+', line), line
            assert line.split("{")[0].split(" ")[0] in dict(families)


def measured(client):
    """``/metrics`` as ``{"name{labels}": value}``."""
    lines = [line for line in client.get("/metrics").content.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def told(found, name, label):
    """The values of one family by its label."""
    return {
        re.search(label + '="([^"]*)"', line).group(1): value for line, value in found.items()
        if line.startswith(name + "{")
    }  # fmt: skip


IN_METRICS = {
    "lag", "parts", "not_ready", "lanes", "unknown", "unknown_count", "letter_groups", "letters", "incidents",
    "replays", "errors", "charts",
}  # fmt: skip
OF_THE_PAGE_ALONE = {"as_of", "range_label", "lag_limit", "all_lanes", "unknown_is_more", "closed_incidents"}


def test_metrics_say_what_the_health_page_says(client, acme, all_at_work):
    paused, stopped, alone = thread(acme), thread(acme), thread(acme)
    for conversation, priority, minutes in (
        (paused, Priority.AGENT, 3), (stopped, Priority.AGENT, 4), (stopped, Priority.CAMPAIGN, 90),
        (alone, Priority.SYSTEM, 7),
    ):  # fmt: skip
        queue(conversation, "Hello", priority=priority, created_at=now() - timedelta(minutes=minutes))
    rest = datetime.now(UTC) + timedelta(seconds=30)
    lane(paused, state="paused", pause_code=130429, paused_until=rest)
    lane(stopped, state="stopped", pause_code=131031, paused_until=rest + timedelta(seconds=60))
    unknown_send(alone, minutes_ago=5)
    for n in range(5):
        letter(n, kind="ValueError" if n else "KeyError", number=str(n))
    for key in ("poll:waba:41", "poll:waba:42", "process:worker"):
        Incident.objects.create(key=key, title="x")
    ReplayJob.objects.create(asked_by="sam", last_delivery=9, total=10, went_through=3, failed_again=1)
    Sample.objects.create(at=now().replace(second=0, microsecond=0) - timedelta(minutes=30), figures={"heard": 0})
    tallies.add({"error.send.131026": 4, "sent.accepted": 7, "sent.unknown": 1, "digested": 6, "refused.bad": 2})
    ledger.append(delivery(), received_at=now() - timedelta(minutes=6))
    take_sample()

    with every_business():
        page = health_page.live("hour")
    found = measured(client)

    assert page.keys() == IN_METRICS | OF_THE_PAGE_ALONE
    states = Counter(one.noted.state if one.noted else figures.NO_SENDER for one in page["lanes"])
    assert told(found, "umbral_lanes", "state") == {"open": 0, **states} == {
        "open": 0, "paused": 1, "stopped": 1, "no_sender": 1,
    }  # fmt: skip
    assert set(told(found, "umbral_lanes_resting", "code")) == {
        str(one.noted.pause_code) for one in page["lanes"] if one.noted
    }
    noted = [one.noted for one in page["lanes"] if one.noted]
    for name in ("left_per_second", "allowed_per_second", "claimed", "in_flight"):
        assert found[f"umbral_lanes_{name}"] == sum(getattr(one, name) for one in noted)
    assert found["umbral_lanes_rest_seconds"] == pytest.approx(
        max(one.rests_for_seconds for one in page["lanes"]), abs=20
    )
    assert 60 < found["umbral_lanes_rest_seconds"] <= 90
    waiting = Counter()
    for one in page["lanes"]:
        waiting.update({few.priority.name.lower(): few.count for few in one.waiting})
    assert told(found, "umbral_outbox_waiting", "lane") == waiting
    ages = told(found, "umbral_outbox_oldest_seconds", "lane")
    for priority, minutes in ((Priority.AGENT, 4), (Priority.SYSTEM, 7), (Priority.CAMPAIGN, 90)):
        shown = min(few.oldest_at for one in page["lanes"] for few in one.waiting if few.priority == priority)
        assert ages[priority.name.lower()] == pytest.approx((now() - shown).total_seconds(), abs=20)
        assert ages[priority.name.lower()] == pytest.approx(minutes * 60, abs=40)
    assert found["umbral_unknown_sends"] == page["unknown_count"] == 1
    assert found["umbral_unknown_sends_oldest_seconds"] == pytest.approx(300, abs=40)
    kinds = Counter()
    for group in page["letter_groups"]:
        kinds[group.kind] += group.count
    assert told(found, "umbral_dead_letters_open", "kind") == kinds == {"ValueError": 4, "KeyError": 1}
    assert sum(kinds.values()) == page["letters"]
    incidents = Counter(re.sub(r":\d+$", "", one["row"].key) for one in page["incidents"])
    assert told(found, "umbral_incident_open", "key") == incidents == {"poll:waba": 2, "process:worker": 1}
    assert found["umbral_incidents_open"] == len(page["incidents"])
    [job] = page["replays"]
    assert found["umbral_replay_left"] == job.total - job.done == 6
    assert told(found, "umbral_replay_done", "outcome") == {
        "went_through": job.went_through, "failed_again": job.failed_again,
    }  # fmt: skip
    assert told(found, "umbral_ready", "part") == {
        name: 0 if reason else 1 for name, reason in readiness.reasons().items()
    }
    assert len(page["parts"]) == len(told(found, "umbral_ready", "part"))
    assert page["not_ready"] == 1 == sum(value == 0 for value in told(found, "umbral_ready", "part").values())
    assert found["umbral_ledger_lag_seconds"] == pytest.approx(page["lag"], abs=20)
    assert told(found, "umbral_provider_errors_total", "code") == {one.code: one.count for one in page["errors"]}
    drawn = {str(line.label): line.latest for chart in page["charts"] for line in chart.lines}
    assert drawn["Dead letters"] == sum(kinds.values())
    assert drawn["Unknown sends"] == found["umbral_unknown_sends"]
    for counter in ("umbral_ledger_deliveries_total", "umbral_digested_deliveries_total"):
        assert found[counter] >= 1
    assert told(found, "umbral_send_attempts_total", "outcome") == {"accepted": 7, "unknown": 1}
    assert told(found, "umbral_webhook_refused_total", "reason") == {"bad": 2}


def test_labels_stay_few_whatever_is_wrong(client, conversation):
    for n in range(60):
        letter(n, kind=f"Error{n}")
        Incident.objects.create(key=f"new-{'x' * (n + 1)}:{n}", title="x")
        Incident.objects.create(key=f"poll:waba:{n}", title="x")

    found = measured(client)

    kinds, keys = told(found, "umbral_dead_letters_open", "kind"), told(found, "umbral_incident_open", "key")
    assert (len(kinds), sum(kinds.values()), kinds["other"]) == (20, 60, 41)
    assert (len(keys), sum(keys.values()), keys["poll:waba"]) == (50, 120, 60)


def test_a_quiet_installation_has_every_series_that_an_alarm_names(client, all_at_work):
    found = measured(client)

    for line in (
        'umbral_dead_letters_open{kind=""}', "umbral_incidents_open", "umbral_unknown_sends", "umbral_replay_left",
        "umbral_replays_open", 'umbral_lanes{state="stopped"}', 'umbral_outbox_oldest_seconds{lane="campaign"}',
        "umbral_ledger_lag_seconds", "umbral_outbox_oldest_reply_seconds",
    ):  # fmt: skip
        assert found[line] == 0, line


def test_ready_when_all_is_at_work(client, all_at_work):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True, "database": True, "redis": True, "sender": True, "worker": True, "beat": True,
        "ledger": True, "digestion": True, "reasons": {},
    }  # fmt: skip


@pytest.mark.parametrize("name", ["sender", "worker", "beat"])
def test_a_process_that_was_not_seen_lately_is_named_with_the_reason(client, all_at_work, name):
    Beat.objects.filter(name=name).update(seen_at=datetime.now(UTC) - timedelta(minutes=2))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()[name] is False
    assert f"The {name} was last seen 1" in answer.json()["reasons"][name]


def test_not_ready_when_digestion_lags(client, all_at_work):
    ledger.append(delivery(), received_at=now() - timedelta(minutes=6))

    answer = client.get("/readyz").json()

    assert (answer["ready"], answer["digestion"], list(answer["reasons"])) == (False, False, ["digestion"])


def test_not_ready_when_the_ledger_takes_nothing(client, all_at_work, monkeypatch):
    monkeypatch.setattr(ledger, "WHATSAPP", "no number")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ledger"]) == (503, False)
    assert "database refused" in answer.json()["reasons"]["ledger"]


def test_looking_whether_the_ledger_is_writable_leaves_nothing_and_draws_no_number(db):
    before = ledger.heard_so_far()
    ledger.check_writable()

    assert ledger.heard_so_far() == before
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM providers_delivery WHERE id = 0")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("broken", ["_database", "_redis"])
def test_not_ready_without_database_or_redis(client, all_at_work, monkeypatch, broken):
    monkeypatch.setattr(readiness, broken, lambda: "away")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()[broken[1:]]) == (503, False)
    assert answer.json()["reasons"][broken[1:]] == "away"
