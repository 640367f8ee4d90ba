"""The dialog of Embedded Signup as a browser without scripts walks through it, and what its code is worth."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.providers.sandbox_server import SECRET, eventually

APP_ID = "670000000000001"
RETURN = "http://127.0.0.1:9/connect/return/"


@pytest.fixture
def box(sandbox_process):
    sandbox_process.control("reset")
    sandbox_process.control("mood", mood="hold")
    return sandbox_process


class Window:
    """The popup: follows the dialog's redirects and stops at the app's own address."""

    def __init__(self, box, **launch):
        self.box = box
        self.http = requests.Session()
        values = {
            "client_id": APP_ID,
            "config_id": "1",
            "response_type": "code",
            "redirect_uri": RETURN,
            "state": "st",
            **launch,
        }
        self.answer = self.http.get(f"{box.url}/v26.0/dialog/oauth", params=values, timeout=5)
        self.back = None

    def press(self, verb="go", returns_to=RETURN, **given):
        self.answer = self.http.post(
            self.address + "/" + verb, data=given, headers={"Origin": self.box.url}, timeout=5, allow_redirects=False
        )
        target = self.answer.headers.get("location", "")
        if target.startswith(returns_to):
            self.back = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        elif target:
            self.answer = self.http.get(self.box.url + target, timeout=5)
        return self

    @property
    def address(self):
        return self.box.url + re.search(r'action="(/dialog/[0-9a-f]+)/', self.answer.text)[1]

    @property
    def event(self):
        """What the page would say to its opener if it were left now."""
        found = re.search(r'data-event="([^"]*)"', self.answer.text)[1]
        return json.loads(found.replace("&quot;", '"'))

    def code_from_phone(self, digits):
        return self.box.look("sms", phone=digits)["sms"][0]["code"]

    def to_number(self):
        self.press(business="new", business_name="Envíos del Valle")
        self.press(waba="new")
        return self.press(waba_name="Envíos", display_name="Envíos del Valle")

    def to_success(self, digits="573155550142", **permissions):
        self.to_number().press(number="new", phone=f"+{digits}", method="SMS")
        self.press(code=self.code_from_phone(digits))
        return self.press(**(permissions or {"whatsapp_business_management": "1", "whatsapp_business_messaging": "1"}))


def exchange(box, code, **more):
    asked = {"client_id": APP_ID, "client_secret": SECRET, "code": code, "redirect_uri": RETURN} | more
    return requests.get(f"{box.url}/v26.0/oauth/access_token", params=asked, timeout=5)


def test_the_way_to_the_end_gives_ids_a_code_and_a_token_for_that_account_alone(box, receiver):
    other = box.waba()
    window = Window(box).to_success()

    event = window.event
    assert (event["type"], event["event"]) == ("WA_EMBEDDED_SIGNUP", "FINISH")
    assert set(event["data"]) == {"phone_number_id", "waba_id", "business_id"}
    window.press("finish")
    assert window.back["state"] == "st"
    token = exchange(box, window.back["code"]).json()["access_token"]
    told = box.get("debug_token", input_token=token).json()["data"]
    assert [scope["target_ids"] for scope in told["granular_scopes"]] == [[event["data"]["waba_id"]]] * 2
    headers = {"Authorization": f"Bearer {token}"}
    own = requests.get(f"{box.url}/v26.0/{event['data']['waba_id']}/phone_numbers", headers=headers, timeout=5).json()
    assert [row["id"] for row in own["data"]] == [event["data"]["phone_number_id"]]
    foreign = requests.get(f"{box.url}/v26.0/{other}", headers=headers, timeout=5).json()
    assert foreign["error"]["error_subcode"] == 33
    added = eventually(
        lambda: [
            change["value"]["waba_info"]
            for change in receiver.changes("account_update")
            if change["value"].get("waba_info", {}).get("waba_id") == event["data"]["waba_id"]
        ]
    )
    assert added[0]["owner_business_id"] == event["data"]["business_id"]


@pytest.fixture
def receiver(sandbox_process):
    """Where the sandbox's webhooks arrive: the one that the session's sandbox was started with."""
    found = sandbox_process.receiver
    found.deliveries.clear()
    return found


def test_a_code_works_once(box):
    code = Window(box).to_success().press("finish").back["code"]

    assert exchange(box, code).ok
    again = exchange(box, code).json()["error"]
    assert (again["code"], again["error_subcode"]) == (100, 36009)


def test_a_code_ends_after_thirty_seconds(box):
    code = Window(box).to_success().press("finish").back["code"]
    box.control("clock", advance_seconds=31)
    try:
        assert exchange(box, code).json()["error"]["error_subcode"] == 36007
    finally:
        box.control("clock", reset=True)


@pytest.mark.parametrize(
    ("wrong", "subcode"),
    [
        ({"client_secret": "guessed"}, None),
        ({"client_id": "1"}, None),
        ({"redirect_uri": "http://elsewhere.example/"}, 36008),
        ({"code": "made-up"}, 36008),
    ],
)
def test_a_code_is_worth_nothing_to_somebody_else(box, wrong, subcode):
    code = Window(box).to_success().press("finish").back["code"]

    refused = exchange(box, **({"code": code} | wrong))
    assert refused.status_code == 400
    assert refused.json()["error"].get("error_subcode") == subcode
    assert exchange(box, code).ok


def test_leaving_says_on_which_screen(box):
    window = Window(box).to_number()

    assert window.event == {
        "data": {"current_step": "PHONE_NUMBER_SETUP"},
        "type": "WA_EMBEDDED_SIGNUP",
        "event": "CANCEL",
        "version": 3,
    }
    window.press("cancel")
    assert window.back["error"] == "access_denied" and "code" not in window.back
    assert [row["name"] for row in box.look("state")["wabas"]] == ["Envíos"]  # it is there the next time


def test_a_number_in_use_is_said_and_can_be_reported(box):
    box.control("taken", phone="573155550142", why="messenger")
    window = Window(box).to_number().press(number="new", phone="+573155550142", method="SMS")

    assert window.answer.status_code == 422
    assert "registered to an existing WhatsApp account" in window.answer.text
    assert "data-report" in window.answer.text


def test_a_wrong_code_is_said_and_the_right_one_still_works(box):
    window = Window(box).to_number().press(number="new", phone="+573155550142", method="VOICE")
    code = window.code_from_phone("573155550142")

    window.press(code=f"{(int(code) + 1) % 10**6:06}")
    assert window.answer.status_code == 422
    window.press(code=code)
    assert window.event["data"]["current_step"] == "PERMISSIONS"


def test_a_number_can_be_added_later(box):
    window = Window(box).to_number().press(number="later")
    window.press(whatsapp_business_management="1", whatsapp_business_messaging="1")

    assert window.event["event"] == "FINISH_ONLY_WABA"
    assert "phone_number_id" not in window.event["data"]


def test_only_an_account_may_be_asked_for(box):
    window = Window(box, extras=json.dumps({"featureType": "only_waba_sharing"})).to_number()

    assert window.event["data"]["current_step"] == "PERMISSIONS"


def test_a_number_of_the_business_app_stays_there(box):
    window = Window(box, extras=json.dumps({"featureType": "whatsapp_business_app_onboarding"})).to_number()
    window.press(phone="+573155550142")
    window.press(code=window.code_from_phone("573155550142"))
    window.press(whatsapp_business_management="1", whatsapp_business_messaging="1")

    assert window.event["event"] == "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
    assert set(window.event["data"]) == {"waba_id"}
    number = box.look("state")["numbers"][0]["id"]
    report = box.get(number, fields="is_on_biz_app,platform_type").json()
    assert (report["is_on_biz_app"], report["platform_type"]) == (True, "CLOUD_API")


def test_what_the_partner_filled_in_is_there(box):
    setup = {
        "business": {"name": "Florería Jacaranda", "phone": {"code": 52, "number": "5555550142"}},
        "phone": {"displayName": "Jacaranda"},
    }
    window = Window(box, extras=json.dumps({"setup": setup}))

    assert 'value="Florería Jacaranda"' in window.answer.text
    window.press(business="new", business_name="Florería Jacaranda").press(waba="new")
    assert 'value="Jacaranda"' in window.answer.text
    window.press(waba_name="Florería", display_name="Jacaranda")
    assert 'value="+525555550142"' in window.answer.text


@pytest.mark.parametrize(
    "launch",
    [
        {"client_id": "1"},
        {"config_id": ""},
        {"response_type": "token"},
        {"redirect_uri": "javascript:alert(1)"},
        {"extras": "[not json"},
        {"extras": '{"featureType": "something"}'},
    ],
)
def test_a_launch_that_facebook_would_refuse_is_refused_without_a_redirect(box, launch):
    window = Window(box, **launch)

    assert window.answer.status_code == 400
    assert not window.answer.history


def test_another_site_cannot_press_the_buttons(box):
    window = Window(box)

    answer = requests.post(window.address + "/cancel", headers={"Sec-Fetch-Site": "cross-site"}, timeout=5)
    assert answer.status_code == 403
