"""What we ask the Graph API, and what its answers mean."""

import json
from pathlib import Path

import pytest

from providers.base import (
    Acceptance,
    Badge,
    BusinessVerification,
    Health,
    MessagingLimit,
    NameStatus,
    NumberStatus,
    OutcomeUnknown,
    ProviderError,
    Quality,
    Recipient,
    TemplateKind,
    TemplateState,
)
from providers.cloud_api import accounts, classify_answer, media, messages, numbers, templates
from providers.cloud_api.reading import parse_id, parse_page, parse_success

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "payloads"


def outgoing(content, to="+52 1 555 000 1111", **more):
    return messages.outgoing("7", to=to, content=content, **more).json


# Messages


def test_a_text_names_the_person_with_a_plus_and_carries_our_reference():
    body = outgoing({"type": "text", "body": "Hola"}, reply_to="wamid.0", reference="m:1")

    assert body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+5215550001111",
        "type": "text",
        "text": {"body": "Hola", "preview_url": False},
        "context": {"message_id": "wamid.0"},
        "biz_opaque_callback_data": "m:1",
    }


@pytest.mark.parametrize(
    ("to", "address"),
    [
        (Recipient(phone="52 155", bsuid="MX.1"), {"recipient_type": "individual", "to": "+52155"}),
        (Recipient(bsuid="MX.1"), {"recipient_type": "individual", "recipient": "MX.1"}),
        (Recipient(group_id="g"), {"recipient_type": "group", "to": "g"}),
    ],
)
def test_people_without_a_number_are_addressed_by_id(to, address):
    assert outgoing({"type": "text", "body": "x"}, to=to).items() >= address.items()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ({"type": "image", "media_id": "5", "caption": "c"}, {"image": {"id": "5", "caption": "c"}}),
        ({"type": "sticker", "media_id": "5", "caption": "c"}, {"sticker": {"id": "5"}}),
        (
            {"type": "audio", "link": "https://x/a.ogg", "voice": True},
            {"audio": {"link": "https://x/a.ogg", "voice": True}},
        ),
        ({"type": "document", "media_id": "5", "filename": "f.pdf"}, {"document": {"id": "5", "filename": "f.pdf"}}),
        ({"type": "location", "latitude": 1.5, "longitude": 2}, {"location": {"latitude": "1.5", "longitude": "2"}}),
        ({"type": "template", "name": "n", "language": "es"}, {"template": {"name": "n", "language": {"code": "es"}}}),
        ({"type": "contacts", "contacts": [{"name": {}}]}, {"contacts": [{"name": {}}]}),
    ],
)
def test_other_kinds(content, part):
    assert outgoing(content).items() >= part.items()


def test_a_reaction_quotes_nothing_but_names_its_message():
    body = outgoing({"type": "reaction", "message_id": "wamid.0"}, reply_to="wamid.0")

    assert body["reaction"] == {"message_id": "wamid.0", "emoji": ""} and "context" not in body


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"type": "hologram"},
        {"type": ["text"]},
        {"type": "text"},
        {"type": "text", "body": "x", "colour": "red"},
        {"type": "image"},
        {"type": "buttons", "body": "x", "buttons": [{"title": "no id"}]},
    ],
)
def test_what_cannot_be_sent_is_refused_before_it_is_asked(content):
    with pytest.raises(ValueError):
        outgoing(content)
    with pytest.raises(ValueError):
        outgoing({"type": "text", "body": "x"}, to="")
    with pytest.raises(ValueError):
        outgoing({"type": "text", "body": "x"}, reference="r" * 513)


@pytest.mark.skipif(not SHARED.exists(), reason="the published samples aren't on this machine")
@pytest.mark.parametrize(
    ("sample", "content"),
    [
        ("req_send_image", lambda b: {"type": "image", "media_id": b["image"]["id"], "caption": b["image"]["caption"]}),
        ("req_send_audio", lambda b: {"type": "audio", "media_id": b["audio"]["id"], "voice": True}),
        ("req_send_sticker", lambda b: {"type": "sticker", "media_id": b["sticker"]["id"]}),
        ("req_send_location", lambda b: {"type": "location", **b["location"]}),
        ("req_send_reaction", lambda b: {"type": "reaction", **b["reaction"]}),
        ("req_send_contacts", lambda b: {"type": "contacts", "contacts": b["contacts"]}),
        (
            "req_send_template_reservation_confirmation",
            lambda b: {
                "type": "template",
                "name": b["template"]["name"],
                "language": b["template"]["language"]["code"],
                "components": b["template"]["components"],
            },
        ),
        (
            "req_send_interactive_button",
            lambda b: {
                "type": "buttons",
                "body": b["interactive"]["body"]["text"],
                "buttons": [each["reply"] for each in b["interactive"]["action"]["buttons"]],
                "header": b["interactive"]["header"],
                "footer": b["interactive"]["footer"]["text"],
            },
        ),
        (
            "req_send_interactive_list",
            lambda b: {
                "type": "list",
                "body": b["interactive"]["body"]["text"],
                "button": b["interactive"]["action"]["button"],
                "sections": b["interactive"]["action"]["sections"],
                "header": b["interactive"]["header"]["text"],
                "footer": b["interactive"]["footer"]["text"],
            },
        ),
    ],
)
def test_bodies_equal_the_published_ones(sample, content):
    published = json.loads((SHARED / "messaging" / f"{sample}.json").read_text())
    built = outgoing(content(published), to=published["to"])

    published["to"] = "+" + published["to"].lstrip("+")
    published.setdefault("recipient_type", "individual")
    assert built == published


def test_marking_as_read_may_be_repeated_and_sending_may_not():
    read = messages.mark_read("7", message_id="wamid.0", typing=True)

    assert read.idempotent and not messages.outgoing("7", to="1", content={"type": "text", "body": "x"}).idempotent
    assert read.json == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.0",
        "typing_indicator": {"type": "text"},
    }


def test_what_taking_a_message_looks_like():
    contact, message = {"input": "+1", "wa_id": "1", "user_id": "US.1"}, {"id": "wamid.1"}
    held = message | {"message_status": "held_for_quality_assessment"}

    taken = messages.parse_accepted({"contacts": [contact], "messages": [message]})
    assert (taken.provider_message_id, taken.wa_id, taken.user_id) == ("wamid.1", "1", "US.1")
    assert taken.acceptance is Acceptance.ACCEPTED
    assert messages.parse_accepted({"messages": [held]}).acceptance is Acceptance.HELD
    assert messages.parse_accepted({"messages": [message | {"message_status": "new"}]}).acceptance is Acceptance.UNKNOWN
    for odd in ({}, {"messages": []}, {"messages": [{"id": None}]}, {"success": True}, []):
        with pytest.raises(OutcomeUnknown):
            messages.parse_accepted(odd)


def test_blocking_works_for_some_and_fails_for_others():
    body = {
        "error": {"code": 139100, "message": "some"},
        "block_users": {
            "added_users": [{"input": "+1", "wa_id": "1"}],
            "failed_users": [{"input": "+2", "errors": [{"code": 131047, "error_data": {"details": "late"}}]}],
        },
    }
    result = messages.parse_block(classify_answer(400, {}, json.dumps(body).encode()))

    assert result.done == ("1",)
    assert (result.failed["+2"].code, result.failed["+2"].details) == (131047, "late")
    asked = messages.block_users("7", [Recipient(bsuid="US.1"), "+1"], unblock=True)
    assert (asked.method, asked.json["block_users"]) == ("DELETE", [{"user_id": "US.1"}, {"user": "+1"}])


@pytest.mark.parametrize("item", [{"wa_id": "1"}, {"block_users": [{"input": "+1", "wa_id": "1"}]}])
def test_the_list_of_the_blocked_has_two_shapes(item):
    page = parse_page({"data": [item], "paging": {"cursors": {"after": "a"}}}, messages.parse_blocked)

    assert (page.items, page.after) == ((("1",),), "")


# Numbers, accounts, templates, files


def test_a_number_is_read_with_whatever_was_said():
    report = numbers.parse(
        {
            "id": 7,
            "display_phone_number": "+52 1 555-000",
            "name_status": "AVAILABLE_WITHOUT_REVIEW",
            "new_name_status": "SOON",
            "status": "CONNECTED",
            "quality_rating": "NA",
            "whatsapp_business_manager_messaging_limit": "TIER_2K",
            "throughput": {"level": "HIGH"},
            "official_business_account": {"oba_status": "NOT_STARTED"},
            "is_pin_enabled": True,
        }
    )

    assert (report.id, report.digits, report.status) == ("7", "521555000", NumberStatus.CONNECTED)
    assert report.name_status.is_usable and report.name_status is NameStatus.AVAILABLE_WITHOUT_REVIEW
    assert (report.new_name_status, report.unknown_words) == (NameStatus.UNKNOWN, {"new_name_status": "SOON"})
    assert (report.quality, report.messaging_limit) == (Quality.NOT_RATED, MessagingLimit.TIER_2K)
    assert (report.messages_per_second, report.badge, report.is_pin_enabled) == (1000, Badge.NOT_STARTED, True)
    assert report.code_verification is None and report.is_official is None


@pytest.mark.parametrize("odd", [None, [], "x", {"throughput": 5, "status": {}, "official_business_account": []}])
def test_a_number_of_a_strange_shape_is_an_empty_report(odd):
    assert numbers.parse(odd).status is None


@pytest.mark.parametrize(
    ("said", "meant"),
    [("verified", "verified"), ("UNVERIFIED", "not_verified"), ("brand_new", "unknown"), (None, "unknown")],
)
def test_verification_is_compared_without_case(said, meant):
    report = accounts.parse_business({"id": "1", "verification_status": said})

    assert report.verification is BusinessVerification(meant)


def test_a_code_loses_its_hyphen_and_secrets_are_masked_in_logs():
    asked = numbers.verify_code("7", code=" 123-830 ")

    assert asked.json == {"code": "123830"}
    for request, secret in (
        (asked, "123830"),
        (numbers.register("7", pin="424242"), "424242"),
        (numbers.set_pin("7", pin="424242"), "424242"),
        (accounts.exchange_code(app_id="1", app_secret="shh-app", code="shh-code"), "shh"),
        (accounts.debug_token("shh-token"), "shh"),
        (accounts.subscribe_app("1", callback_url="https://x", verify_token="shh-verify"), "shh"),
        (media.upload("7", content=b"secret bytes", mime_type="image/png", filename="f"), "secret bytes"),
    ):
        assert secret not in str(request.for_log())
    template = messages.outgoing("7", to="1", content={"type": "template", "name": "n", "language": "es_MX"})
    assert "es_MX" in str(template.for_log())  # its "code" is no secret


def test_an_id_cannot_walk_to_another_place():
    assert numbers.fetch("../1/../me").path == "..%2F1%2F..%2Fme"
    assert numbers.fetch("1?fields=x").path == "1%3Ffields%3Dx"


def test_an_upload_session_keeps_its_signature():
    asked = media.continue_upload("upload:MTph=?sig=ARZ", content=b"abc", offset=1)

    assert (asked.path, asked.query, asked.body, asked.auth) == ("upload:MTph%3D", {"sig": "ARZ"}, b"bc", "OAuth")


def test_a_new_template_may_come_back_in_a_dearer_category():
    asked = templates.create("1", name="n", language="es", category="utility", components=[{"type": "BODY"}])
    report = templates.parse({"id": "9", "status": "APPROVED", "category": "MARKETING"}, asked=asked.json)

    assert asked.json["category"] == "UTILITY" and "parameter_format" not in asked.json
    assert (report.name, report.language, report.state) == ("n", "es", TemplateState.APPROVED)
    assert report.category is TemplateKind.MARKETING
    assert templates.delete("1", name="n", template_id="9").query == {"name": "n", "hsm_id": "9"}


@pytest.mark.skipif(not SHARED.exists(), reason="the published samples aren't on this machine")
def test_published_answers_are_read():
    def read(name):
        return json.loads((SHARED / name).read_text())

    page = parse_page(read("messaging/res_template_list_page_with_cursors.json"), templates.parse)
    assert page.items and all(item.id and item.state is TemplateState.APPROVED for item in page.items)
    scored = templates.parse(read("messaging/res_template_quality_score.json"))
    assert scored.quality is Quality.GREEN
    token = accounts.parse_token_report(read("onboarding/api_get_debug_token__granular_scopes.json"))
    assert token.is_valid and len(token.targets["whatsapp_business_management"]) == 2
    health = accounts.parse_health(read("onboarding/api_get_health_status__blocked_template.json"))
    assert (health.state, health.problems[0].code) == (Health.BLOCKED, 141002)
    limited = accounts.parse_health(read("onboarding/api_get_health_status__limited_display_name.json"))
    assert limited.state is Health.LIMITED and limited.problems[0].description
    profile = numbers.parse_profile(read("onboarding/api_get_whatsapp_business_profile.json"))
    assert profile.about and len(profile.websites) == 2
    coexisting = numbers.parse(read("onboarding/api_get_phone_number__coexistence.json"))
    assert (coexisting.is_on_business_app, coexisting.messages_per_second) == (True, 20)
    [app] = parse_page(
        read("onboarding/api_get_subscribed_apps__with_override.json"), accounts.parse_subscription
    ).items
    assert app.app_id and app.callback_url.startswith("https://")
    waba = accounts.parse_waba(read("onboarding/api_get_waba__fields.json"))
    assert (waba.currency, waba.business_verification) == ("USD", BusinessVerification.VERIFIED)
    info = media.parse_info(read("messaging/res_media_retrieve_url.json"))
    assert (info.size, info.mime_type) == (303833, "image/jpeg")


def test_success_that_says_no_is_an_error_and_a_thing_made_has_an_id():
    parse_success({"success": True})
    with pytest.raises(ProviderError):
        parse_success({"success": False})
    assert parse_id({"id": 5}) == "5"
    with pytest.raises(OutcomeUnknown):
        parse_id({})


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        ("lookaside.fbsbx.com", True),
        ("fbsbx.com", True),
        ("evilfbsbx.com", False),
        ("fbsbx.com.evil.example", False),
        ("", False),
    ],
)
def test_files_lie_only_at_meta(host, trusted):
    assert media.is_trusted_host(host) is trusted


def test_a_profile_has_no_other_fields():
    with pytest.raises(ValueError, match="favourite_colour"):
        numbers.update_profile("7", favourite_colour="red")
