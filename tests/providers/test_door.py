"""The webhook's door: who is let in, what is kept, and what is answered when nothing can be kept."""

import asyncio
import contextlib
import logging
import time
from pathlib import Path

import psycopg2
import pytest
from django.db import connection

from config.clock import now
from providers.models import UnknownEvent
from providers.webhooks import dispatch, door, group_commit, ledger, subscribers
from providers.webhooks.events import Event
from providers.webhooks.parser import parse_delivery
from providers.webhooks.signature import sign
from tests.providers.hearing import call, delivery, post

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
PATH = "/webhooks/whatsapp/"

pytestmark = pytest.mark.django_db(transaction=True)


@contextlib.asynccontextmanager
async def opened():
    webhook_door = door.WebhookDoor()
    await webhook_door.start()
    try:
        yield webhook_door
    finally:
        await webhook_door.stop()


def ask(*args, **kwargs):
    async def once():
        async with opened() as webhook_door:
            return await call(webhook_door, *args, **kwargs)

    return asyncio.run(once())


def post_all(*bodies, secret=None):
    async def at_once():
        async with opened() as webhook_door:
            answers = await asyncio.gather(*(post(webhook_door, raw, secret) for raw in bodies))
            return [status for status, _headers, _body in answers], webhook_door

    return asyncio.run(at_once())


def kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM providers_delivery ORDER BY id")
        return [bytes(body) for (body,) in cursor.fetchall()]


def test_a_signed_delivery_is_kept_byte_for_byte():
    raw = delivery("señal \\u00e9 \x00".replace("\x00", "\\u0000"))

    assert post_all(raw)[0] == [200]
    assert kept() == [raw]


def test_what_is_signed_is_kept_even_if_it_is_no_json():
    raw = bytes(range(256)) + b'"\\{}'

    assert post_all(raw)[0] == [200]
    assert kept() == [raw]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-Hub-Signature-256", "")],
        [("X-Hub-Signature-256", "sha256=" + "0" * 64)],
        [("X-Hub-Signature", sign(b"{}", "test"))],
        [("X-Hub-Signature-256", sign(b"{} ", "the-secret"))],
        [("X-Hub-Signature-256", sign(b"{}", "somebody else's"))],
        [("X-Hub-Signature-256", sign(b"{}", "the-secret"))] * 2,
    ],
)
def test_what_is_not_signed_by_us_is_refused_and_not_kept(settings, headers):
    settings.WHATSAPP_APP_SECRETS = ["the-secret"]

    status, _headers, _body = ask("POST", PATH, headers=headers, pieces=[b"{}"])

    assert status == 401
    assert kept() == []


def test_during_a_rotation_both_secrets_count(settings):
    settings.WHATSAPP_APP_SECRETS = ["new", "old"]

    assert post_all(b'{"a":1}', secret="new")[0] == [200]
    assert post_all(b'{"a":2}', secret="old")[0] == [200]


def test_refusals_are_counted_and_told_in_few_lines(caplog):
    async def knock():
        async with opened() as webhook_door:
            for _ in range(20):
                await call(webhook_door, "POST", PATH, pieces=[b"{}"])
            return webhook_door

    with caplog.at_level(logging.WARNING, logger="providers.webhooks.door"):
        webhook_door = asyncio.run(knock())

    assert webhook_door.refused == {"no_signature": 20}
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    "pieces",
    [[b"x" * 1001], [b"x" * 400] * 3],
    ids=["in one piece", "in pieces"],
)
def test_an_oversized_body_is_refused_before_its_signature_is_looked_at(settings, pieces):
    settings.WEBHOOK_MAX_BYTES = 1000
    signature = sign(b"".join(pieces), settings.WHATSAPP_APP_SECRETS[0])

    status, _headers, _body = ask("POST", PATH, headers=[("X-Hub-Signature-256", signature)], pieces=pieces)

    assert status == 413
    assert kept() == []


def test_an_announced_oversize_is_refused_before_it_is_read(settings):
    settings.WEBHOOK_MAX_BYTES = 1000

    assert ask("POST", PATH, headers=[("Content-Length", "1001")], pieces=[], never_ends=True)[0] == 413


def test_a_body_that_trickles_is_refused(monkeypatch):
    monkeypatch.setattr(door, "READ_SECONDS", 0.05)

    assert ask("POST", PATH, pieces=[b"{"], never_ends=True)[0] == 408


def test_a_body_in_pieces_is_one_delivery(settings):
    raw = delivery()
    signature = sign(raw, settings.WHATSAPP_APP_SECRETS[0])

    status, _headers, _body = ask(
        "POST", PATH, headers=[("X-Hub-Signature-256", signature)], pieces=[raw[:50], raw[50:60], raw[60:]]
    )

    assert status == 200
    assert kept() == [raw]


def test_the_handshake_echoes_the_challenge_as_plain_text(settings):
    settings.WHATSAPP_VERIFY_TOKEN = "known"

    status, headers, body = ask(
        "GET", PATH, query="hub.mode=subscribe&hub.verify_token=known&hub.challenge=%3Cb%3E1158"
    )

    assert (status, body) == (200, b"<b>1158")
    assert headers[b"content-type"].startswith(b"text/plain")


@pytest.mark.parametrize(
    ("token", "query"),
    [
        ("known", "hub.mode=subscribe&hub.verify_token=unknown&hub.challenge=1"),
        ("known", "hub.mode=unsubscribe&hub.verify_token=known&hub.challenge=1"),
        ("known", "hub.mode=subscribe&hub.challenge=1"),
        ("known", ""),
        ("", "hub.mode=subscribe&hub.verify_token=&hub.challenge=1"),
    ],
)
def test_a_handshake_without_the_token_is_refused(settings, token, query):
    settings.WHATSAPP_VERIFY_TOKEN = token

    assert ask("GET", PATH, query=query)[0] == 403


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", PATH, 405), ("DELETE", PATH, 405), ("POST", "/webhooks/other/", 404)]
)
def test_other_methods_and_paths_are_refused(method, path, status):
    assert ask(method, path)[0] == status


def test_deliveries_that_come_together_share_their_commits():
    bodies = [delivery(f"{n}") for n in range(300)]

    statuses, webhook_door = post_all(*bodies)

    assert statuses == [200] * 300
    assert sorted(kept()) == sorted(bodies)
    assert webhook_door.writer.counts["rows"] == 300
    assert webhook_door.writer.counts["batches"] <= 30


def test_workers_are_told_which_shards_to_look_at(hints_sent):
    raw = delivery()

    post_all(raw)

    assert hints_sent == [("task", "contactcenter.tasks.digest_deliveries", (ledger.shard_of(raw),))]


def test_when_the_database_is_gone_the_answer_is_503_and_then_it_recovers(monkeypatch):
    gone = True
    really = group_commit.plain_connection

    def connect(label):
        if gone:
            raise psycopg2.OperationalError("could not connect")
        return really(label)

    monkeypatch.setattr(group_commit, "plain_connection", connect)
    monkeypatch.setattr(group_commit, "REST_SECONDS", 0.01)

    async def outage():
        nonlocal gone
        async with opened() as webhook_door:
            during = await post(webhook_door, b"{}")
            gone = False
            await asyncio.sleep(0.05)
            return during, await post(webhook_door, b'{"again":1}')

    during, after = asyncio.run(outage())

    assert during[0] == 503
    assert during[1][b"retry-after"] == b"5"
    assert after[0] == 200
    assert kept() == [b'{"again":1}']


def test_a_connection_that_broke_while_idle_costs_nobody_an_answer():
    other = group_commit.plain_connection("breaker")

    async def restart():
        async with opened() as webhook_door:
            first = await post(webhook_door, b'{"n":1}')
            other.cursor().execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name LIKE '%:ledger' AND datname = current_database()"
            )
            return first[0], (await post(webhook_door, b'{"n":2}'))[0]

    assert asyncio.run(restart()) == (200, 200)
    assert kept() == [b'{"n":1}', b'{"n":2}']
    other.close()


def test_a_machine_that_stalls_never_makes_a_delivery_seem_older_than_it_is(monkeypatch):
    def stalling():
        present = now()
        time.sleep(0.3)
        return present

    monkeypatch.setattr(group_commit, "now", stalling)
    before = now()

    assert post_all(b'{"n":1}')[0] == [200]
    with connection.cursor() as cursor:
        cursor.execute("SELECT received_at FROM providers_delivery")
        [(received_at,)] = cursor.fetchall()
    assert received_at >= before


def test_more_than_can_wait_is_turned_away_at_once(monkeypatch):
    monkeypatch.setattr(group_commit, "MAX_WAITING", 3)

    statuses, webhook_door = post_all(*[delivery(f"{n}") for n in range(10)])

    assert sorted(statuses) == [200] * 3 + [503] * 7
    assert len(kept()) == 3
    assert webhook_door.refused == {"busy": 7}


def test_nobody_waits_for_ever_when_the_database_neither_answers_nor_breaks(monkeypatch):
    monkeypatch.setattr(group_commit, "PATIENCE_SECONDS", 0.2)
    blocker = group_commit.plain_connection("blocker")
    blocker.autocommit = False
    blocker.cursor().execute("SELECT pg_advisory_xact_lock(%s, %s)", ledger.WRITERS_LOCK)

    async def stuck():
        webhook_door = door.WebhookDoor()
        await webhook_door.start()
        try:
            return (await asyncio.wait_for(post(webhook_door, b"{}"), 2))[0]
        finally:
            blocker.close()
            await webhook_door.stop()

    assert asyncio.run(stuck()) == 503


def payloads():
    folders = [SHARED / "payloads" / name for name in ("messaging", "onboarding")]
    return sorted(path for folder in folders for path in folder.rglob("*.json") if path.name[:3] in {"wh_", "web"})


@pytest.mark.skipif(not payloads(), reason="the shared payloads are not on this machine")
def test_every_known_payload_is_accepted_and_digested_without_disturbing_its_neighbours(monkeypatch):
    heard = []
    monkeypatch.setattr(subscribers, "_subscriptions", [])
    subscribers.subscribe(*Event.__subclasses__(), handler=heard.extend)
    bodies = [path.read_bytes() for path in payloads()]

    statuses, _door = post_all(*bodies)
    reports = [dispatch.digest_shard(shard) for shard in range(ledger.SHARDS)]

    assert statuses == [200] * len(bodies)
    assert sum(report.deliveries for report in reports) == len(bodies)
    assert sum(report.dead for report in reports) == 0
    events = [event for body in bodies for event in parse_delivery(body)]
    assert sorted(map(repr, events)) == sorted(repr(one.event) for one in heard)


@pytest.mark.skipif(not payloads(), reason="the shared payloads are not on this machine")
def test_a_payload_that_nobody_wants_is_kept_and_shown_to_staff(monkeypatch):
    monkeypatch.setattr(subscribers, "_subscriptions", [])
    bodies = [path.read_bytes() for path in payloads()]

    post_all(*bodies, b"not json")
    for shard in range(ledger.SHARDS):
        dispatch.digest_shard(shard)

    events = [event for body in [*bodies, b"not json"] for event in parse_delivery(body)]
    assert UnknownEvent.objects.count() == len(events)
    assert UnknownEvent.objects.filter(kind="unreadable", raw="not json").exists()
