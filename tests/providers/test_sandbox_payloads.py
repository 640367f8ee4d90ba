"""The published request samples, pointed at the sandbox: each gets the documented answer."""

import json
from pathlib import Path

import pytest

from tests.providers.sandbox_server import Receiver, Sandbox

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "payloads"
MESSAGING = sorted((SHARED / "messaging").glob("req_*.json"))
TEMPLATES = sorted((SHARED / "messaging").glob("tpl_*.json"))
INVALID = sorted((SHARED / "messaging" / "made-by-hand").glob("tpl_invalid_*.json"))
REQUESTS = sorted((SHARED / "onboarding").glob("openapi_post_*request*.json"))

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the samples are not on this machine")

FRIEND = "16505551234"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
NOT_HERE = ("req_encrypted_", "req_waba_creative_features")
"""Calls that the sandbox doesn't do: they are refused, never swallowed."""
A_RESPONSE = "req_template_edit_category_only_3"
"""This sample is an answer, not a request."""
NO_TYPE = "req_send_reply_to_list_message"
"""This sample leaves out ``type``, so it is a text without a text."""


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    receiver = Receiver()
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    sandbox.control("options", enforce_throughput=False, enforce_hourly_calls=False)
    sandbox.control("mood", kind="templates", mood="hold")
    waba = sandbox.waba()
    number = sandbox.number(waba, "3155550142")
    wamid = sandbox.control("inbound", number=number, phone=FRIEND, text="hello")["id"]
    media = {}
    for kind, mime in (
        ("image", "image/png"),
        ("audio", "audio/ogg"),
        ("video", "video/mp4"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ):
        media[kind] = sandbox.http.post(
            f"{sandbox.url}/v26.0/{number}/media",
            data={"messaging_product": "whatsapp"},
            files={"file": (f"f.{kind}", PNG, mime)},
            timeout=10,
        ).json()["id"]
    for path in TEMPLATES:
        body = json.loads(path.read_text())
        if "languages" in body:
            continue
        answer = sandbox.post(f"{waba}/message_templates", filled(body))
        if answer.ok:
            sandbox.control("decide", kind="templates", subject=answer.json()["id"], approve=True)
    yield sandbox, waba, number, wamid, media
    sandbox.stop()
    receiver.close()


def filled(value, wamid="", media=None, kind=""):
    """A sample with its placeholders replaced: recipients, media and message ids of this sandbox."""
    if isinstance(value, list):
        return [filled(item, wamid, media, kind) for item in value]
    if isinstance(value, dict):
        new = {}
        for key, item in value.items():
            if key == "to":
                item = FRIEND
            elif key == "message_id":
                item = wamid
            elif key == "id" and kind in (media or {}):
                item = media[kind]
            elif key == "link":
                item = "https://example.com/file"
            elif key == "user":
                item = f"+{FRIEND}"
            new[key] = filled(item, wamid, media, key)
        return new
    return {"<TEMPLATE_NAME>": "flow_template", "<HEADER_TYPE>": "text"}.get(value, value)


@pytest.mark.parametrize("path", [path for path in MESSAGING if path.stem != A_RESPONSE], ids=lambda path: path.stem)
def test_each_request_sample_gets_its_documented_answer(ground, path):
    sandbox, waba, number, wamid, media = ground
    body = json.loads(path.read_text())
    name = path.stem
    if name.startswith(NOT_HERE):
        edge = f"{number}/messages_encrypted" if "encrypted" in name else waba
        assert not sandbox.post(edge, body).ok
        return
    if name.startswith(("req_subscribed_apps", "req_webhook_override")):
        check_subscription(sandbox, waba, number, body)
        return
    if name.startswith("req_template_edit"):
        check_edit(sandbox, waba, name, body)
        return
    if name.startswith("req_media_upload_"):
        kind = name.rsplit("_", 1)[1]
        mime = {"audio": "audio/ogg", "image": "image/jpeg", "sticker": "image/webp"}[kind]
        answer = sandbox.http.post(
            f"{sandbox.url}/v26.0/{number}/media",
            data={"messaging_product": "whatsapp"},
            files={"file": ("file", PNG, mime)},
            timeout=10,
        )
        assert set(answer.json()) == {"id"}
        return
    group = body.get("recipient_type") == "group"
    body = filled(body, wamid, media)
    if name == "req_block_users":
        answer = sandbox.post(f"{number}/block_users", body)
        assert answer.json()["block_users"]["added_users"][0]["input"] == body["block_users"][0]["user"]
        sandbox.delete(f"{number}/block_users", body)
        return
    edge = "marketing_messages" if name.startswith("req_marketing_messages") else "messages"
    answer = sandbox.post(f"{number}/{edge}", body)
    if body.get("status") == "read":
        assert answer.json() == {"success": True}
    elif group:
        assert answer.json()["error"]["code"] == 100
    elif body.get("type") == "template":
        check_template_send(sandbox, waba, body, answer)
    elif name == NO_TYPE:
        assert answer.json()["error"]["code"] == 131008
    else:
        accepted(answer)


def accepted(answer):
    assert answer.ok, answer.text
    body = answer.json()
    assert body["messaging_product"] == "whatsapp" and body["contacts"][0]["wa_id"] == FRIEND
    assert body["messages"][0]["id"].startswith("wamid.")


def check_subscription(sandbox, waba, number, body):
    """The callbacks of the samples are replaced by one that proves itself."""
    edge = number if "webhook_configuration" in body else f"{waba}/subscribed_apps"
    part = body.get("webhook_configuration", body)
    if part.get("override_callback_uri"):
        assert sandbox.post(edge, body).json()["error"]["code"] == 2200, "nobody answers there"
        part |= {"override_callback_uri": sandbox.callback, "verify_token": "right"}
    assert sandbox.post(edge, body).json() == {"success": True}
    if edge == number:
        hooks = sandbox.get(number, fields="webhook_configuration").json()["webhook_configuration"]
        assert hooks.get("phone_number") == (part["override_callback_uri"] or None)


def check_edit(sandbox, waba, name, body):
    """Editing a refused template: it goes back into review."""
    made = sandbox.post(
        f"{waba}/message_templates",
        {
            "name": name,
            "language": "en_US",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": f"{name} left."}],
        },
    ).json()["id"]
    assert sandbox.post(made, body).json()["error"]["error_subcode"] == 2388039, "not while it is in review"
    sandbox.control("decide", kind="templates", subject=made, approve=False)
    assert sandbox.post(made, body).json() == {"success": True}
    assert sandbox.get(made, fields="status").json()["status"] == "PENDING"


def check_template_send(sandbox, waba, body, answer):
    """Accepted when the samples hold the template, else 132001 (no such template)."""
    name, language = body["template"]["name"], body["template"]["language"]["code"]
    rows = sandbox.get(f"{waba}/message_templates", name=name, limit="1000", fields="name,language,status").json()[
        "data"
    ]
    exists = any((row["name"], row["language"], row["status"]) == (name, language, "APPROVED") for row in rows)
    if exists:
        accepted(answer)
    else:
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, 132001)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_each_template_sample_is_accepted_for_review(ground, path):
    sandbox, waba, *_rest = ground
    body = filled(json.loads(path.read_text()))
    if "languages" in body:
        answer = sandbox.post(f"{waba}/upsert_message_templates", body)
        assert [row["language"] for row in answer.json()["data"]] == body["languages"]
        return
    body["name"] = f"{body['name'][:400]}_again_{abs(hash(path.stem)) % 10**6}"
    answer = sandbox.post(f"{waba}/message_templates", body)
    assert answer.ok, answer.text
    assert set(answer.json()) == {"id", "status", "category"} and answer.json()["category"] == body["category"].upper()


INVALID_CODES = {
    "tpl_invalid_body_1025_chars": 2388040,
    "tpl_invalid_button_text_26_chars": 2388040,
    "tpl_invalid_footer_61_chars": 2388040,
    "tpl_invalid_header_61_chars": 2388040,
    "tpl_invalid_header_two_variables": 2388047,
    "tpl_invalid_header_with_newline": 2388047,
    "tpl_invalid_leading_variable": 2388299,
    "tpl_invalid_trailing_variable": 2388299,
    "tpl_invalid_missing_example": 2388043,
    "tpl_invalid_marketing_with_location_footerless_lto": 2388073,
    "tpl_invalid_named_param_upper_case": 2388072,
    "tpl_invalid_single_brace_placeholder": 2388072,
}


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_each_broken_template_is_refused_with_its_subcode(ground, path):
    sandbox, waba, *_rest = ground
    answer = sandbox.post(f"{waba}/message_templates", json.loads(path.read_text()))
    found = answer.json()["error"]
    assert answer.status_code == 400 and found["code"] == 100
    assert found.get("error_subcode") == INVALID_CODES.get(path.stem)


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.stem)
def test_each_onboarding_request_gets_its_documented_answer(ground, path):
    sandbox, _waba, number, *_rest = ground
    body, name = json.loads(path.read_text()), path.stem
    if "phone_numbers" in name:
        other = sandbox.waba(business="888888888888822", name=name)
        answer = sandbox.post(f"{other}/phone_numbers", body)
        if "migrate" in name:
            assert answer.json()["error"]["error_subcode"] == 2388103, "nobody registered it before"
        else:
            assert set(answer.json()) == {"id"}
        return
    edge = next(edge for edge in ("request_code", "verify_code", "register") if edge in name)
    answer = sandbox.post(f"{number}/{edge}", body)
    if edge == "register":
        assert answer.json() == {"success": True}
    else:
        assert answer.json()["error"]["code"] == 136024, "the number is verified already"


def test_the_request_for_the_badge_is_taken(ground):
    sandbox, _waba, number, *_rest = ground
    review = [row for row in sandbox.look("reviews")["reviews"] if row["kind"] == "names" and row["subject"] == number]
    if review:
        sandbox.control("decide", review=review[0]["id"], approve=True)
    sandbox.control("number", id=number, on_platform_since=1_700_000_000)
    body = json.loads((SHARED / "onboarding" / "api_post_official_business_account__request.json").read_text())
    assert sandbox.post(f"{number}/official_business_account", body).json() == {"success": True}
