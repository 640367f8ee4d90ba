"""Sending, receiving, statuses, windows, limits, media and templates, over real HTTP with real webhooks."""

import hashlib

import pytest
import requests

from tests.providers.sandbox_server import Receiver, Sandbox, eventually

_people = iter(range(573001000000, 573009999999))
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory, receiver):
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    sandbox.control("options", sent_after=0.02, delivered_after=0.06)
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def waba(sandbox):
    return sandbox.waba()


@pytest.fixture(scope="module")
def number(sandbox, waba):
    return sandbox.number(waba, "3155550142")


@pytest.fixture
def person():
    return str(next(_people))


@pytest.fixture
def friend(sandbox, number, person):
    """Somebody who has just written."""
    sandbox.control("inbound", number=number, phone=person, text="hola", name="Marta Ospina")
    return person


def error(response):
    return response.json()["error"]


def sent_id(response):
    assert response.ok, response.text
    return response.json()["messages"][0]["id"]


def states(receiver, wamid):
    return [row["status"] for row in receiver.statuses(wamid)]


def test_a_reply_is_accepted_then_sent_then_delivered(sandbox, receiver, number, friend):
    answer = sandbox.send(number, f"+{friend}", text={"body": "Hola, Marta"}, biz_opaque_callback_data="our-1")
    body = answer.json()
    assert body["contacts"][0]["input"] == f"+{friend}" and body["contacts"][0]["wa_id"] == friend
    assert body["contacts"][0]["user_id"].startswith("CO.")
    wamid = sent_id(answer)
    assert wamid.startswith("wamid.HBgM")
    eventually(lambda: states(receiver, wamid) == ["sent", "delivered"])
    for row in receiver.statuses(wamid):
        assert row["recipient_id"] == friend and row["recipient_user_id"] == body["contacts"][0]["user_id"]
        assert row["biz_opaque_callback_data"] == "our-1" and row["timestamp"].isdigit()
        assert row["pricing"] == {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "service"}
    assert sandbox.look("sent", reference="our-1")["by_reference"] == {"our-1": 1}


def test_reading_on_the_phone_reports_read(sandbox, receiver, number, friend):
    wamid = sent_id(sandbox.send(number, friend, text={"body": "¿Todo bien?"}))
    eventually(lambda: states(receiver, wamid) == ["sent", "delivered"])
    sandbox.control("read", number=number, phone=friend)
    eventually(lambda: states(receiver, wamid) == ["sent", "delivered", "read"])
    assert "pricing" not in receiver.statuses(wamid)[-1]


def test_the_inbound_webhook_has_metas_shape(sandbox, receiver, waba, number, friend):
    def arrived():
        changes = receiver.changes("messages")
        return [c for c in changes if c["value"].get("messages", [{}])[0].get("from") == friend]

    change = eventually(arrived)[0]
    value = change["value"]
    assert change["entry_id"] == waba and change["time"] is None
    assert value["messaging_product"] == "whatsapp"
    assert value["metadata"] == {"display_phone_number": "573155550142", "phone_number_id": number}
    assert value["contacts"][0]["profile"] == {"name": "Marta Ospina"} and value["contacts"][0]["wa_id"] == friend
    message = value["messages"][0]
    assert set(message) == {"from", "from_user_id", "id", "timestamp", "type", "text"}
    assert message["text"] == {"body": "hola"}


def test_outside_the_window_only_templates_leave(sandbox, receiver, waba, number, person):
    refused = sandbox.send(number, person, text={"body": "hola"})
    assert (refused.status_code, error(refused)["code"]) == (400, 131047)
    assert error(refused)["error_data"]["messaging_product"] == "whatsapp"
    sandbox.template(waba, name="order_on_its_way", components=[{"type": "BODY", "text": "Your order leaves today."}])
    template = {"name": "order_on_its_way", "language": {"code": "en_US"}}
    wamid = sent_id(sandbox.send(number, person, type="template", template=template))
    eventually(lambda: states(receiver, wamid) == ["sent", "delivered"])
    assert receiver.statuses(wamid)[0]["pricing"]["category"] == "utility"


def test_the_window_closes_24_hours_after_the_last_message_on_the_moved_clock(sandbox, number, friend):
    assert sandbox.send(number, friend, text={"body": "a"}).ok
    sandbox.control("clock", advance_seconds=24 * 3600 - 60)
    try:
        assert sandbox.send(number, friend, text={"body": "b"}).ok
        sandbox.control("clock", advance_seconds=61)
        assert error(sandbox.send(number, friend, text={"body": "c"}))["code"] == 131047
    finally:
        sandbox.control("clock", reset=True)


def test_a_refusal_may_also_come_as_a_failed_status(sandbox, receiver, number, person):
    sandbox.control("options", refuse_as="status")
    try:
        wamid = sent_id(sandbox.send(number, person, text={"body": "hola"}))
    finally:
        sandbox.control("options", refuse_as="answer")
    eventually(lambda: states(receiver, wamid) == ["failed"])
    failed = receiver.statuses(wamid)[0]["errors"][0]
    assert failed["code"] == 131047 and failed["title"] == "Re-engagement message" and failed["href"]


def test_somebody_without_whatsapp_fails_after_being_accepted(sandbox, receiver, number, person):
    sandbox.control("phones", phone=person, name="Nadie", on_whatsapp=False)
    sandbox.template(
        sandbox_waba(sandbox, number),
        name=f"late_{person}",
        components=[{"type": "BODY", "text": f"Order {person} is late."}],
    )
    template = {"name": f"late_{person}", "language": {"code": "en_US"}}
    wamid = sent_id(sandbox.send(number, person, type="template", template=template))
    eventually(lambda: states(receiver, wamid) == ["failed"])
    row = receiver.statuses(wamid)[0]
    assert row["errors"][0]["code"] == 131026 and "recipient_user_id" not in row


def sandbox_waba(sandbox, number):
    return next(row["waba_id"] for row in sandbox.look("state")["numbers"] if row["id"] == number)


def test_a_person_who_stopped_offers_gets_none_but_still_gets_notices(sandbox, receiver, waba, number, friend):
    sandbox.control("preference", number=number, phone=friend, value="stop")
    wish = eventually(
        lambda: [
            c for c in receiver.changes("user_preferences") if c["value"]["user_preferences"][0].get("wa_id") == friend
        ]
    )[0]
    assert wish["value"]["user_preferences"][0]["value"] == "stop"
    assert isinstance(wish["value"]["user_preferences"][0]["timestamp"], int) and wish["time"] is None
    body = {
        "name": "autumn_offer",
        "category": "MARKETING",
        "components": [{"type": "BODY", "text": "Autumn is here: 20% off all week."}],
    }
    sandbox.template(waba, **body)
    offer = {"name": "autumn_offer", "language": {"code": "en_US"}}
    assert error(sandbox.send(number, friend, type="template", template=offer))["code"] == 131050
    assert sandbox.send(number, friend, text={"body": "Tu pedido llegó."}).ok
    sandbox.control("preference", number=number, phone=friend, value="resume")
    assert sandbox.send(number, friend, type="template", template=offer).ok


def test_a_customer_who_blocks_the_business_leaves_messages_at_sent(sandbox, receiver, number, friend):
    sandbox.control("block", number=number, phone=friend)
    wamid = sent_id(sandbox.send(number, friend, text={"body": "¿Sigues ahí?"}))
    eventually(lambda: states(receiver, wamid) == ["sent"])
    later = sent_id(
        sandbox.send(
            number,
            str(next(_people)),
            type="template",
            template={"name": "order_on_its_way", "language": {"code": "en_US"}},
        )
    )
    eventually(lambda: "delivered" in states(receiver, later))
    assert states(receiver, wamid) == ["sent"]


def test_a_username_hides_the_phone_everywhere_and_a_bsuid_can_be_answered(sandbox, receiver, number, person):
    sandbox.control("phones", phone=person, name="Sheena", username="realsheena", hides_phone=True)
    inbound = sandbox.control("inbound", number=number, phone=person, text="hola")["id"]
    message = eventually(lambda: [m for m in receiver.messages() if m["id"] == inbound])[0]
    assert "from" not in message
    change = next(c for c in receiver.changes("messages") if c["value"].get("messages", [{}])[0].get("id") == inbound)
    contact = change["value"]["contacts"][0]
    assert "wa_id" not in contact and contact["profile"]["username"] == "@realsheena"
    body = {"messaging_product": "whatsapp", "recipient": message["from_user_id"], "text": {"body": "Hola"}}
    answer = sandbox.post(f"{number}/messages", body).json()
    assert answer["contacts"] == [{"input": message["from_user_id"], "user_id": message["from_user_id"]}]
    wamid = answer["messages"][0]["id"]
    eventually(lambda: "delivered" in states(receiver, wamid))
    assert all("recipient_id" not in row for row in receiver.statuses(wamid))


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"type": "text", "text": {"body": "x" * 4097}}, 131009),
        ({"type": "text", "text": {}}, 131008),
        ({"type": "hologram", "hologram": {}}, 100),
        ({"type": "image", "image": {}}, 131008),
        ({"type": "image", "image": {"id": "1"}}, 131009),
        ({"type": "location", "location": {"latitude": "200", "longitude": "0"}}, 131009),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}]}, 131008),
        ({"type": "reaction", "reaction": {"message_id": "wamid.none", "emoji": "👍"}}, 131009),
        (
            {
                "type": "interactive",
                "interactive": {"type": "button", "body": {"text": "a"}, "action": {"buttons": []}},
            },
            131009,
        ),
        ({"recipient_type": "group", "text": {"body": "x"}}, 100),
        ({"text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513}, 100),
    ],
)
def test_a_message_of_the_wrong_shape_is_refused(sandbox, number, friend, body, code):
    answer = sandbox.send(number, friend, **body)
    assert (answer.status_code, error(answer)["code"]) == (400, code)


def test_a_number_cant_write_to_itself_nor_to_nonsense(sandbox, number):
    assert error(sandbox.send(number, "573155550142", text={"body": "x"}))["code"] == 131021
    assert error(sandbox.send(number, "{{Recipient}}", text={"body": "x"}))["code"] == 131009
    assert (
        error(sandbox.post(f"{number}/messages", {"messaging_product": "whatsapp", "text": {"body": "x"}}))["code"]
        == 100
    )


def test_buttons_and_lists_are_answered_from_the_phone(sandbox, receiver, number, friend):
    buttons = [
        {"type": "reply", "reply": {"id": "yes", "title": "Sí"}},
        {"type": "reply", "reply": {"id": "no", "title": "No"}},
    ]
    interactive = {"type": "button", "body": {"text": "¿Mañana?"}, "action": {"buttons": buttons}}
    asked = sent_id(sandbox.send(number, friend, type="interactive", interactive=interactive))
    pressed = sandbox.control("press", message=asked, position=1)["id"]
    reply = eventually(lambda: [m for m in receiver.messages() if m["id"] == pressed])[0]
    assert reply["interactive"] == {"type": "button_reply", "button_reply": {"id": "no", "title": "No"}}
    assert reply["context"] == {"from": "573155550142", "id": asked}
    rows = [{"id": "a", "title": "A", "description": "primera"}, {"id": "b", "title": "B"}]
    action = {"button": "Ver", "sections": [{"title": "S", "rows": rows}]}
    listed = sent_id(
        sandbox.send(
            number,
            friend,
            type="interactive",
            interactive={"type": "list", "body": {"text": "Elige"}, "action": action},
        )
    )
    chosen = sandbox.control("press", message=listed, position=0)["id"]
    reply = eventually(lambda: [m for m in receiver.messages() if m["id"] == chosen])[0]
    assert reply["interactive"]["list_reply"] == rows[0]


def test_a_templates_quick_reply_comes_back_as_a_button(sandbox, receiver, waba, number, person):
    buttons = [{"type": "QUICK_REPLY", "text": "Confirm"}, {"type": "QUICK_REPLY", "text": "Change"}]
    components = [{"type": "BODY", "text": "We come by tomorrow."}, {"type": "BUTTONS", "buttons": buttons}]
    sandbox.template(waba, name="visit_tomorrow", components=components)
    payload = {
        "type": "button",
        "sub_type": "quick_reply",
        "index": "0",
        "parameters": [{"type": "payload", "payload": "OK-1"}],
    }
    template = {"name": "visit_tomorrow", "language": {"code": "en_US"}, "components": [payload]}
    wamid = sent_id(sandbox.send(number, person, type="template", template=template))
    pressed = sandbox.control("press", message=wamid, position=0)["id"]
    reply = eventually(lambda: [m for m in receiver.messages() if m["id"] == pressed])[0]
    assert reply["type"] == "button" and reply["button"] == {"payload": "OK-1", "text": "Confirm"}
    assert sandbox.send(number, person, text={"body": "Gracias"}).ok, "an answer opens the window"


def test_marking_as_read_answers_success_and_refuses_strangers(sandbox, number, friend):
    inbound = sandbox.control("inbound", number=number, phone=friend, text="¿?")["id"]
    body = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": inbound,
        "typing_indicator": {"type": "text"},
    }
    assert sandbox.post(f"{number}/messages", body).json() == {"success": True}
    assert error(sandbox.post(f"{number}/messages", {**body, "message_id": "wamid.no"}))["code"] == 131009


def test_replies_quote_and_reactions_carry_no_delivered(sandbox, receiver, number, friend):
    inbound = sandbox.control("inbound", number=number, phone=friend, text="Hola")["id"]
    assert sandbox.send(number, friend, text={"body": "sí"}, context={"message_id": inbound}).ok
    reaction = {"message_id": inbound, "emoji": "👍"}
    wamid = sent_id(sandbox.send(number, friend, type="reaction", reaction=reaction))
    eventually(lambda: states(receiver, wamid) == ["sent"])
    ours = sent_id(sandbox.send(number, friend, text={"body": "¿Algo más?"}))
    back = sandbox.control(
        "inbound", number=number, phone=friend, type="reaction", reaction={"message_id": ours, "emoji": "❤️"}
    )["id"]
    found = eventually(lambda: [m for m in receiver.messages() if m["id"] == back])[0]
    assert found["reaction"] == {"message_id": ours, "emoji": "❤️"}


def test_an_answer_to_an_ad_opens_the_free_entry_point(sandbox, receiver, number, person):
    ad = {
        "source_url": "https://fb.example/ad",
        "source_id": "1",
        "source_type": "ad",
        "body": "b",
        "headline": "h",
        "media_type": "image",
        "image_url": "https://fb.example/i.jpg",
        "ctwa_clid": "abc",
    }
    inbound = sandbox.control("inbound", number=number, phone=person, text="vi el anuncio", referral=ad)["id"]
    assert eventually(lambda: [m for m in receiver.messages() if m["id"] == inbound])[0]["referral"] == ad
    wamid = sent_id(sandbox.send(number, person, text={"body": "¡Bien!"}))
    eventually(lambda: states(receiver, wamid) == ["sent", "delivered"])
    row = receiver.statuses(wamid)[0]
    assert row["pricing"]["type"] == "free_entry_point" and row["pricing"]["billable"] is False
    assert row["conversation"]["origin"] == {"type": "referral_conversion"}


def test_a_backdated_message_never_shortens_the_window(sandbox, number, friend):
    now = sandbox.look("clock")["now"]
    sandbox.control("inbound", number=number, phone=friend, text="tarde", at=now - 30 * 3600)
    assert sandbox.send(number, friend, text={"body": "aquí"}).ok


# Limits


def test_a_pair_may_burst_45_messages(sandbox, number, friend):
    codes = [
        error(a)["code"] if not a.ok else 0
        for a in (sandbox.send(number, friend, text={"body": str(i)}) for i in range(48))
    ]
    assert codes[:45] == [0] * 45 and codes[-1] == 131056


def test_the_messaging_limit_counts_people_outside_windows(sandbox):
    waba = sandbox.waba(business="242424242424111")
    number = sandbox.number(waba, "3155550199")
    sandbox.control("business", id="242424242424111", limit_tier="TIER_50")
    sandbox.template(waba, name="notice", components=[{"type": "BODY", "text": "Your order leaves today."}])
    template = {"name": "notice", "language": {"code": "en_US"}}
    people = [str(next(_people)) for _ in range(51)]
    answers = [sandbox.send(number, person, type="template", template=template) for person in people]
    assert all(answer.ok for answer in answers[:50])
    assert error(answers[50])["code"] == 131048
    assert sandbox.send(number, people[0], type="template", template=template).ok, "the same person counts once"


# Media


def upload(sandbox, number, content=PNG, mime="image/png", name="foto.png"):
    return sandbox.http.post(
        f"{sandbox.url}/v26.0/{number}/media",
        data={"messaging_product": "whatsapp", "type": mime},
        files={"file": (name, content, mime)},
        timeout=10,
    )


def test_media_goes_up_is_read_downloaded_sent_and_deleted(sandbox, receiver, number, friend):
    node = upload(sandbox, number).json()["id"]
    about = sandbox.get(node).json()
    assert about["mime_type"] == "image/png" and about["file_size"] == len(PNG)
    assert about["sha256"] == hashlib.sha256(PNG).hexdigest() and about["messaging_product"] == "whatsapp"
    assert sandbox.http.get(about["url"], timeout=5).content == PNG
    assert requests.get(about["url"], timeout=5).status_code == 401
    assert sandbox.send(number, friend, type="image", image={"id": node, "caption": "hola"}).ok
    assert error(sandbox.send(number, friend, type="video", video={"id": node}))["code"] == 131053
    sandbox.control("clock", advance_seconds=301)
    try:
        assert sandbox.http.get(about["url"], timeout=5).status_code == 404
    finally:
        sandbox.control("clock", reset=True)
    assert sandbox.delete(node).json() == {"success": True}
    assert error(sandbox.get(node))["error_subcode"] == 33


def test_files_of_the_wrong_kind_or_size_are_refused(sandbox, number):
    assert error(upload(sandbox, number, b"MZ", "application/x-msdownload", "virus.exe"))["code"] == 100
    assert error(upload(sandbox, number, b"x" * (5 * 1024 * 1024 + 1)))["code"] == 131053


def test_a_file_from_the_customer_arrives_with_hash_and_address(sandbox, receiver, number, friend):
    answer = requests.post(
        f"{sandbox.url}/control/api/inbound",
        data={"number": number, "phone": friend, "caption": "mira"},
        files={"file": ("foto.png", PNG, "image/png")},
        headers={"X-Sandbox": "1"},
        timeout=5,
    ).json()
    message = eventually(lambda: [m for m in receiver.messages() if m["id"] == answer["id"]])[0]
    assert message["type"] == "image" and message["image"]["caption"] == "mira"
    assert message["image"]["sha256"] == hashlib.sha256(PNG).hexdigest()
    assert sandbox.http.get(message["image"]["url"], timeout=5).content == PNG
    assert sandbox.get(message["image"]["id"], phone_number_id=number).ok


# Templates


def test_a_template_is_reviewed_listed_edited_and_deleted(sandbox, receiver, waba):
    body = {
        "name": "parcel_soon",
        "language": "es",
        "category": "UTILITY",
        "components": [
            {
                "type": "body",
                "text": "Hola, {{1}}. Tu pedido {{2}} llega hoy.",
                "example": {"body_text": [["Marta", "CV-1"]]},
            },
            {"type": "buttons", "buttons": [{"type": "quick_reply", "text": "Gracias"}]},
        ],
    }
    sandbox.control("mood", kind="templates", mood="rules", delay=0.2)
    made = sandbox.post(f"{waba}/message_templates", body).json()
    assert made == {"id": made["id"], "status": "PENDING", "category": "UTILITY"}

    def told(event):
        return [
            c["value"]
            for c in receiver.changes("message_template_status_update")
            if c["value"]["message_template_id"] == int(made["id"]) and c["value"]["event"] == event
        ]

    assert eventually(lambda: told("APPROVED"))[0]["reason"] == "NONE"
    row = sandbox.get(f"{waba}/message_templates", name="parcel_soon").json()["data"][0]
    assert (
        row["status"] == "APPROVED"
        and row["components"][0]["type"] == "BODY"
        and row["parameter_format"] == "POSITIONAL"
    )
    assert error(sandbox.post(f"{waba}/message_templates", body))["error_subcode"] == 2388024
    new = [{"type": "BODY", "text": "Tu pedido llega hoy."}]
    assert sandbox.post(made["id"], {"components": new}).json() == {"success": True}
    eventually(lambda: sandbox.get(made["id"]).json()["status"] == "APPROVED")
    assert error(sandbox.post(made["id"], {"components": new}))["error_subcode"] == 2388039
    one = sandbox.get(made["id"], fields="rejected_reason,quality_score,health_status").json()
    assert one["rejected_reason"] == "NONE" and one["quality_score"]["score"] == "UNKNOWN"
    assert sandbox.delete(f"{waba}/message_templates", name="parcel_soon").json() == {"success": True}
    assert error(sandbox.post(f"{waba}/message_templates", body))["error_subcode"] == 2388023
    assert eventually(lambda: told("PENDING_DELETION"))[0]["reason"] is None


@pytest.mark.parametrize(
    ("category", "text", "status", "reason", "end_category"),
    [
        ("UTILITY", "Your order leaves the warehouse this morning.", "APPROVED", "NONE", "UTILITY"),
        ("UTILITY", "Enjoy a discount on all shoes this weekend.", "APPROVED", "NONE", "MARKETING"),
        ("UTILITY", "Pay now, idiot, or you will regret it very soon.", "REJECTED", "ABUSIVE_CONTENT", "UTILITY"),
        (
            "UTILITY",
            "Track your order at https://bit.ly/abc whenever you like.",
            "REJECTED",
            "INVALID_FORMAT",
            "UTILITY",
        ),
        ("UTILITY", "Reply with your full card number to go on, thank you.", "REJECTED", "SCAM", "UTILITY"),
    ],
)
def test_templates_are_judged_by_the_published_rules(
    sandbox, receiver, waba, category, text, status, reason, end_category
):
    sandbox.control("mood", kind="templates", mood="rules", delay=0)
    name = "judged_" + hashlib.md5(text.encode()).hexdigest()[:8]
    body = {"name": name, "language": "en_US", "category": category, "components": [{"type": "BODY", "text": text}]}
    node = sandbox.post(f"{waba}/message_templates", body).json()["id"]
    eventually(lambda: sandbox.get(node).json()["status"] != "PENDING")
    row = sandbox.get(node, fields="status,rejected_reason,category,previous_category").json()
    assert (row["status"], row["rejected_reason"], row["category"]) == (status, reason, end_category)
    if end_category != category:
        moved = eventually(
            lambda: [
                c["value"]
                for c in receiver.changes("template_category_update")
                if c["value"]["message_template_id"] == int(node)
            ]
        )
        assert moved[0]["previous_category"] == category and moved[0]["new_category"] == end_category


def test_the_moods_refuse_and_hold_and_slow_do_what_they_say(sandbox, receiver, waba):
    def submit(name):
        body = {
            "name": name,
            "language": "en_US",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": f"Order {name} left."}],
        }
        return sandbox.post(f"{waba}/message_templates", body).json()["id"]

    try:
        sandbox.control("mood", kind="templates", mood="refuse", delay=0)
        refused = submit("refused")
        eventually(lambda: sandbox.get(refused).json()["status"] == "REJECTED")
        sandbox.control("mood", kind="templates", mood="hold")
        held = submit("held")
        sandbox.control("mood", kind="templates", mood="slow", delay=0)
        slow = submit("slow")
        sandbox.control("clock", advance_seconds=86401)
        eventually(lambda: sandbox.get(slow).json()["status"] == "APPROVED")
        assert sandbox.get(held).json()["status"] == "PENDING"
        sandbox.control("decide", kind="templates", subject=held, approve=False, reason="TAG_CONTENT_MISMATCH")
        assert sandbox.get(held, fields="rejected_reason").json()["rejected_reason"] == "TAG_CONTENT_MISMATCH"
    finally:
        sandbox.control("clock", reset=True)
        sandbox.control("mood", kind="templates", mood="rules")


def test_bad_templates_can_neither_pause_nor_be_sent_and_pauses_end(sandbox, receiver, waba, number, person):
    node = sandbox.template(waba, name="will_pause", components=[{"type": "BODY", "text": "Parcel at the door."}])
    template = {"name": "will_pause", "language": {"code": "en_US"}}
    sandbox.control("template", id=node, quality="RED")
    sandbox.control("template", id=node, status="PAUSED")
    assert error(sandbox.send(number, person, type="template", template=template))["code"] == 132015
    sandbox.control("clock", advance_seconds=3 * 3600 + 5)
    try:
        eventually(lambda: sandbox.get(node).json()["status"] == "APPROVED")
    finally:
        sandbox.control("clock", reset=True)
    for _ in range(2):
        sandbox.control("template", id=node, status="PAUSED")
    assert sandbox.get(node).json()["status"] == "DISABLED"
    assert error(sandbox.send(number, person, type="template", template=template))["code"] == 132016
    told = [
        c["value"]
        for c in receiver.changes("message_template_quality_update")
        if c["value"]["message_template_id"] == int(node)
    ]
    assert told[0]["new_quality_score"] == "RED"


def test_library_and_authentication_templates_are_approved_at_once(sandbox, waba):
    item = sandbox.get("message_template_library", search="parcel").json()["data"][0]
    made = sandbox.post(
        f"{waba}/message_templates",
        {
            "name": "our_parcel",
            "language": "en_US",
            "category": "UTILITY",
            "library_template_name": item["name"],
        },
    ).json()
    assert made["status"] == "APPROVED"
    rows = sandbox.post(
        f"{waba}/upsert_message_templates",
        {
            "name": "login_code",
            "languages": ["en_US", "es"],
            "category": "AUTHENTICATION",
            "components": [
                {"type": "BODY", "add_security_recommendation": True},
                {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]},
            ],
        },
    ).json()["data"]
    assert [row["language"] for row in rows] == ["en_US", "es"] and rows[0]["status"] == "APPROVED"


def test_a_sample_goes_up_in_parts_and_serves_as_a_header(sandbox, waba):
    started = sandbox.post("670000000000001/uploads", {"file_length": len(PNG), "file_type": "image/png"}).json()["id"]
    done = sandbox.http.post(f"{sandbox.url}/v26.0/{started}", data=PNG, headers={"file_offset": "0"}, timeout=5).json()
    components = [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [done["h"]]}},
        {"type": "BODY", "text": "See your parcel in the picture."},
    ]
    node = sandbox.template(waba, name="with_picture", components=components)
    address = sandbox.get(node).json()["components"][0]["example"]["header_handle"][0]
    assert requests.get(address, timeout=5).content == PNG


@pytest.mark.parametrize(
    ("components", "code"),
    [
        ([], 132000),
        ([{"type": "body", "parameters": [{"type": "text", "text": "a"}]}], 132000),
        ([{"type": "body", "parameters": [{"type": "text", "text": "a"}, {"type": "image", "image": {}}]}], 132012),
        ([{"type": "body", "parameters": [{"type": "text", "text": "a\nb"}, {"type": "text", "text": "b"}]}], 132018),
        (
            [{"type": "body", "parameters": [{"type": "text", "text": "a" * 1024}, {"type": "text", "text": "b"}]}],
            132005,
        ),
        ([{"type": "body", "parameters": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}], None),
    ],
)
def test_template_parameters_must_fit(sandbox, waba, number, person, components, code):
    if not sandbox.get(f"{waba}/message_templates", name="two_values").json()["data"]:
        text = "Hello {{1}}, your order {{2}} is on its way to your door."
        body = [{"type": "BODY", "text": text, "example": {"body_text": [["Ana", "1"]]}}]
        sandbox.template(waba, name="two_values", components=body)
    template = {"name": "two_values", "language": {"code": "en_US"}, "components": components}
    answer = sandbox.send(number, person, type="template", template=template)
    assert answer.ok if code is None else error(answer)["code"] == code


def test_an_unknown_template_or_translation_is_132001(sandbox, waba, number, person):
    for name, language in (("never_made", "en_US"), ("order_on_its_way", "fr")):
        answer = sandbox.send(number, person, type="template", template={"name": name, "language": {"code": language}})
        assert (answer.status_code, error(answer)["code"]) == (404, 132001)
