"""Whatever is signed ends as understood, as unknown, or as a dead letter: never as a lost neighbour, never as a 500.

Everything goes through the real door and the real handlers, on a number that is ours.
"""

import asyncio
import gzip
import json
import os
import random
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from contactcenter.models import Message
from providers.models import DeadLetter, UnknownEvent
from providers.webhooks import dispatch, door, ledger
from providers.webhooks.signature import sign
from tenants.tenancy import every_business
from tests import builders
from tests.contactcenter import hostile
from tests.contactcenter.hostile import HOSTILE, MISSING
from tests.providers.hearing import call, post

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
PATH = "/webhooks/whatsapp/"
AT_ONCE = 100
NUMBER = "20000999"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ours(acme):
    """A number and an account of Acme to which all of it is addressed."""
    account = builders.waba(acme, waba_id="100200300")
    return builders.phone_number(acme, waba=account, phone_number_id=NUMBER, e164="+15550001111")


def good(text="still here"):
    """A change with one healthy message, and its ID."""
    name = hostile.fresh("wamid.good")
    message = {"from": "573009990000", "id": name, "timestamp": "1790000000", "type": "text", "text": {"body": text}}
    metadata = {"display_phone_number": "15550001111", "phone_number_id": NUMBER}
    return name, {"field": "messages", "value": {"metadata": metadata, "messages": [message]}}


def post_and_digest(bodies):
    """Post all, digest all; the answers' statuses."""

    async def at_once():
        webhook_door = door.WebhookDoor()
        await webhook_door.start()
        try:
            statuses = []
            for first in range(0, len(bodies), AT_ONCE):
                answers = await asyncio.gather(*(post(webhook_door, raw) for raw in bodies[first : first + AT_ONCE]))
                statuses += [status for status, _headers, _body in answers]
            return statuses
        finally:
            await webhook_door.stop()

    statuses = asyncio.run(at_once())
    for shard in range(ledger.SHARDS):
        report = dispatch.digest_shard(shard, scope=every_business, seconds=60)
        assert not report.more
    assert ledger.waiting() == {}
    return statuses


def stored(names):
    with every_business():
        return set(Message.objects.filter(provider_id__in=names).values_list("provider_id", flat=True))


def assert_harmless(bodies, neighbours):
    """Every delivery is answered 200 and digested, no neighbour is missing, and nothing had to be buried."""
    assert post_and_digest(bodies) == [200] * len(bodies)
    assert stored(neighbours) == set(neighbours)
    buried = [letter.error for letter in DeadLetter.objects.all()]
    assert not buried, "\n".join(buried)[-3000:]


def beside_a_good_one(body):
    """The delivery with a healthy change as its second entry; its bytes and the healthy message's ID."""
    name, change = good()
    return hostile.as_bytes({**body, "entry": [*body["entry"], {"id": "100200300", "changes": [change]}]}), name


def wrong_in_every_place(change, values):
    """Each place of a change with each of ``values``, and without it; each beside a good message."""
    body = hostile.delivery(change)
    for path in hostile.places(body):
        if path[0] == "entry" and len(path) > 1:  # what takes the entry away takes its neighbour's place away as well
            for value in [*values, MISSING]:
                yield beside_a_good_one(hostile.with_value(body, path, value))


def test_any_value_may_be_wrong_in_any_place_of_any_change():
    chance = random.Random(3)
    short = [value for name, value in HOSTILE.items() if name != "65 k of text"]
    bodies, neighbours = [], []
    for change in hostile.changes(NUMBER):
        # Two values for each place, drawn anew for each kind: over the kinds every place of the frame sees most.
        for raw, name in wrong_in_every_place(change, chance.sample(short, 2)):
            bodies.append(raw)
            neighbours.append(name)

    assert_harmless(bodies, neighbours)


def test_every_wrong_value_in_the_places_that_matter_most():
    bodies, neighbours = [], []
    for number, value in enumerate(HOSTILE.values()):
        for kind, change in enumerate(hostile.changes(NUMBER)):
            body = hostile.delivery(change)
            deepest = [path for path in hostile.places(body) if len(path) > 6 or (kind > 16 and len(path) > 4)]
            for path in deepest[number % 5 :: 12 if value == hostile.TEXT else 5]:
                raw, neighbour = beside_a_good_one(hostile.with_value(body, path, value))
                bodies.append(raw)
                neighbours.append(neighbour)

    assert_harmless(bodies, neighbours)


@examples(
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "12")), deadline=None, suppress_health_check=list(HealthCheck)
)
@given(st.data())
def test_several_things_may_be_wrong_at_once(data):
    bodies, neighbours = [], []
    for change in hostile.changes(NUMBER):
        body = hostile.delivery(change)
        for _ in range(data.draw(st.integers(1, 4))):
            left = [path for path in hostile.places(body) if len(path) > 1]
            if not left:
                break
            path = data.draw(st.sampled_from(left))
            value = data.draw(st.sampled_from([*HOSTILE.values(), MISSING]))
            body = hostile.with_value(body, path, value)
        if isinstance(body.get("entry"), list):
            raw, neighbour = beside_a_good_one(body)
            bodies.append(raw)
            neighbours.append(neighbour)

    assert_harmless(bodies, neighbours)


def envelope(inside):
    return b'{"object":"whatsapp_business_account","entry":[{"id":"100200300","changes":[' + inside + b"]}]}"


def _good_bytes():
    return json.dumps(good()[1]).encode()


WHOLE = {
    "nothing": b"",
    "no JSON": b"This is no JSON",
    "truncated": envelope(_good_bytes())[:-40],
    "bad UTF-8 everywhere": bytes(range(128, 256)) * 10,
    "UTF-16": envelope(b"").decode().encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + envelope(b"{}"),
    "nested 100,000 deep": b"[" * 100_000,
    "deep in a value": envelope(b'{"field":"messages","value":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001),
    "100,000 keys": b'{"entry":[{"id":"1","changes":[{"field":"messages","value":{'
    + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}}]}]}",
    "100,000 empty entries": b'{"entry":[' + b"{}," * 100_000 + b"{}]}",
    "NUL bytes": b"\x00" * 100,
    "an array": b"[1,2,3]",
    "a string": b'"entry"',
    "one key twice": b'{"entry":[],"entry":[{"id":"1","changes":null}]}',
    "a number of 10,000 digits": b'{"entry":' + b"9" * 10_000 + b"}",
    "other objects": b'{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"1"}}]}]}',
}  # fmt: skip


BROKEN = {
    "a byte that begins nothing": b"\xff",
    "a character cut off": "é".encode()[:1],
    "a long form of a slash": b"\xc0\xaf",
    "a surrogate as bytes": b"\xed\xa0\x80",
    "past the last character": b"\xf5\x80\x80\x80",
    "Latin-1": "¿Qué?".encode("latin-1"),
}


def test_bad_utf_8_costs_its_characters_and_neither_its_message_nor_a_neighbour():
    bodies, neighbours, told = [], [], {}
    for bad in BROKEN.values():
        for place in (b"the text", b"wamid.", b'"field"'):
            (before, first), (broken, change), (after, last) = good(), good(text="the text"), good()
            raw = hostile.as_bytes(hostile.delivery(first, change, last))
            # The second one of three: its text, its ID, the name of a field.
            start = raw.index(place, raw.index(before.encode()) + len(before))
            bodies.append(raw[: start + len(place) - 1] + bad + raw[start + len(place) - 1 :])
            neighbours += [before, after]
            if place == b"the text":
                told[broken] = (b"the tex" + bad + b"t").decode("utf-8", "replace")

    assert_harmless(bodies, neighbours + list(told))
    with every_business():
        assert dict(Message.objects.filter(provider_id__in=told).values_list("provider_id", "text")) == told


def test_a_body_that_is_no_delivery_is_kept_and_harms_no_delivery_around_it():
    healthy = [good() for _ in range(len(WHOLE) + 1)]
    bodies = [hostile.as_bytes(hostile.delivery(change)) for _name, change in healthy]
    mixed = [bodies[0]]
    for raw, neighbour in zip(WHOLE.values(), bodies[1:], strict=True):
        mixed += [raw, neighbour]

    assert_harmless(mixed, [name for name, _change in healthy])
    assert UnknownEvent.objects.values("delivery_id").distinct().count() >= len(WHOLE) - 1


def test_a_thousand_updates_in_one_delivery_are_all_understood():
    healthy = [good(text=str(n)) for n in range(1000)]

    assert_harmless(
        [hostile.as_bytes(hostile.delivery(*[change for _name, change in healthy]))], [name for name, _ in healthy]
    )


def test_a_poisonous_event_costs_its_neighbours_nothing(monkeypatch):
    """Even a handler that fails on an event, for whatever reason, loses no other event of the same delivery."""
    from contactcenter.understand import messages

    real = messages.store

    def store(items):
        if any(getattr(item.event, "text", "") == "poison" for item in items):
            raise KeyError("poison")
        return real(items)

    monkeypatch.setattr(messages, "store", store)
    before, bad, after = good(), good(text="poison"), good()
    raw = hostile.as_bytes(hostile.delivery(before[1], bad[1], after[1]))

    assert post_and_digest([raw]) == [200]
    assert stored([before[0], bad[0], after[0]]) == {before[0], after[0]}
    [letter] = DeadLetter.objects.all()
    assert (letter.kind, letter.number, bytes(letter.body)) == ("KeyError", NUMBER, raw)


@pytest.mark.skipif(not (SHARED / "payloads").is_dir(), reason="the shared payloads are not on this machine")
def test_known_payloads_with_something_wrong_in_them():
    chance = random.Random(7)
    bodies, neighbours = [], []
    for path in sorted((SHARED / "payloads").rglob("wh_*.json")):
        try:
            body = json.loads(path.read_bytes())
        except ValueError:
            continue
        if not isinstance(body, dict) or not isinstance(body.get("entry"), list):
            continue
        body = json.loads(json.dumps(body).replace('"106540352242922"', f'"{NUMBER}"'))
        everywhere = [place for place in hostile.places(body) if len(place) > 2]
        for place in chance.sample(everywhere, min(4, len(everywhere))):
            value = chance.choice([*HOSTILE.values(), MISSING])
            raw, neighbour = beside_a_good_one(hostile.with_value(body, place, value))
            bodies.append(raw)
            neighbours.append(neighbour)

    assert bodies
    assert_harmless(bodies, neighbours)


# Who signs what


RAW = b'{"object": "whatsapp_business_account", "entry": []}'


def ask(raw, *headers, pieces=None):
    async def once():
        webhook_door = door.WebhookDoor()
        await webhook_door.start()
        try:
            return await call(webhook_door, "POST", PATH, headers=headers, pieces=pieces or [raw])
        finally:
            await webhook_door.stop()

    return asyncio.run(once())[0]


def signed(raw, secret=None):
    return ("X-Hub-Signature-256", sign(raw, secret or settings.WHATSAPP_APP_SECRETS[0]))


def kept():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM providers_delivery")
        return cursor.fetchone()[0]


FORGED = {
    "nobody signed": (RAW, None),
    "another app signed": (RAW, lambda: signed(RAW, "another app's secret")),
    "one byte was changed": (RAW.replace(b"[", b"{"), lambda: signed(RAW)),
    "the JSON was written anew": (json.dumps(json.loads(RAW), indent=1).encode(), lambda: signed(RAW)),
    "the body was packed on the way": (gzip.compress(RAW), lambda: signed(RAW)),
    "the old header": (RAW, lambda: ("X-Hub-Signature", "sha1=" + "0" * 40)),
    "a sha1 in the new header": (RAW, lambda: ("X-Hub-Signature-256", "sha1=" + "0" * 40)),
    "too short": (RAW, lambda: ("X-Hub-Signature-256", signed(RAW)[1][:-1])),
    "no prefix": (RAW, lambda: ("X-Hub-Signature-256", signed(RAW)[1][7:])),
    "not ASCII": (RAW, lambda: ("X-Hub-Signature-256", "sha256=" + "é" * 64)),
    "an empty body under another's signature": (b"", lambda: signed(RAW)),
}


def test_what_meta_did_not_sign_is_refused_before_anything_reads_it():
    answers = {what: ask(body, *([sign()] if sign else [])) for what, (body, sign) in FORGED.items()}

    assert answers == dict.fromkeys(FORGED, 401)
    assert kept() == 0


def test_what_meta_signed_is_kept_whatever_it_is():
    for raw in WHOLE.values():
        assert ask(raw, signed(raw)) == 200

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM providers_delivery ORDER BY id")
        assert [bytes(body) for (body,) in cursor.fetchall()] == list(WHOLE.values())


def test_capital_digits_and_a_body_in_pieces_are_as_good():
    header, value = signed(RAW)

    assert ask(RAW, (header, value.replace(value[7:], value[7:].upper()))) == 200
    assert ask(RAW, (header, value), pieces=[RAW[:10], RAW[10:11], b"", RAW[11:]]) == 200
    assert kept() == 2
