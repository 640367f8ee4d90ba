"""Deliveries that nobody should send: kept, never raised, and harmless to what stands beside them."""

import copy
import json
import os

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.webhooks.events import InboundMessage, StatusUpdate, Unknown
from providers.webhooks.parser import _READERS, MAX_EVENTS, UNUSED, parse_delivery, routing_key

EXAMPLES = int(os.environ.get("HOSTILE_EXAMPLES", "300"))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted(_READERS | dict.fromkeys(UNUSED))) | st.text(max_size=10)
GOOD = {"id": "wamid.good", "from": "1", "timestamp": "1767225600", "type": "text", "text": {"body": "still here"}}
RICH = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "1",
            "time": 1767225600,
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "metadata": {"display_phone_number": "1", "phone_number_id": "2"},
                        "contacts": [{"wa_id": "1", "user_id": "US.1", "profile": {"name": "A", "username": "a"}}],
                        "messages": [
                            GOOD | {"id": "m1", "context": {"id": "c", "forwarded": True}, "referral": {"a": 1}},
                            GOOD | {"id": "m2", "type": "reaction", "reaction": {"message_id": "x", "emoji": "y"}},
                            GOOD | {"id": "m3", "type": "location", "location": {"latitude": 1, "longitude": 2}},
                            GOOD | {"id": "m4", "type": "edit", "edit": {"original_message_id": "x", "message": {}}},
                            GOOD | {"id": "m5", "type": "system", "system": {"type": "t", "wa_id": "2"}},
                            GOOD | {"id": "m6", "type": "order", "order": {"product_items": [{"quantity": 1}]}},
                        ],
                        "statuses": [
                            {
                                "id": "s",
                                "status": "sent",
                                "pricing": {"billable": True},
                                "conversation": {"origin": {}},
                                "errors": [{"code": 1, "error_data": {"details": "d"}}],
                            }
                        ],
                        "errors": [{"code": 1}],
                    },
                },
                {"field": "message_template_status_update", "value": {"event": "E", "message_template_id": 1}},
                {
                    "field": "account_update",
                    "value": {"event": "E", "restriction_info": [{"expiration": 1}], "ban_info": {}, "waba_info": {}},
                },
            ],
        }
    ],
}


def beside(*strange):
    """A delivery whose messages are ``strange`` ones around a good one."""
    half = len(strange) // 2
    messages = [*strange[:half], GOOD, *strange[half:]]
    value = {"metadata": {"phone_number_id": "2"}, "messages": messages}
    return {"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}


def texts(node):
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, inner in node.items():
            yield key
            yield from texts(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from texts(inner)


def storable(found):
    """Whether a PostgreSQL text or jsonb column takes all of it; orjson itself refuses what is no JSON."""
    written = orjson.loads(orjson.dumps([(type(event).__name__, event) for event in found]))
    return not any("\x00" in text for text in texts(written))


def goods(found):
    return [event for event in found if isinstance(event, InboundMessage) and event.provider_id == "wamid.good"]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_parsed(raw):
    assert storable(parse_delivery(raw))
    assert isinstance(routing_key(raw), str)


@settings(max_examples=EXAMPLES, deadline=None)
@given(ANYTHING)
def test_any_json_is_parsed(body):
    assert storable(parse_delivery(json.dumps(body).encode()))


@settings(max_examples=EXAMPLES, deadline=None)
@given(FIELDS, ANYTHING, ANYTHING)
def test_any_value_in_any_field_is_parsed(field, value, change):
    body = {"entry": [{"id": "1", "changes": [{"field": field, "value": value}, change]}, change]}

    assert storable(parse_delivery(json.dumps(body).encode()))


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(ANYTHING, max_size=4))
def test_a_good_message_survives_its_neighbours(strange):
    found = parse_delivery(json.dumps(beside(*strange)).encode())

    assert len(goods(found)) == 1
    assert len(found) == len(strange) + 1
    assert sorted({event.position for event in found}) == [event.position for event in found]


def places(node, path=()):
    yield path
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from places(inner, (*path, key))
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from places(inner, (*path, number))


PLACES = [path for path in places(RICH) if path]


@settings(max_examples=EXAMPLES * 5 // 3, deadline=None)
@given(st.sampled_from(PLACES), ANYTHING)
def test_any_part_of_a_real_delivery_may_be_replaced_by_anything(path, anything):
    body = copy.deepcopy(RICH)
    node = body
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = anything

    found = parse_delivery(json.dumps(body).encode())

    assert storable(found)
    if path[:4] != ("entry", 0, "changes", 0) and len(path) > 3:
        assert [event.provider_id for event in found if isinstance(event, InboundMessage)] == ["m1", "m3", "m6"]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"x"',
        b"NaN",
        b"{",
        b'{"entry":{}}',
        b'{"entry":[null,[],3]}',
        b"[" * 100_000,
        b'{"entry":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"entry":[{"id":"1","changes":[{"field":"messages","value":' + b"[" * 900 + b"]" * 900 + b"}]}]}",
    ],
)
def test_bodies_that_are_no_deliveries_become_unknowns(raw):
    found = parse_delivery(raw)

    assert found and all(isinstance(event, Unknown) for event in found)
    assert storable(found)


def test_nothing_in_a_delivery_is_no_event():
    assert parse_delivery(b'{"object":"whatsapp_business_account","entry":[]}') == []


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800", "\\udfff"])
def test_characters_that_no_database_takes_become_a_replacement(bad):
    raw = json.dumps(beside()).replace("still here", f"a{bad}b").replace("wamid.good", f"wamid.{bad}").encode()
    [event] = parse_delivery(raw)

    assert (event.text, event.provider_id) == ("a\ufffdb", "wamid.\ufffd")


def test_broken_utf_8_beside_a_message_costs_only_the_broken_characters():
    raw = json.dumps(beside()).encode().replace(b"still here", b"still \xff here")
    [event] = parse_delivery(raw)

    assert event.text == "still \ufffd here"


@pytest.mark.parametrize("number", ["1" * 400, "-1e400", "1e400", "123456789012345678901234567890"])
def test_numbers_that_nothing_can_hold_harm_nobody(number):
    raw = json.dumps(beside({"id": "x", "from": "2", "type": "new", "new": "N"})).replace('"N"', number).encode()
    found = parse_delivery(raw)

    assert len(goods(found)) == 1 and len(found) == 2
    assert storable(found)


def test_an_id_that_no_index_can_hold_is_kept_as_a_piece():
    long_id, long_person = GOOD | {"id": "w" * 3000}, GOOD | {"id": "x", "from": "1" * 3000}
    found = parse_delivery(json.dumps(beside(long_id, long_person)).encode())

    assert [type(event) for event in found] == [Unknown, InboundMessage, Unknown]


def test_a_status_of_a_neighbour_survives_a_broken_list_of_messages():
    value = {"messages": {"no": "list"}, "statuses": [{"id": "s", "status": "read"}], "errors": 5}
    body = {"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}
    found = parse_delivery(json.dumps(body).encode())

    assert [type(event) for event in found] == [Unknown, StatusUpdate, Unknown]


def test_a_flood_of_empty_entries_is_cut_off():
    found = parse_delivery(b'{"entry":[' + b"{}," * 100_000 + b"{}]}")

    assert len(found) == MAX_EVENTS + 1
    assert (found[-1].kind, found[-1].reason) == ("too_many", f"{100_001 - MAX_EVENTS} more entries")
