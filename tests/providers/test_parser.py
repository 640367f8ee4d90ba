"""Deliveries as Meta sends them, in our words."""

import json
from pathlib import Path

import pytest

from providers.base import MessagingLimit, NameStatus, Quality, ReviewDecision, TemplateKind, TemplateState
from providers.webhooks import events
from providers.webhooks.events import Identity, Unknown
from providers.webhooks.parser import parse_delivery, routing_key

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "payloads"
SAMPLES = sorted([*SHARED.glob("messaging/**/wh_*.json"), *SHARED.glob("onboarding/webhook_*.json")])

WABA, NUMBER, ANA = "900100", "700100", "5215550001"


def delivery(value, field="messages", waba=WABA, **entry):
    return json.dumps({"object": "x", "entry": [{"id": waba, "changes": [{"field": field, "value": value}]} | entry]})


def about_number(**value):
    return {"metadata": {"display_phone_number": "525550009", "phone_number_id": NUMBER}} | value


def one(value, field="messages", **entry):
    [event] = parse_delivery(delivery(value, field, **entry).encode())
    return event


def inbound(kind="text", people=None, **fields):
    message = {"id": "wamid.1", "from": ANA, "timestamp": "1767225600", "type": kind} | fields
    people = [{"wa_id": ANA, "profile": {"name": "Ana"}}] if people is None else people
    return one(about_number(contacts=people, messages=[message]))


def status(**fields):
    return one(about_number(statuses=[{"id": "wamid.9", "timestamp": 1767225600, "recipient_id": ANA} | fields]))


@pytest.mark.skipif(not SAMPLES, reason="the published samples aren't on this machine")
def test_every_published_sample_is_understood_or_kept():
    for path in SAMPLES:
        found = parse_delivery(path.read_bytes())
        assert found, path.name
        kinds = {event.kind for event in found if isinstance(event, Unknown)}
        bare = path.name in {"wh_status_failed_legacy_onprem_1026.json", "wh_value_history_declined_error.json"}
        assert kinds <= ({"unexpected_shape"} if bare else {"recognised_but_unused"}), path.name


def test_a_text_has_its_place_its_time_and_its_sender():
    event = inbound(text={"body": "¿Abren hoy?"}, from_user_id="MX.77")

    assert isinstance(event, events.InboundMessage)
    assert (event.waba_id, event.phone_number_id, event.position) == (WABA, NUMBER, (0, 0, 0))
    assert (event.provider_id, event.type, event.text) == ("wamid.1", "text", "¿Abren hoy?")
    assert (event.at_ms, event.time_problem) == (1767225600000, "")
    assert event.sender == Identity(wa_id=ANA, bsuid="MX.77", profile_name="Ana")


@pytest.mark.parametrize(
    ("kind", "fields", "text", "content"),
    [
        (
            "image",
            {"image": {"id": 5, "mime_type": "image/png", "sha256": "s", "caption": "Roto"}},
            "Roto",
            {"media_id": "5", "mime_type": "image/png", "sha256": "s", "caption": "Roto"},
        ),
        ("audio", {"audio": {"id": "6", "voice": True}}, "", {"media_id": "6", "voice": True}),
        ("button", {"button": {"payload": "P", "text": "Sí"}}, "Sí", {"payload": "P", "text": "Sí"}),
        (
            "interactive",
            {"interactive": {"type": "list_reply", "list_reply": {"id": "a", "title": "Envío", "description": "d"}}},
            "Envío",
            {"kind": "list_reply", "id": "a", "title": "Envío", "description": "d"},
        ),
        (
            "interactive",
            {"interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": '{"n":"\\u0000"}'}}},
            "",
            {"kind": "nfm_reply", "name": "flow", "answers": {"n": "\ufffd"}},
        ),
        (
            "location",
            {"location": {"latitude": "19.4", "longitude": 999, "name": "Obelisco"}},
            "Obelisco",
            {"latitude": 19.4, "longitude": None, "name": "Obelisco"},
        ),
        (
            "contacts",
            {"contacts": [{"name": {"formatted_name": "Luz"}}, 3]},
            "Luz",
            {"contacts": [{"name": {"formatted_name": "Luz"}}]},
        ),
        (
            "order",
            {"order": {"catalog_id": "c", "text": "Gracias", "product_items": [{"quantity": "2", "item_price": 9.5}]}},
            "Gracias",
            {"catalog_id": "c", "items": [{"quantity": 2, "item_price": 9.5}]},
        ),
        ("unsupported", {"unsupported": {"type": "poll"}}, "", {"kind": "poll"}),
        ("hologram", {"hologram": {"beam": 1}}, "", {"piece": {"beam": 1}}),
    ],
)
def test_what_a_message_says(kind, fields, text, content):
    event = inbound(kind, **fields)

    assert (event.type, event.text, event.content) == (kind, text, content)


def test_context_referral_and_group_are_kept():
    event = inbound(
        text={"body": "x"},
        context={"id": "wamid.0", "from": "9", "frequently_forwarded": True, "referred_product": {"catalog_id": "c"}},
        referral={"source_type": "ad", "ctwa_clid": "z"},
        group_id="g",
        errors=[{"code": 131051, "title": "t", "error_data": {"details": "d"}}],
    )

    assert (event.context_id, event.context_from, event.group_id) == ("wamid.0", "9", "g")
    assert event.forwarded and event.often_forwarded
    assert event.referred_product == {"catalog_id": "c"}
    assert event.referral == {"source_type": "ad", "ctwa_clid": "z"}
    assert event.errors == [events.ErrorInfo(131051, "t", "d")]


def test_people_are_joined_by_id_and_never_by_place():
    value = about_number(
        contacts=[
            {"wa_id": "2", "profile": {"name": "Bea"}},
            {"user_id": "MX.1", "profile": {"name": "Ana", "username": "@ana"}},
        ],
        messages=[
            {"id": "a", "from_user_id": "MX.1", "timestamp": "1767225600", "type": "text", "text": {"body": "1"}},
            {"id": "b", "from": "2", "timestamp": "1767225600", "type": "text", "text": {"body": "2"}},
            {"id": "c", "from": "3", "timestamp": "1767225600", "type": "text", "text": {"body": "3"}},
        ],
    )

    names = [event.sender.profile_name for event in parse_delivery(delivery(value).encode())]

    assert names == ["Ana", "Bea", None]


def test_one_contact_beside_one_message_lends_its_name_but_not_its_ids():
    event = inbound(
        people=[{"wa_id": "5511999990000", "user_id": "BR.1", "profile": {"name": "Rui"}}], text={"body": "x"}
    )

    assert event.sender == Identity(wa_id=ANA, profile_name="Rui")


@pytest.mark.parametrize("missing", [{"from": None}, {"from": ""}, {"from": ["x"]}])
def test_a_person_without_a_phone_is_known_by_their_user_id(missing):
    event = inbound(text={"body": "x"}, people=[], from_user_id="US.1", from_parent_user_id="US.ENT.2", **missing)

    assert event.sender == Identity(bsuid="US.1", parent_bsuid="US.ENT.2")


@pytest.mark.parametrize(("sent", "kept"), [({"emoji": "👍"}, "👍"), ({"emoji": ""}, None), ({}, None)])
def test_a_reaction_without_an_emoji_is_taken_back(sent, kept):
    event = inbound("reaction", reaction={"message_id": "wamid.0"} | sent)

    assert isinstance(event, events.Reaction)
    assert (event.target_id, event.emoji) == ("wamid.0", kept)


def test_edits_and_deletions_name_the_message_they_change():
    edit = inbound(
        "edit", edit={"original_message_id": "wamid.0", "message": {"type": "text", "text": {"body": "mejor"}}}
    )
    revoke = inbound("revoke", revoke={"original_message_id": "wamid.0"})

    assert (type(edit), edit.target_id, edit.type, edit.text) == (events.Edit, "wamid.0", "text", "mejor")
    assert (type(revoke), revoke.target_id) == (events.Revoke, "wamid.0")


def test_a_changed_number_links_the_old_and_the_new_person():
    event = one(
        about_number(
            messages=[
                {
                    "id": "s",
                    "from": "1",
                    "timestamp": "1767225600",
                    "type": "system",
                    "system": {
                        "type": "user_changed_user_id",
                        "body": "b",
                        "wa_id": "2",
                        "user_id": "US.2",
                        "previous_user_id": "US.1",
                    },
                }
            ]
        )
    )

    assert (type(event), event.kind) == (events.SystemChange, "user_changed_user_id")
    assert (event.old, event.new) == (Identity(wa_id="1", bsuid="US.1"), Identity(wa_id="2", bsuid="US.2"))


def test_what_the_business_wrote_in_its_app_is_an_echo_to_the_person():
    echoes = {"message_echoes": [{"id": "e", "from": "9", "to": ANA, "timestamp": "1767225600", "type": "text"}]}
    event = one(about_number(**echoes), "smb_message_echoes")

    assert (type(event), event.recipient.wa_id, event.provider_id) == (events.MessageEcho, ANA, "e")


def test_old_messages_of_a_history_are_no_new_messages():
    old = {"id": "h", "from": ANA, "timestamp": "1767225600", "type": "text", "text": {"body": "hace meses"}}
    event = one(about_number(messages=[old]), "history")

    assert (type(event), event.kind) == (Unknown, "recognised_but_unused")


def test_a_status_tells_price_reference_and_errors():
    event = status(
        status="failed",
        biz_opaque_callback_data="m:1",
        pricing={
            "billable": False,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "authentication-international",
        },
        conversation={"id": "c", "origin": {"type": "referral_conversion"}, "expiration_timestamp": "1767484800"},
        errors=[{"code": "131026", "title": "t", "details": "old form"}],
    )

    assert isinstance(event, events.StatusUpdate)
    assert (event.status, event.reference, event.recipient.wa_id) == ("failed", "m:1", ANA)
    assert event.pricing == events.Pricing("regular", "authentication_international", False, "PMP")
    assert (event.conversation_origin, event.conversation_expires_at_ms) == ("referral_conversion", 1767484800000)
    assert event.errors == [events.ErrorInfo(131026, "t", "old form")]


def test_a_delivery_after_a_failure_wins_and_a_failure_after_sending_too():
    words = ["sent", "failed", "delivered", "read", "played"]
    steps = [status(status=word).ladder for word in words]

    assert steps == sorted(set(steps))
    assert [status(status=word).rank for word in words] == [1, 0, 2, 3, 4]
    assert (status(status="teleported").status, status(status="teleported").ladder) == ("teleported", 0)


def test_a_status_in_a_group_names_the_group_and_who_in_it():
    event = status(status="read", recipient_type="group", recipient_id="g", recipient_participant_id="8")

    assert (event.group_id, event.participant.wa_id, event.recipient.wa_id) == ("g", "8", "8")


def test_a_fault_of_the_number_stands_beside_its_messages():
    value = about_number(errors=[{"code": 130429, "title": "t"}], statuses=[{"id": "i", "status": "sent"}])

    found = parse_delivery(delivery(value).encode())

    assert [type(event) for event in found] == [events.StatusUpdate, events.AccountError]
    assert [event.position for event in found] == [(0, 0, 0), (0, 0, 1)]
    assert found[1].error.code == 130429


def test_a_call_of_a_person_is_told_from_one_of_the_business():
    call = {"id": "k", "from": ANA, "to": "9", "event": "connect", "timestamp": "1767225600"}
    theirs = one(about_number(calls=[call | {"direction": "USER_INITIATED"}]), "calls")
    ours = one(about_number(calls=[call | {"from": "9", "to": ANA, "direction": "BUSINESS_INITIATED"}]), "calls")

    assert (theirs.is_inbound, theirs.person.wa_id) == (True, ANA)
    assert (ours.is_inbound, ours.person.wa_id) == (False, ANA)


@pytest.mark.parametrize("value", ["stop", "resume", "signup"])
def test_wishes_about_marketing(value):
    wish = {"wa_id": ANA, "category": "marketing_messages", "value": value, "timestamp": 1767225600}
    event = one(about_number(user_preferences=[wish]), "user_preferences")

    assert (type(event), event.value, event.person.wa_id) == (events.UserPreference, value, ANA)
    assert event.at_ms == 1767225600000


def test_a_rejected_template_says_why_wherever_the_reason_stands():
    value = {
        "event": "REJECTED",
        "message_template_id": 12345678901234567,
        "message_template_name": "aviso",
        "message_template_language": "en-us",
        "reason": "INVALID_FORMAT",
        "message_template_category": "UTILITY",
    }
    why = {"reason": "r", "recommendation": "c"}
    field = "message_template_status_update"
    inside = one(value | {"rejection_info": why}, field, time=1767225600)
    body = json.loads(delivery(value, field))
    body["entry"][0]["changes"][0]["rejection_info"] = why
    [outside] = parse_delivery(json.dumps(body).encode())

    for event in (inside, outside):
        assert (event.template_id, event.language) == ("12345678901234567", "en_US")
        assert (event.state, event.category) == (TemplateState.REJECTED, TemplateKind.UTILITY)
        assert (event.reason, event.rejection_reason, event.recommendation) == ("INVALID_FORMAT", "r", "c")
    assert inside.at_ms == 1767225600000


def test_an_unheard_of_template_event_is_unknown_and_kept():
    event = one({"event": "FROZEN", "message_template_id": "1"}, "message_template_status_update")

    assert (event.state, event.word) == (TemplateState.UNKNOWN, "FROZEN")


def test_quality_is_told_by_its_content_though_the_field_says_status():
    value = {"message_template_id": 1, "previous_quality_score": "GREEN", "new_quality_score": "YELLOW"}
    event = one(value, "message_template_status_update")

    assert (type(event), event.previous, event.new) == (events.TemplateQuality, Quality.GREEN, Quality.YELLOW)


def test_a_coming_category_is_told_from_one_that_came():
    marketing, utility = TemplateKind.MARKETING, TemplateKind.UTILITY
    base = {"message_template_id": 1, "message_template_name": "n", "message_template_language": "es"}
    coming = one(
        base | {"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1767225600},
        "template_category_update",
    )
    done = one(base | {"previous_category": "UTILITY", "new_category": "MARKETING"}, "template_category_update")
    seen = one(base | {"category": "UTILITY", "correct_category": "MARKETING"}, "template_correct_category_detection")

    assert (coming.phase, coming.current, coming.correct) == ("coming", utility, marketing)
    assert coming.effective_at_ms == 1767225600000
    assert (done.phase, done.previous, done.current) == ("done", utility, marketing)
    assert (seen.phase, seen.current, seen.correct) == ("detected", utility, marketing)


def test_changed_components():
    value = {
        "message_template_id": 1,
        "message_template_element": "Hola {{1}}.",
        "message_template_buttons": [
            {"message_template_button_type": "URL", "message_template_button_url": "https://x"}
        ],
    }
    event = one(value, "message_template_components_update")

    assert (event.body, event.buttons) == ("Hola {{1}}.", [{"type": "URL", "url": "https://x"}])


def test_partner_news_is_about_the_waba_it_names_and_not_about_the_partner():
    named = one({"event": "PARTNER_ADDED", "waba_info": {"waba_id": "55", "owner_business_id": "66"}}, "account_update")
    nameless = one({"event": "PARTNER_APP_UNINSTALLED"}, "account_update")
    own = one({"event": "ACCOUNT_DELETED"}, "account_update")

    assert (named.waba_id, named.entry_id, named.owner_business_id) == ("55", WABA, "66")
    assert (nameless.waba_id, nameless.entry_id) == (None, WABA)
    assert own.waba_id == WABA


@pytest.mark.parametrize("expiration", [1767225600, "1767225600", "2026-01-01T00:00:00+00:00"])
def test_restrictions_and_bans(expiration):
    event = one(
        {
            "event": "ACCOUNT_RESTRICTION",
            "restriction_info": [{"restriction_type": "RESTRICTED_UTILITY_TEMPLATES", "expiration": expiration}],
            "ban_info": {"waba_ban_state": ["SCHEDULE_FOR_DISABLE"]},
        },
        "account_update",
    )

    assert event.restrictions == [events.Restriction("RESTRICTED_UTILITY_TEMPLATES", 1767225600000)]
    assert event.ban_state == "SCHEDULE_FOR_DISABLE"


def test_both_misplaced_fields_are_tolerated():
    value = {"event": "PARTNER_APP_INSTALLED", "waba_info": {"waba_id": "55"}}
    in_entry = {"entry": [{"id": "1", "changes": [{"value": value}], "field": "account_update"}]}
    in_value = {"entry": [{"id": "1", "changes": [{"value": value | {"field": "account_update"}}]}]}

    for body in (in_entry, in_value):
        [event] = parse_delivery(json.dumps(body).encode())
        assert (type(event), event.waba_id) == (events.AccountUpdate, "55")


def test_news_about_numbers_and_accounts():
    name = one(
        {"display_phone_number": "52", "decision": "REJECTED", "rejection_reason": "R"}, "phone_number_name_update"
    )
    speed = one(
        {"display_phone_number": "52", "event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"},
        "phone_number_quality_update",
    )
    flagged = one(
        {"display_phone_number": "52", "event": "FLAGGED", "current_limit": "TIER_10K"}, "phone_number_quality_update"
    )
    review = one({"decision": "APPROVED"}, "account_review_update")
    alert = one(
        {"entity_type": "PHONE_NUMBER", "entity_id": "7", "alert_info": {"alert_type": "OBA_APPROVED"}},
        "account_alerts",
    )
    pin = one({"display_phone_number": "52", "event": "PIN_CHANGED"}, "security")

    assert (name.name_status, name.display_phone_number) == (NameStatus.DECLINED, "52")
    assert speed.limit is None  # "unlimited" speaks of throughput here
    assert flagged.limit is MessagingLimit.TIER_10K
    assert review.decision is ReviewDecision.APPROVED
    assert (alert.alert_type, alert.phone_number_id) == ("OBA_APPROVED", "7")
    assert (pin.event, pin.display_phone_number) == ("PIN_CHANGED", "52")


@pytest.mark.parametrize(
    ("said", "limit", "people"),
    [
        (2000, MessagingLimit.TIER_2K, 2000),
        ("TIER_10K", MessagingLimit.TIER_10K, 10000),
        (-1, MessagingLimit.UNLIMITED, None),
        ("UNLIMITED", MessagingLimit.UNLIMITED, None),
        (777, MessagingLimit.UNKNOWN, 777),
    ],
)
def test_capability_comes_in_four_spellings(said, limit, people):
    event = one(
        {"max_daily_conversations_per_business": said, "max_phone_numbers_per_waba": 25}, "business_capability_update"
    )

    assert (event.messaging_limit, event.max_people_per_day, event.max_phone_numbers) == (limit, people, 25)


@pytest.mark.parametrize(
    ("sent", "at_ms", "problem"),
    [
        ("1767225600", 1767225600000, ""),
        (1767225600, 1767225600000, ""),
        ("1767225600123", 1767225600123, ""),
        (1767225600.5, 1767225600500, ""),
        (None, None, "missing"),
        ("", None, "missing"),
        (-1767225600, None, "absurd"),
        (0, None, "absurd"),
        (10**30, None, "absurd"),
        ("9" * 5000, None, "absurd"),
        ("mañana", None, "absurd"),
        ("nan", None, "absurd"),
        (True, None, "absurd"),
        ({}, None, "absurd"),
    ],
)
def test_times_are_milliseconds_or_flagged(sent, at_ms, problem):
    event = inbound(text={"body": "x"}, timestamp=sent)

    assert (event.at_ms, event.time_problem) == (at_ms, problem)


def test_the_routing_key_is_the_number_then_the_account():
    by_number = delivery(about_number(messages=[])).encode()
    by_account = delivery({"event": "ACCOUNT_DELETED"}, "account_update").encode()
    faked = delivery({"text": '"phone_number_id":"666"'}, "account_update").encode()

    assert routing_key(by_number) == NUMBER
    assert routing_key(by_account) == routing_key(faked) == WABA
    assert routing_key(b'{"entry":[{"changes":[{"value":{"waba_info":{"waba_id": "55"}}}],"id":"1"}]}') == "55"
    assert routing_key(b"\xff\x00{") == routing_key(b"") == ""
