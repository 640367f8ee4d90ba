"""Faults, deliveries, restarts and speed of the sandbox itself."""

import json
import time

import pytest
import requests

from tests.providers.sandbox_server import Receiver, Sandbox, eventually

FRIEND = "573001234567"


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory, receiver):
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running, receiver):
    """The one sandbox, emptied, with quick statuses."""
    running.control("reset", options=True)
    running.control("options", sent_after=0.02, delivered_after=0.05)
    receiver.deliveries.clear()
    receiver.status = 200
    return running


@pytest.fixture
def number(sandbox):
    number = sandbox.number(sandbox.waba(), "3155550142")
    sandbox.control("inbound", number=number, phone=FRIEND, text="hola")
    return number


def send(sandbox, number, reference=None, **more):
    body = {"messaging_product": "whatsapp", "to": FRIEND, "text": {"body": "x"}}
    if reference:
        body["biz_opaque_callback_data"] = reference
    return sandbox.post(f"{number}/messages", body, **more)


def statuses_of(receiver, reference):
    return [row["status"] for row in receiver.statuses() if row.get("biz_opaque_callback_data") == reference]


def test_a_time_out_after_the_effect_sends_and_says_nothing(sandbox, receiver, number):
    sandbox.control("faults", kind="timeout_after", scope="messages", seconds=1.2)
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        send(sandbox, number, "lost", timeout=0.4)
    assert sandbox.look("sent", reference="lost")["total"] == 1
    eventually(lambda: statuses_of(receiver, "lost") == ["sent", "delivered"])
    assert send(sandbox, number, "after").ok, "one fault strikes once"


def test_a_time_out_before_the_effect_does_nothing(sandbox, number):
    sandbox.control("faults", kind="timeout_before", scope="messages", seconds=0.5)
    with pytest.raises((requests.Timeout, requests.ConnectionError)):
        send(sandbox, number, "never", timeout=5)
    assert sandbox.look("sent", reference="never")["total"] == 0


def test_a_reset_cuts_the_connection(sandbox, number):
    sandbox.control("faults", kind="reset", scope="messages")
    with pytest.raises(requests.ConnectionError):
        send(sandbox, number, "cut")
    assert sandbox.look("sent", reference="cut")["total"] == 0
    assert sandbox.look("calls")["calls"][0]["status"] == "cut"


def test_errors_html_and_missing_ids_come_as_ordered(sandbox, number):
    sandbox.control("faults", kind="rate_limit", scope="messages")
    limited = send(sandbox, number)
    assert (limited.status_code, limited.json()["error"]["code"]) == (429, 130429)
    sandbox.control("faults", kind="rate_limit", scope="management")
    assert sandbox.get(number).json()["error"]["code"] == 80007
    sandbox.control("faults", kind="server_error", scope="messages")
    assert send(sandbox, number).status_code == 500
    sandbox.control("faults", kind="html", scope="all")
    page = send(sandbox, number)
    assert page.status_code == 502 and page.headers["content-type"].startswith("text/html")
    sandbox.control("faults", kind="no_id", scope="messages")
    bare = send(sandbox, number, "no-id")
    assert bare.ok and "messages" not in bare.json()
    assert sandbox.look("sent", reference="no-id")["total"] == 1
    sandbox.control("faults", kind="html_with_200", scope="messages")
    page = send(sandbox, number, "html-200")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    sandbox.control("faults", kind="half_json", scope="messages")
    half = send(sandbox, number, "half")
    assert half.ok and half.text.startswith('{"') and not half.text.endswith("}")
    sandbox.control("faults", kind="huge_answer", scope="messages")
    assert len(send(sandbox, number, "huge").content) == 4 * 1024 * 1024
    assert [sandbox.look("sent", reference=word)["total"] for word in ("html-200", "half", "huge")] == [1, 1, 1]
    sandbox.control("faults", kind="redirect", scope="messages")
    elsewhere = send(sandbox, number, "redirect", allow_redirects=False)
    assert elsewhere.status_code == 307 and elsewhere.headers["location"].startswith("https://elsewhere.example/")
    assert sandbox.look("sent", reference="redirect")["total"] == 0
    started = time.monotonic()
    sandbox.control("faults", kind="delay", scope="messages", seconds=0.5)
    assert send(sandbox, number).ok and time.monotonic() - started > 0.5


def test_a_fault_stays_until_cleared_when_asked(sandbox, number):
    fault = sandbox.control("faults", kind="server_error", scope="messages", count=None)["id"]
    assert [send(sandbox, number).status_code for _ in range(3)] == [500] * 3
    assert sandbox.get(number).ok, "other calls are spared"
    answer = requests.delete(f"{sandbox.url}/control/api/faults/{fault}", timeout=5)
    assert answer.json() == {"faults": []}
    assert send(sandbox, number).ok


def test_a_fault_that_doesnt_fit_is_refused(sandbox):
    for body in ({"kind": "duplicate", "scope": "messages"}, {"kind": "plague"}, {"kind": "delay", "count": 0}):
        assert requests.post(f"{sandbox.url}/control/api/faults", json=body, timeout=5).status_code == 400


def test_webhooks_may_come_twice_and_out_of_order(sandbox, receiver, number):
    eventually(lambda: sandbox.look("state")["webhooks"].get("waiting", 0) == 0)
    sandbox.control("faults", kind="duplicate", scope="webhooks")
    first = sandbox.control("inbound", number=number, phone=FRIEND, text="dos veces")["id"]
    eventually(lambda: [m["id"] for m in receiver.messages()].count(first) == 2)
    sandbox.control("faults", kind="reorder", scope="webhooks", seconds=0.5)
    early = sandbox.control("inbound", number=number, phone=FRIEND, text="uno")["id"]
    late = sandbox.control("inbound", number=number, phone=FRIEND, text="dos")["id"]
    eventually(lambda: {early, late} <= {m["id"] for m in receiver.messages()})
    order = [m["id"] for m in receiver.messages()]
    assert order.index(late) < order.index(early)


def test_a_refused_webhook_is_tried_again(sandbox, receiver, number):
    receiver.status = 503
    wamid = sandbox.control("inbound", number=number, phone=FRIEND, text="otra vez")["id"]
    eventually(lambda: [m["id"] for m in receiver.messages()].count(wamid) == 1)
    assert sandbox.look("state")["webhooks"]["waiting"] >= 1
    receiver.status = 200
    eventually(lambda: [m["id"] for m in receiver.messages()].count(wamid) == 2)
    eventually(lambda: "waiting" not in sandbox.look("state")["webhooks"])


def test_webhooks_may_be_batched(sandbox, receiver, number):
    receiver.status = 503
    sandbox.control("options", webhook_batch=50)
    ids = {sandbox.control("inbound", number=number, phone=f"57300000{i:04d}", text="hola")["id"] for i in range(10)}
    eventually(lambda: ids <= {m["id"] for m in receiver.messages()})
    receiver.status = 200
    before = len(receiver.deliveries)
    eventually(lambda: "waiting" not in sandbox.look("state")["webhooks"], 15)
    assert any(len(json.loads(raw)["entry"]) > 1 for _path, _signature, raw in receiver.deliveries[before:])


def test_nothing_is_lost_when_the_sandbox_is_killed(sandbox, receiver, number):
    receiver.status = 503
    wamid = send(sandbox, number, "survivor").json()["messages"][0]["id"]
    sandbox.kill()
    receiver.status = 200
    sandbox.start()
    eventually(lambda: [r["status"] for r in receiver.statuses(wamid)][-1:] == ["delivered"])
    assert sandbox.get(number, fields="status").json()["status"] == "CONNECTED"
    assert sandbox.look("sent", reference="survivor")["total"] == 1
    assert send(sandbox, number).ok, "the window survives too"


def test_the_clock_doesnt_move_where_it_may_not(tmp_path, receiver):
    sandbox = Sandbox(tmp_path / "fixed", receiver.url, MOVABLE_CLOCK="0")
    try:
        answer = requests.post(f"{sandbox.url}/control/api/clock", json={"advance_seconds": 60}, timeout=5)
        assert answer.status_code == 400 and "MOVABLE_CLOCK" in answer.json()["error"]
        page = requests.post(
            f"{sandbox.url}/control/clock", data={"advance_seconds": "60"}, headers={"Origin": sandbox.url}, timeout=5
        )
        assert "MOVABLE_CLOCK" in page.text
    finally:
        sandbox.stop()


def test_a_foreign_page_cant_post_here(sandbox, number):
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        answer = requests.post(f"{sandbox.url}/control/reset", data={}, headers=headers, timeout=5)
        assert answer.status_code == 403
    forged = requests.post(
        f"{sandbox.url}/control/api/reset", data="{}", headers={"Content-Type": "text/plain"}, timeout=5
    )
    assert forged.status_code == 415
    assert sandbox.get(number).ok


def test_reset_forgets_everything(sandbox, number):
    sandbox.control("reset")
    assert sandbox.get(number).json()["error"]["error_subcode"] == 33
    assert sandbox.look("state")["wabas"] == []


def test_tokens_and_pins_dont_show_in_the_log(sandbox, number):
    assert sandbox.post(number, {"pin": "907183"}).ok
    text = (
        requests.get(f"{sandbox.url}/control/api/calls", timeout=5).text
        + requests.get(f"{sandbox.url}/control/calls", timeout=5).text
    )
    assert "sandbox-token" not in text and "907183" not in text


def test_a_number_sends_at_most_its_throughput(sandbox, number):
    sandbox.template(
        sandbox.look("state")["wabas"][0]["id"],
        name="notice",
        components=[{"type": "BODY", "text": "Your order leaves today."}],
    )
    sandbox.control("number", id=number, throughput="STANDARD")
    template = {"name": "notice", "language": {"code": "en_US"}}
    codes = []
    for index in range(160):
        body = {"messaging_product": "whatsapp", "to": f"5730100{index:05d}", "type": "template", "template": template}
        answer = sandbox.post(f"{number}/messages", body)
        codes.append(0 if answer.ok else answer.json()["error"]["code"])
    assert codes[:80] == [0] * 80
    assert set(codes) <= {0, 130429}


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limit_hint", 429, 130429),
        ("pair_limit", 400, 131056),
        ("number_limit", 400, 131057),
        ("window_closed", 400, 131047),
        ("token_expired", 401, 190),
        ("policy_block", 403, 368),
    ],
)
def test_refusals_come_in_the_words_of_graph(sandbox, number, kind, status, code):
    sandbox.control("faults", kind=kind, scope="messages", seconds=3)
    answer = send(sandbox, number, kind)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == ("3" if kind == "rate_limit_hint" else None)
    assert sandbox.look("sent", reference=kind)["total"] == 0
    assert send(sandbox, number, kind).ok


def test_a_proxy_says_too_many_and_unavailable_without_an_envelope(sandbox, number):
    sandbox.control("faults", kind="too_many", scope="messages", seconds=2)
    answer = send(sandbox, number, "proxy")
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (429, "2", "Too Many Requests")
    sandbox.control("faults", kind="unavailable", scope="messages")
    answer = send(sandbox, number, "proxy")
    assert answer.status_code == 503 and answer.text.startswith("<!DOCTYPE html>")


def test_a_cut_after_the_effect_has_sent(sandbox, number):
    sandbox.control("faults", kind="reset_after", scope="messages")
    with pytest.raises(requests.ConnectionError):
        send(sandbox, number, "done")
    assert sandbox.look("sent", reference="done")["total"] == 1


def test_an_answer_may_come_drop_by_drop(sandbox, number):
    sandbox.control("faults", kind="slow_drip", scope="messages", seconds=0.6)
    began = time.monotonic()
    answer = send(sandbox, number, "drops")
    assert answer.json()["messages"][0]["id"] and time.monotonic() - began > 0.5


def test_what_waits_for_its_next_try_can_be_hurried(sandbox, receiver, number):
    eventually(lambda: receiver.messages())
    receiver.status = 503
    sandbox.control("inbound", number=number, phone=FRIEND, text="de nuevo")
    eventually(lambda: sandbox.look("webhooks")["webhooks"][0]["attempts"] >= 2)
    receiver.status = 200
    assert sandbox.control("hurry")["hurried"] >= 1
    eventually(lambda: [m for m in receiver.messages() if m["text"]["body"] == "de nuevo"][-1:], 1.5)
    eventually(lambda: sandbox.look("webhooks")["webhooks"][0]["state"] == "delivered", 1.5)
