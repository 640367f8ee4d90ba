"""The telephone and the control panel as a browser without JavaScript sees them."""

import re

import pytest
import requests

from tests.providers.sandbox_server import Receiver, Sandbox, eventually

FRIEND = "573155550199"
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
    sandbox.control("options", sent_after=0.02, delivered_after=0.05)
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def number(sandbox):
    number = sandbox.number(sandbox.waba(), "3155550142")
    sandbox.control("decide", kind="names", subject=number, approve=True)
    return number


@pytest.fixture(scope="module")
def person(sandbox, number):
    answer = submit(sandbox, "/phone/new", name="Marta Ospina", phone="+57 315 555 0199")
    return int(re.search(r"/phone/(\d+)/", answer.url).group(1))


@pytest.fixture
def chat(person, number):
    return f"/phone/{person}/{number}/"


def page(sandbox, path, **headers):
    answer = requests.get(sandbox.url + path, headers=headers, timeout=5)
    assert answer.status_code == 200, answer.text
    return answer.text


def submit(sandbox, path, files=None, **fields):
    answer = requests.post(
        sandbox.url + path, data=fields, files=files, headers={"Origin": sandbox.url}, timeout=5, allow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return answer


def test_pages_are_safe_and_plain(sandbox, chat):
    for path in ("/phone/", chat, "/control/", "/control/webhooks", "/control/calls"):
        answer = requests.get(sandbox.url + path, timeout=5)
        assert answer.status_code == 200
        assert (
            "script-src" in answer.headers["content-security-policy"]
            or "default-src 'self'" in (answer.headers["content-security-policy"])
        )
        assert " style=" not in answer.text and not re.search(r"<script(?![^>]*src=)", answer.text)
        for found in re.findall(r'(?:href|src)="(/static/[^"#]+)', answer.text):
            assert requests.get(sandbox.url + found, timeout=5).ok, found


def test_static_files_stay_in_their_folders(sandbox):
    for path in ("/static/../settings.py", "/static/..%2f..%2fconfig/settings.py", "/static/nothing.css"):
        prepared = requests.Request("GET", sandbox.url + path).prepare()
        prepared.url = sandbox.url + path
        with requests.Session() as session:
            assert session.send(prepared, timeout=5).status_code == 404


def test_a_code_shows_up_on_the_phone(sandbox, number):
    text = page(sandbox, "/phone/")
    assert re.search(r'class="code-shown">\d{3}-\d{3}<', text)


def test_writing_opens_the_conversation_and_the_reply_is_read_on_opening(sandbox, receiver, number, chat):
    submit(sandbox, chat + "write", text="¿Llega hoy?")
    eventually(lambda: [m for m in receiver.messages() if m.get("text", {}).get("body") == "¿Llega hoy?"])
    wamid = sandbox.send(number, FRIEND, text={"body": "Sí, *a las 15:00* <b>"}).json()["messages"][0]["id"]
    eventually(lambda: "delivered" in [row["status"] for row in receiver.statuses(wamid)])
    text = page(sandbox, chat)
    assert "¿Llega hoy?" in text and "<strong>a las 15:00</strong> &lt;b&gt;" in text
    eventually(lambda: "read" in [row["status"] for row in receiver.statuses(wamid)])


def test_a_template_is_shown_filled_with_its_buttons_and_answered(sandbox, receiver, number, chat):
    waba = sandbox.look("state")["wabas"][0]["id"]
    components = [
        {"type": "HEADER", "format": "TEXT", "text": "On its way"},
        {
            "type": "BODY",
            "text": "Hello {{1}}, your order {{2}} arrives today.",
            "example": {"body_text": [["A", "B"]]},
        },
        {"type": "FOOTER", "text": "Write STOP to stop"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Thank you"},
                {"type": "URL", "text": "Follow", "url": "https://envios.example/p/{{1}}", "example": ["1"]},
            ],
        },
    ]
    sandbox.template(waba, name="on_its_way", components=components)
    body = [{"type": "text", "text": "Marta"}, {"type": "text", "text": "CV-48213"}]
    url = {"type": "button", "sub_type": "url", "index": 1, "parameters": [{"type": "text", "text": "48213"}]}
    template = {
        "name": "on_its_way",
        "language": {"code": "en_US"},
        "components": [{"type": "body", "parameters": body}, url],
    }
    wamid = sandbox.send(number, FRIEND, type="template", template=template).json()["messages"][0]["id"]
    eventually(lambda: "CV-48213" in page(sandbox, chat))
    text = page(sandbox, chat)
    for part in ("On its way", "Hello Marta, your order CV-48213 arrives today.", "Write STOP to stop"):
        assert part in text
    assert "https://envios.example/p/48213" in text
    submit(sandbox, chat + "press", message=wamid, position="0")
    eventually(lambda: [m for m in receiver.messages() if m.get("button", {}).get("text") == "Thank you"])


def test_the_cards_of_a_carousel_stand_on_the_phone_and_each_ones_button_answers(sandbox, receiver, number, chat):
    waba = sandbox.look("state")["wabas"][0]["id"]

    def card(name):
        buttons = [
            {"type": "QUICK_REPLY", "text": f"Keep {name}"},
            {"type": "URL", "text": "See it", "url": "https://shop.example/{{1}}", "example": ["1"]},
        ]
        picture = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::a"]}}
        body = {"type": "BODY", "text": "Only {{1}} are left of this one.", "example": {"body_text": [["3"]]}}
        return {"components": [picture, body, {"type": "BUTTONS", "buttons": buttons}]}

    top = {"type": "BODY", "text": "You asked for shoes."}
    cards = {"type": "CAROUSEL", "cards": [card("boots"), card("sandals")]}
    sandbox.template(waba, name="shoes_to_choose", category="MARKETING", components=[top, cards])

    def filled(index, left):
        picture = {"type": "image", "image": {"link": "https://shop.example/a.png"}}
        address = [{"type": "text", "text": f"shoe-{index}"}]
        parts = [
            {"type": "header", "parameters": [picture]},
            {"type": "body", "parameters": [{"type": "text", "text": left}]},
            {"type": "button", "sub_type": "url", "index": "1", "parameters": address},
        ]
        return {"card_index": index, "components": parts}

    carousel = {"type": "carousel", "cards": [filled(0, "3"), filled(1, "7")]}
    template = {"name": "shoes_to_choose", "language": {"code": "en_US"}, "components": [carousel]}
    wamid = sandbox.send(number, FRIEND, type="template", template=template).json()["messages"][0]["id"]
    eventually(lambda: "Only 7 are left of this one." in page(sandbox, chat))

    text = page(sandbox, chat)
    for part in ("Only 3 are left", "Keep boots", "Keep sandals", "https://shop.example/shoe-1"):
        assert part in text
    submit(sandbox, chat + "press", message=wamid, position="1")
    eventually(lambda: [m for m in receiver.messages() if m.get("button", {}).get("text") == "Keep sandals"])


def test_files_places_reactions_and_quotes_leave_the_phone(sandbox, receiver, number, chat):
    submit(sandbox, chat + "file", files={"file": ("foto.png", PNG, "image/png")})
    submit(sandbox, chat + "location")
    wamid = sandbox.send(number, FRIEND, text={"body": "¿Bien?"}).json()["messages"][0]["id"]
    submit(sandbox, chat + "react", message=wamid, emoji="👍")
    submit(sandbox, chat + "write", text="sí", reply_to=wamid)

    def found():
        rows = receiver.messages()
        return {row["type"] for row in rows} >= {"image", "location", "reaction"} and [
            row for row in rows if row.get("context", {}).get("id") == wamid and row["type"] == "text"
        ]

    quoted = eventually(found)[0]
    assert quoted["context"]["from"] == "573155550142"
    text = page(sandbox, chat)
    assert "/phone/media/" in text and "👍" in text


def test_stopping_offers_and_blocking_are_switches(sandbox, receiver, chat):
    submit(sandbox, chat + "marketing", stopped="1")
    eventually(lambda: receiver.changes("user_preferences"))
    assert "Allow offers again" in page(sandbox, chat)
    submit(sandbox, chat + "block", blocked="1")
    assert "You blocked this business." in page(sandbox, chat)
    refused = submit(sandbox, chat + "write", text="hola")
    assert "Unblock the business first." in refused.text
    submit(sandbox, chat + "block", blocked="0")
    submit(sandbox, chat + "marketing", stopped="0")


def test_a_link_opens_the_chat_with_its_words(sandbox, number, person):
    answer = requests.get(f"{sandbox.url}/phone/wa.me/573155550142", params={"text": "Hola desde la web"}, timeout=5)
    assert answer.url.startswith(f"{sandbox.url}/phone/{person}/{number}/") and "Hola desde la web" in answer.text
    made = sandbox.post(f"{number}/message_qrdls", {"prefilled_message": "Quiero saber más"}).json()
    assert "Quiero saber más" in page(sandbox, f"/phone/wa.me/message/{made['code']}")


def test_what_is_wrong_is_said_and_what_is_gone_is_404(sandbox):
    assert "7 to 15 digits" in submit(sandbox, "/phone/new", name="X", phone="12").text
    assert requests.get(f"{sandbox.url}/phone/99999/", timeout=5).status_code == 404


def test_the_panel_decides_changes_and_moves_the_clock(sandbox, receiver, number):
    sandbox.control("mood", kind="templates", mood="hold")
    waba = sandbox.look("state")["wabas"][0]["id"]
    body = {
        "name": "held_one",
        "language": "es",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Tu cita es mañana."}],
    }
    node = sandbox.post(f"{waba}/message_templates", body).json()["id"]
    text = page(sandbox, "/control/")
    assert "held_one (es, UTILITY)" in text
    review = next(row["id"] for row in sandbox.look("reviews")["reviews"] if row["subject"] == node)
    assert f'name="review" value="{review}"' in text
    submit(sandbox, "/control/decide", review=review, approve="0", reason="INCORRECT_CATEGORY")
    assert sandbox.get(node, fields="rejected_reason").json()["rejected_reason"] == "INCORRECT_CATEGORY"
    late = submit(sandbox, "/control/decide", review=review, approve="1")
    assert "already been decided" in late.text
    submit(sandbox, "/control/number", id=number, quality="YELLOW")
    assert sandbox.get(number, fields="quality_rating").json()["quality_rating"] == "YELLOW"
    before = sandbox.look("clock")["now"]
    submit(sandbox, "/control/clock", advance_seconds="3600")
    assert sandbox.look("clock")["now"] - before > 3599
    assert "It runs ahead of the real time." in page(sandbox, "/control/")
    submit(sandbox, "/control/clock", reset="1")
    submit(sandbox, "/control/fault", kind="delay", scope="messages", count="2", seconds="1")
    assert sandbox.look("faults")["faults"][0]["remaining"] == 2
    submit(sandbox, "/control/calm")
    assert sandbox.look("faults")["faults"] == []


def test_a_webhook_can_be_sent_again_from_the_panel(sandbox, receiver, chat):
    text = page(sandbox, "/control/webhooks")
    newest = re.search(r'name="webhook" value="(\d+)"', text).group(1)
    before = len(receiver.deliveries)
    submit(sandbox, "/control/resend", webhook=newest)
    eventually(lambda: len(receiver.deliveries) > before)
