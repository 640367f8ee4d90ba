"""Portfolios, WABAs, numbers and what hangs on them, over real HTTP."""

import pytest
import requests

from tests.providers.sandbox_server import SECRET, Receiver, Sandbox, eventually

APP_ID = "670000000000001"
_phones = iter(range(3150000000, 3159999999))


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory, receiver):
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def waba(sandbox):
    # A business of its own per test: numbers and limits belong to the portfolio.
    return sandbox.waba(business=str(next(_phones)) + "22")


@pytest.fixture
def phone():
    return str(next(_phones))


@pytest.fixture
def number(sandbox, waba, phone):
    return sandbox.number(waba, phone)


def error(response):
    return response.json()["error"]


def test_no_token_and_an_unknown_token_are_told_apart(sandbox):
    none = requests.get(f"{sandbox.url}/v26.0/123456789012345?fields=verification_status", timeout=5)
    wrong = requests.get(f"{sandbox.url}/v26.0/123456789012345", headers={"Authorization": "Bearer x"}, timeout=5)
    assert (none.status_code, error(none)["code"]) == (401, 104)
    assert (wrong.status_code, error(wrong)["code"]) == (401, 190)
    assert error(wrong)["type"] == "OAuthException" and error(wrong)["fbtrace_id"]


def test_the_version_may_be_any_or_none_and_the_token_may_be_a_parameter(sandbox):
    for path in ("v19.0/123456789012345", "v99.0/123456789012345", "123456789012345"):
        query = {"fields": "verification_status", "access_token": "sandbox-token"}
        answer = requests.get(f"{sandbox.url}/{path}", params=query, timeout=5)
        assert answer.json() == {"verification_status": "verified", "id": "123456789012345"}


def test_a_business_is_found_on_first_asking_unless_its_id_ends_in_000(sandbox):
    assert sandbox.get("998877665544111", fields="verification_status").json()["verification_status"] == "not_verified"
    absent = sandbox.get("998877665544000", fields="verification_status")
    assert absent.status_code == 400
    assert (error(absent)["code"], error(absent)["error_subcode"]) == (100, 33)


def test_a_host_that_is_not_local_is_refused(sandbox):
    answer = requests.get(f"{sandbox.url}/healthz", headers={"Host": "evil.example"}, timeout=5)
    assert answer.status_code == 400


def test_a_new_account_is_announced_reviewed_and_read(sandbox, receiver, waba):
    def announced():
        return [c for c in receiver.changes("account_update") if c["value"].get("waba_info", {}).get("waba_id") == waba]

    change = eventually(announced)[0]
    assert change["value"]["event"] == "PARTNER_ADDED" and change["entry_id"] == "500000000000001"
    assert isinstance(change["time"], int)
    eventually(lambda: sandbox.get(waba, fields="account_review_status").json()["account_review_status"] == "APPROVED")
    reviewed = [c for c in eventually(lambda: receiver.changes("account_review_update")) if c["entry_id"] == waba]
    assert reviewed[0]["value"] == {"decision": "APPROVED"}
    body = sandbox.get(waba, fields="name,currency,owner_business_info,health_status,message_template_namespace").json()
    assert body["owner_business_info"]["id"] and body["health_status"]["can_send_message"] == "AVAILABLE"
    assert {row["entity_type"] for row in body["health_status"]["entities"]} == {"WABA", "BUSINESS", "APP"}


def test_accounts_are_listed_for_their_business_and_for_the_partner(sandbox, waba):
    owner = sandbox.get(waba, fields="owner_business_info").json()["owner_business_info"]["id"]
    owned = sandbox.get(f"{owner}/owned_whatsapp_business_accounts").json()["data"]
    clients = sandbox.get("500000000000001/client_whatsapp_business_accounts", limit="1000").json()["data"]
    assert [row["id"] for row in owned] == [waba]
    assert waba in {row["id"] for row in clients}


def test_an_unknown_field_is_code_100_and_an_unknown_node_subcode_33(sandbox, waba):
    assert "nonexisting field (colour)" in error(sandbox.get(waba, fields="colour"))["message"]
    assert error(sandbox.get("4040404040404040"))["error_subcode"] == 33
    assert error(sandbox.get(f"{waba}/nonsense"))["message"] == "Unknown path components: /nonsense"


def test_subscriptions_are_listed_and_removed_and_an_override_must_prove_itself(sandbox, receiver, waba):
    entry = sandbox.get(f"{waba}/subscribed_apps").json()["data"][0]
    assert set(entry["whatsapp_business_api_data"]) == {"id", "link", "name"}
    wrong = {"override_callback_uri": receiver.url, "verify_token": "wrong"}
    assert error(sandbox.post(f"{waba}/subscribed_apps", wrong))["code"] == 2200
    right = {"override_callback_uri": receiver.url, "verify_token": "right"}
    assert sandbox.post(f"{waba}/subscribed_apps", right).json() == {"success": True}
    assert sandbox.get(f"{waba}/subscribed_apps").json()["data"][0]["override_callback_uri"] == receiver.url
    assert sandbox.delete(f"{waba}/subscribed_apps").json() == {"success": True}
    assert sandbox.get(f"{waba}/subscribed_apps").json() == {"data": []}


def test_a_code_is_exchanged_for_a_token_that_works(sandbox, waba):
    code = sandbox.control("signup", waba=waba)["code"]
    asked = {"code": code, "client_id": APP_ID, "client_secret": SECRET}
    token = requests.get(f"{sandbox.url}/v26.0/oauth/access_token", params=asked, timeout=5).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert requests.get(f"{sandbox.url}/v26.0/{waba}", headers=headers, timeout=5).json()["id"] == waba
    data = sandbox.get("debug_token", input_token=token).json()["data"]
    assert data["is_valid"] and waba in data["granular_scopes"][0]["target_ids"]
    assert sandbox.get("debug_token", input_token="nobody").json()["data"]["is_valid"] is False


# Numbers


def test_a_number_goes_from_added_to_connected(sandbox, waba, phone):
    node = sandbox.number(waba, phone, register=False)
    before = sandbox.get(node).json()
    assert before["code_verification_status"] == "NOT_VERIFIED" and before["platform_type"] == "NOT_APPLICABLE"
    early = sandbox.post(f"{node}/register", {"messaging_product": "whatsapp", "pin": "123456"})
    assert error(early)["code"] == 133006
    answer = sandbox.post(f"{node}/request_code", {"code_method": "SMS", "language": "es_CO"})
    assert answer.json() == {"success": True}
    sms = sandbox.look("sms", phone="57" + phone)["sms"][0]
    assert sms["text"] == f"Your WhatsApp code: {sms['code'][:3]}-{sms['code'][3:]}"
    wrong = f"{(int(sms['code']) + 1) % 10**6:06d}"
    assert error(sandbox.post(f"{node}/verify_code", {"code": wrong}))["code"] == 136025
    assert sandbox.post(f"{node}/verify_code", {"code": sms["code"]}).json() == {"success": True, "id": node}
    assert error(sandbox.post(f"{node}/request_code", {"code_method": "SMS", "language": "es"}))["code"] == 136024
    for pin in ("12345", "abcdef"):
        body = {"messaging_product": "whatsapp", "pin": pin}
        assert "Invalid PIN format" in error(sandbox.post(f"{node}/register", body))["message"]
    assert sandbox.post(f"{node}/register", {"messaging_product": "whatsapp", "pin": "123456"}).json() == {
        "success": True
    }
    after = sandbox.get(node, fields="status,platform_type,throughput,account_mode,is_pin_enabled").json()
    assert after == {
        "status": "CONNECTED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "account_mode": "LIVE",
        "is_pin_enabled": True,
        "id": node,
    }


def test_a_voice_call_says_the_code_three_times(sandbox, waba, phone):
    node = sandbox.number(waba, phone, register=False)
    sandbox.post(f"{node}/request_code", {"code_method": "VOICE", "language": "en_US"})
    row = sandbox.look("sms", phone="57" + phone)["sms"][0]
    assert row["method"] == "VOICE" and row["text"].count(", ".join(row["code"])) == 3


def test_parameters_may_come_in_the_query_or_a_form(sandbox, waba, phone):
    by_query = sandbox.http.post(
        f"{sandbox.url}/v26.0/{waba}/phone_numbers",
        params={"cc": "57", "phone_number": phone, "verified_name": "Envíos del Valle"},
        timeout=5,
    )
    node = by_query.json()["id"]
    form = sandbox.http.post(
        f"{sandbox.url}/v26.0/{node}/request_code", data={"code_method": "SMS", "language": "es"}, timeout=5
    )
    assert form.json() == {"success": True}


def test_codes_asked_for_or_guessed_too_often_are_refused(sandbox, waba, phone):
    node = sandbox.number(waba, phone, register=False)
    for _ in range(5):
        assert sandbox.post(f"{node}/request_code", {"code_method": "SMS", "language": "es"}).ok
    sixth = sandbox.post(f"{node}/request_code", {"code_method": "SMS", "language": "es"})
    assert (sixth.status_code, error(sixth)["code"], error(sixth)["error_subcode"]) == (429, 4, 2446079)
    real = sandbox.look("sms", phone="57" + phone)["sms"][0]["code"]
    for guess in range(5):
        wrong = f"{(int(real) + 1 + guess) % 10**6:06d}"
        assert error(sandbox.post(f"{node}/verify_code", {"code": wrong}))["code"] == 136025
    assert sandbox.post(f"{node}/verify_code", {"code": real}).status_code == 429


def test_a_code_lives_ten_minutes_on_the_installations_clock(sandbox, waba, phone):
    node = sandbox.number(waba, phone, register=False)
    sandbox.post(f"{node}/request_code", {"code_method": "SMS", "language": "es"})
    code = sandbox.look("sms", phone="57" + phone)["sms"][0]["code"]
    sandbox.control("clock", advance_seconds=601)
    try:
        late = error(sandbox.post(f"{node}/verify_code", {"code": code}))
        assert late["code"] == 136025 and "expired" in late["error_data"]["details"]
        assert sandbox.get(node).json()["code_verification_status"] == "EXPIRED"
    finally:
        sandbox.control("clock", reset=True)


def test_a_wrong_pin_is_133005_and_guessing_133008(sandbox, number):
    for _ in range(5):
        wrong = sandbox.post(f"{number}/register", {"messaging_product": "whatsapp", "pin": "000000"})
        assert error(wrong)["code"] == 133005
    assert (
        error(sandbox.post(f"{number}/register", {"messaging_product": "whatsapp", "pin": "000000"}))["code"] == 133008
    )


def test_registering_is_limited_to_ten_times_in_72_hours(sandbox, number):
    for _ in range(9):
        assert sandbox.post(f"{number}/register", {"messaging_product": "whatsapp", "pin": "123456"}).ok
    limited = sandbox.post(f"{number}/register", {"messaging_product": "whatsapp", "pin": "123456"})
    assert error(limited)["code"] == 133016
    assert error(limited)["error_data"]["messaging_product"] == "whatsapp"


def test_a_deregistered_number_cant_send_and_a_new_pin_opens_it_again(sandbox, receiver, number):
    assert sandbox.post(f"{number}/deregister").json() == {"success": True}
    assert error(sandbox.post(f"{number}/deregister"))["code"] == 133010
    assert error(sandbox.send(number, "573001112233", text={"body": "x"}))["code"] == 133010
    assert sandbox.post(number, {"pin": "654321"}).json() == {"success": True}
    assert sandbox.post(f"{number}/register", {"messaging_product": "whatsapp", "pin": "654321"}).ok
    eventually(lambda: [c for c in receiver.changes("security") if c["value"]["event"] == "PIN_CHANGED"])


def test_a_number_in_use_on_whatsapp_is_refused_until_it_is_freed(sandbox, waba, phone):
    body = {"cc": "57", "phone_number": phone, "verified_name": "Envíos"}
    sandbox.control("taken", phone="57" + phone)
    refused = sandbox.post(f"{waba}/phone_numbers", body)
    assert (refused.status_code, error(refused)["error_subcode"]) == (400, 2388001)
    sandbox.control("taken", phone="57" + phone, free=True)
    assert sandbox.post(f"{waba}/phone_numbers", body).ok
    assert error(sandbox.post(f"{waba}/phone_numbers", body))["error_subcode"] == 2388012


def test_a_number_registered_by_another_business_is_in_use(sandbox, number, phone):
    other = sandbox.waba(business="777777777777722")
    refused = sandbox.post(f"{other}/phone_numbers", {"cc": "57", "phone_number": phone, "verified_name": "Otra"})
    assert error(refused)["error_subcode"] == 2388001


def test_what_is_not_a_phone_number_is_refused(sandbox, waba):
    for written in ("12", "no", "31555501421234567"):
        body = {"cc": "57", "phone_number": written, "verified_name": "Envíos"}
        assert error(sandbox.post(f"{waba}/phone_numbers", body))["code"] == 100
    assert "cc" in error(sandbox.post(f"{waba}/phone_numbers", {"phone_number": "1"}))["message"]


def test_an_unverified_portfolio_has_two_numbers_and_a_verified_one_more(sandbox, receiver):
    waba = sandbox.waba(business="131313131313111")
    for _ in range(2):
        sandbox.number(waba, str(next(_phones)), register=False)
    body = {"cc": "57", "phone_number": str(next(_phones)), "verified_name": "Envíos"}
    third = sandbox.post(f"{waba}/phone_numbers", body)
    assert (third.status_code, error(third)["code"], error(third)["error_subcode"]) == (403, 200, 1349175)
    sandbox.control("business", id="131313131313111", verification_status="verified")
    assert sandbox.post(f"{waba}/phone_numbers", body).ok
    value = eventually(lambda: [c for c in receiver.changes("business_capability_update") if c["entry_id"] == waba])[0]
    assert value["value"] == {"max_daily_conversations_per_business": 2000, "max_phone_numbers_per_waba": 20}
    assert sandbox.get(waba, fields="business_verification_status").json()["business_verification_status"] == "verified"


def test_numbers_are_listed_newest_first_in_pages(sandbox, waba):
    nodes = [sandbox.number(waba, str(next(_phones)), register=False) for _ in range(3)]
    first = sandbox.get(f"{waba}/phone_numbers", limit="2", fields="id,name_status").json()
    assert [row["id"] for row in first["data"]] == nodes[:0:-1]
    second = requests.get(first["paging"]["next"], headers=sandbox.http.headers, timeout=5).json()
    assert [row["id"] for row in second["data"]] == nodes[:1]
    assert "next" not in second["paging"]
    assert error(sandbox.get(f"{waba}/phone_numbers", after="rubbish"))["code"] == 131059


def test_a_number_migrates_when_its_source_is_ready(sandbox, waba, number, phone):
    owner = sandbox.get(waba, fields="owner_business_info").json()["owner_business_info"]["id"]
    other = sandbox.waba(business=owner)
    body = {"cc": "57", "phone_number": phone, "verified_name": "Envíos del Valle", "migrate_phone_number": True}
    sandbox.control("decide", kind="names", subject=number, approve=True)
    assert error(sandbox.post(f"{other}/phone_numbers", body))["error_subcode"] == 2388001
    sandbox.control("number", id=number, pin="")
    node = sandbox.post(f"{other}/phone_numbers", body).json()["id"]
    sandbox.verify(node, "57" + phone)
    assert sandbox.post(f"{node}/register", {"messaging_product": "whatsapp", "pin": "111111"}).ok
    assert sandbox.get(f"{waba}/phone_numbers").json() == {"data": []}
    assert error(sandbox.send(number, "573001112233", text={"body": "x"}))["code"] == 133010


# Display names


@pytest.mark.parametrize(
    ("name", "decision", "reason"),
    [
        ("Envíos del Valle", "APPROVED", None),
        ("Al", "REJECTED", "NAME_FORMAT_UNACCEPTABLE"),
        ("www.envios.com", "REJECTED", "NAME_FORMAT_UNACCEPTABLE"),
        ("Envíos ™", "REJECTED", "NAME_FORMAT_UNACCEPTABLE"),
        ("WhatsApp Envíos", "REJECTED", "NAME_FORMAT_UNACCEPTABLE"),
        ("Soporte", "REJECTED", "NAME_NOT_CONSISTENT"),
    ],
)
def test_names_are_judged_by_the_published_rules(sandbox, receiver, waba, phone, name, decision, reason):
    sandbox.control("mood", kind="names", mood="rules", delay=0)
    node = sandbox.number(waba, phone, name=name, register=False)

    def told():
        return [
            c["value"]
            for c in receiver.changes("phone_number_name_update")
            if c["value"]["display_phone_number"] == "57" + phone
        ]

    assert eventually(told)[0] == {
        "display_phone_number": "57" + phone,
        "decision": decision,
        "requested_verified_name": name,
        "rejection_reason": reason,
    }
    status = "APPROVED" if decision == "APPROVED" else "DECLINED"
    assert sandbox.get(node, fields="name_status").json()["name_status"] == status


def test_a_new_name_takes_effect_with_the_next_registration(sandbox, number):
    sandbox.control("mood", kind="names", mood="hold")
    open_review = [row for row in sandbox.look("reviews")["reviews"] if row["subject"] == number]
    if open_review:
        sandbox.control("decide", review=open_review[0]["id"], approve=True)
    try:
        assert sandbox.post(number, {"new_display_name": "Valle Express"}).json() == {"success": True}
        pending = sandbox.get(number, fields="new_display_name,new_name_status").json()
        assert pending == {"new_display_name": "Valle Express", "new_name_status": "PENDING_REVIEW", "id": number}
        assert error(sandbox.post(number, {"new_display_name": "Otro nombre"}))["error_user_title"]
        sandbox.control("decide", kind="names", subject=number, approve=True)
        assert sandbox.get(number, fields="verified_name").json()["verified_name"] == "Envíos del Valle"
        sandbox.post(f"{number}/register", {"messaging_product": "whatsapp", "pin": "123456"})
        after = sandbox.get(number, fields="verified_name,name_status,new_display_name").json()
        assert after == {"verified_name": "Valle Express", "name_status": "APPROVED", "id": number}
    finally:
        sandbox.control("mood", kind="names", mood="rules")


# What hangs on a number


def test_the_profile_keeps_what_fits(sandbox, number):
    body = {
        "messaging_product": "whatsapp",
        "about": "Paquetes",
        "websites": ["https://envios.example"],
        "vertical": "RETAIL",
    }
    assert sandbox.post(f"{number}/whatsapp_business_profile", body).json() == {"success": True}
    found = sandbox.get(f"{number}/whatsapp_business_profile", fields="about,websites,vertical").json()["data"][0]
    assert found == {**body}
    for bad in ({"about": "x" * 140}, {"websites": ["envios.example"]}, {"vertical": "SPACE"}, {"email": "no"}):
        answer = sandbox.post(f"{number}/whatsapp_business_profile", {"messaging_product": "whatsapp", **bad})
        assert (answer.status_code, error(answer)["code"]) == (400, 100)


@pytest.fixture
def undecided_number(sandbox, waba, phone):
    """A number whose name nobody reviews by himself, however long the test takes."""
    sandbox.control("mood", kind="names", mood="hold")
    yield sandbox.number(waba, phone)
    sandbox.control("mood", kind="names", mood="rules")


@pytest.fixture
def a_month_later(sandbox):
    """A function that lets 31 days pass; the time comes back after the test."""
    yield lambda: sandbox.control("clock", advance_seconds=31 * 86400)
    sandbox.control("clock", reset=True)


BADGE = {"business_website_url": "https://envios.example", "supporting_links": ["https://diario.example/1"]}


def badge_refusal(sandbox, number, **changed):
    answer = sandbox.post(f"{number}/official_business_account", BADGE | changed)
    return error(answer)["error_data"]["details"] if answer.status_code != 200 else ""


def test_the_badge_asks_for_an_approved_name_and_is_refused_for_30_days(
    sandbox, receiver, undecided_number, a_month_later
):
    number = undecided_number
    assert "display name" in badge_refusal(sandbox, number)
    sandbox.control("decide", kind="names", subject=number, approve=True)
    assert "less than 30 days" in badge_refusal(sandbox, number)
    a_month_later()
    assert sandbox.post(f"{number}/official_business_account", BADGE).json() == {"success": True}
    status = sandbox.get(number, fields="official_business_account").json()["official_business_account"]
    assert status == {"oba_status": "PENDING"}
    sandbox.control("decide", kind="badges", subject=number, approve=False)
    alert = eventually(
        lambda: [c["value"] for c in receiver.changes("account_alerts") if c["value"]["entity_id"] == number]
    )
    assert alert[0]["alert_info"]["alert_type"] == "OBA_REJECTED"
    assert "refused less than 30 days ago" in badge_refusal(sandbox, number)
    a_month_later()
    assert badge_refusal(sandbox, number) == ""


def test_the_badge_needs_two_step_verification_and_takes_web_addresses_only(sandbox, number, a_month_later):
    a_month_later()
    assert "5 links" in badge_refusal(sandbox, number, supporting_links=["https://diario.example/"] * 6)
    assert "http" in badge_refusal(sandbox, number, supporting_links=["javascript:alert(1)"])
    assert "5000" in badge_refusal(sandbox, number, additional_supporting_information="x" * 5001)
    sandbox.control("number", id=number, pin="")
    assert "Two-step" in badge_refusal(sandbox, number)


def test_the_panel_takes_a_badge_away_and_dates_a_number(sandbox, receiver, undecided_number):
    number = undecided_number
    sandbox.control("decide", kind="names", subject=number, approve=True)
    sandbox.control("number", id=number, badge="APPROVED")
    assert sandbox.get(number, fields="is_official_business_account").json()["is_official_business_account"] is True
    sandbox.control("number", id=number, badge="NOT_STARTED", on_platform_since=1_700_000_000)
    assert sandbox.get(number, fields="is_official_business_account").json()["is_official_business_account"] is False
    assert badge_refusal(sandbox, number) == ""
    assert [c for c in receiver.changes("account_alerts") if c["value"]["entity_id"] == number] == []


def test_qr_links_are_made_changed_listed_and_drawn(sandbox, number):
    made = sandbox.post(f"{number}/message_qrdls", {"prefilled_message": "Hola", "generate_qr_image": "SVG"}).json()
    assert made["deep_link_url"] == f"https://wa.me/message/{made['code']}"
    assert requests.get(made["qr_image_url"], timeout=5).headers["content-type"] == "image/svg+xml"
    changed = sandbox.post(f"{number}/message_qrdls", {"code": made["code"], "prefilled_message": "Buenas"}).json()
    assert changed["prefilled_message"] == "Buenas"
    assert sandbox.get(f"{number}/message_qrdls/{made['code']}").json()["data"] == [changed]
    assert len(sandbox.get(f"{number}/message_qrdls").json()["data"]) == 1
    assert sandbox.delete(f"{number}/message_qrdls/{made['code']}").json() == {"success": True}
    assert error(sandbox.post(f"{number}/message_qrdls", {"prefilled_message": "x" * 141}))["code"] == 100


def test_only_somebody_who_wrote_can_be_blocked(sandbox, number):
    body = {"messaging_product": "whatsapp", "block_users": [{"user": "+573009990001"}]}
    refused = sandbox.post(f"{number}/block_users", body)
    assert refused.status_code == 400 and error(refused)["code"] == 139100
    assert refused.json()["block_users"]["failed_users"][0]["errors"][0]["code"] == 131047
    sandbox.control("inbound", number=number, phone="573009990001", text="hola")
    added = sandbox.post(f"{number}/block_users", body).json()["block_users"]["added_users"]
    assert added[0]["input"] == "+573009990001" and added[0]["wa_id"] == "573009990001"
    assert sandbox.get(f"{number}/block_users").json()["data"] == [
        {"messaging_product": "whatsapp", "wa_id": "573009990001"}
    ]
    assert error(sandbox.send(number, "573009990001", text={"body": "x"}))["code"] == 130403
    assert sandbox.delete(f"{number}/block_users", body).json()["block_users"]["removed_users"]
    assert sandbox.send(number, "573009990001", text={"body": "x"}).ok


def test_a_restricted_or_disabled_account_is_told_and_stops(sandbox, receiver, waba, number):
    sandbox.control("inbound", number=number, phone="573009990002", text="hola")
    sandbox.control("waba", id=waba, restrictions=["RESTRICTED_CUSTOMER_INITIATED_MESSAGING"], days=2)
    refused = sandbox.send(number, "573009990002", text={"body": "x"})
    assert (refused.status_code, error(refused)["code"]) == (403, 368)
    sandbox.control("waba", id=waba, restrictions=[])
    assert sandbox.send(number, "573009990002", text={"body": "x"}).ok
    sandbox.control("waba", id=waba, ban_state="DISABLE")
    assert error(sandbox.send(number, "573009990002", text={"body": "x"}))["code"] == 131031

    def told():
        found = [c["value"] for c in receiver.changes("account_update") if c["entry_id"] == waba]
        return found if len(found) >= 2 else None

    restricted, banned = eventually(told)
    assert restricted["restriction_info"][0]["restriction_type"] == "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"
    assert isinstance(restricted["restriction_info"][0]["expiration"], int)
    assert banned["event"] == "DISABLED_UPDATE" and banned["ban_info"]["waba_ban_state"] == "DISABLE"
    sandbox.control("number", id=number, quality="RED")
    quality = eventually(lambda: [c for c in receiver.changes("phone_number_quality_update") if c["entry_id"] == waba])
    assert quality[0]["value"]["event"] == "FLAGGED"


def test_an_idle_account_may_be_asked_200_times_an_hour(sandbox, waba):
    for _ in range(200):
        last = sandbox.get(waba, fields="id")
        if not last.ok:
            break
    limited = sandbox.get(waba, fields="id")
    assert (limited.status_code, error(limited)["code"]) == (400, 80007)
