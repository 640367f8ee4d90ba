"""The requests transport, against a small server that misbehaves on demand."""

import gzip
import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from providers import transport
from providers.base import (
    Credentials,
    OutcomeUnknown,
    ProviderError,
    ProviderUnavailable,
    Recipient,
    TemplateKind,
)
from providers.checks import check_deployed_provider, check_providers, check_secrets
from providers.http import CloudApi
from providers.registry import credentials_for, provider_class, provider_for

TOKEN = "a-token-nobody-may-see"
APP_SECRET = "an-app-secret-nobody-may-see"
ACCEPTED = {"messages": [{"id": "wamid.1"}], "contacts": [{"wa_id": "1"}]}
TEXT = {"type": "text", "body": "Hola"}


class Graph(BaseHTTPRequestHandler):
    """Answers with ``server.answer(handler)`` and remembers what was asked."""

    protocol_version = "HTTP/1.1"

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        self.server.answer(self)

    do_GET = do_POST = do_DELETE = handle_any

    def reply(self, status=200, body=b"{}", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reset(self):
        """Close with RST instead of an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        self.wfile = open("/dev/null", "wb")

    def log_message(self, *args):
        pass


@pytest.fixture
def graph():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Graph)
    server.daemon_threads = True
    server.block_on_close = False
    server.asked = []
    server.answer = lambda handler: handler.reply(200, ACCEPTED)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def records():
    return []


@pytest.fixture
def api(graph, records):
    url = f"http://127.0.0.1:{graph.server_port}"
    return CloudApi(Credentials(url, TOKEN, app_secret=APP_SECRET), records.append)


@pytest.fixture
def hasty(monkeypatch):
    """Nobody waits ten seconds in a test."""
    monkeypatch.setitem(transport.READ_SECONDS, "normal", 0.2)
    monkeypatch.setitem(transport.WHOLE_ANSWER_SECONDS, "normal", 0.5)


def send(api):
    return api.send("7", to="+1", content=TEXT, reference="m:1")


def caught(ask):
    with pytest.raises(ProviderError) as info:
        ask()
    error = info.value
    chain = []
    while error is not None:
        chain += [str(error), repr(error), str(vars(error))]
        error = error.__cause__ or error.__context__
    assert not any(TOKEN in words or APP_SECRET in words for words in chain)
    return info.value


def test_a_message_is_asked_for_with_token_and_version(api, graph):
    taken = send(api)

    [(method, path, headers, body)] = graph.asked
    assert taken.provider_message_id == "wamid.1"
    assert (method, path) == ("POST", "/v26.0/7/messages")
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(body)["biz_opaque_callback_data"] == "m:1"


def test_a_netrc_entry_does_not_replace_the_token(api, graph, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login mallory password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setattr(api, "_loopback", False)
    monkeypatch.setenv("NO_PROXY", "*")

    send(api)

    assert graph.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"


def test_silence_after_a_message_leaves_its_fate_open_and_after_a_question_does_not(api, graph, hasty):
    graph.answer = lambda handler: time.sleep(0.6)

    assert type(caught(lambda: send(api))) is OutcomeUnknown
    assert type(caught(lambda: api.fetch_phone_number("7"))) is ProviderUnavailable


def test_a_reset_after_the_request_leaves_a_message_open(api, graph):
    graph.answer = lambda handler: handler.reset()

    assert type(caught(lambda: send(api))) is OutcomeUnknown
    assert type(caught(lambda: api.mark_read("7", message_id="m"))) is ProviderUnavailable


def test_an_answer_cut_short_leaves_a_message_open(api, graph):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "500")
        handler.end_headers()
        handler.wfile.write(b'{"messages":[')
        handler.close_connection = True

    graph.answer = cut

    assert type(caught(lambda: send(api))) is OutcomeUnknown


def test_an_answer_in_packed_pieces_is_put_together(api, graph):
    packed = gzip.compress(json.dumps(ACCEPTED | {"padding": "x" * 50_000}).encode())

    def pieces(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        for start in range(0, len(packed), 7):
            piece = packed[start : start + 7]
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.write(b"0\r\n\r\n")

    graph.answer = pieces

    assert send(api).provider_message_id == "wamid.1"


def test_an_answer_that_drips_is_given_up(api, graph, hasty):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(20):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return
            time.sleep(0.1)

    graph.answer = drip
    started = time.monotonic()

    assert type(caught(lambda: send(api))) is OutcomeUnknown
    assert time.monotonic() - started < 1.9


def test_an_endless_answer_is_cut_off(api, graph, monkeypatch):
    monkeypatch.setattr(transport, "ANSWER_BYTES", 1000)
    graph.answer = lambda handler: handler.reply(200, b" " * 200_000)

    assert type(caught(lambda: api.fetch_waba("1"))) is ProviderUnavailable


def test_nobody_listening_is_surely_no_effect(records):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = CloudApi(Credentials(f"http://127.0.0.1:{port}", TOKEN), records.append)

    assert type(caught(lambda: send(api))) is ProviderUnavailable
    assert (records[0]["status"], records[0]["outcome"]) == (None, "unavailable")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, b"slow down", ProviderUnavailable),
        (500, b"<html>", ProviderUnavailable),
        (503, b"<html>", ProviderUnavailable),
        (504, b"<html>", OutcomeUnknown),
        (200, b"<html>", OutcomeUnknown),
        (200, {}, OutcomeUnknown),
        (400, {"error": {"code": 131047, "message": "closed"}}, ProviderError),
    ],
)
def test_every_answer_has_one_of_three_meanings(api, graph, status, body, kind):
    graph.answer = lambda handler: handler.reply(status, body)

    assert type(caught(lambda: send(api))) is kind


def test_a_redirect_takes_nothing_along(api, graph):
    graph.answer = lambda handler: handler.reply(302, b"", Location=f"http://127.0.0.1:{graph.server_port}/other")

    assert type(caught(lambda: send(api))) is ProviderError
    assert len(graph.asked) == 1


def test_cookies_of_one_business_do_not_reach_the_next(api, graph):
    graph.answer = lambda handler: handler.reply(200, ACCEPTED, Set_Cookie="who=acme; Path=/")
    send(api)
    send(api)

    assert "Cookie" not in graph.asked[1][2]


def test_a_log_record_has_everything_but_secrets(api, graph, records):
    graph.answer = lambda handler: handler.reply(200, {"access_token": "EAAnew", "expires_in": 5, "note": TOKEN})
    grant = api.exchange_code(app_id="1", code="the-code-of-the-popup")
    api.register("7", pin="424242")

    exchange, register = records
    assert (grant.access_token, grant.expires_in) == ("EAAnew", 5)
    assert graph.asked[0][1].startswith("/v26.0/oauth/access_token?client_id=1&client_secret=an-app")
    assert "Authorization" not in graph.asked[0][2]
    assert (exchange["method"], exchange["path"], exchange["status"]) == ("GET", "oauth/access_token", 200)
    assert (register["path"], register["outcome"], register["code"]) == ("7/register", "ok", None)
    for secret in ("EAAnew", TOKEN, APP_SECRET, "the-code-of-the-popup", "424242"):
        assert secret not in json.dumps(records)


def test_a_broken_log_does_not_lose_an_accepted_message(graph, api, caplog):
    def broken(record):
        raise RuntimeError("disk full")

    api.log = broken

    assert send(api).provider_message_id == "wamid.1"
    assert "couldn't be logged" in caplog.text


def test_lists_are_followed_to_their_end_and_not_beyond(api, graph):
    def pages(handler):
        after = "after=two" in handler.path
        cursors = {"after": "two"}  # the second page names itself again: that must not go on for ever
        data = [{"id": "2" if after else "1", "name": "n", "status": "APPROVED", "category": "UTILITY"}]
        handler.reply(200, {"data": data, "paging": {"cursors": cursors, "next": "https://elsewhere.example/"}})

    graph.answer = pages
    found = list(api.iter_templates("1"))

    assert [item.id for item in found] == ["1", "2"]
    assert found[0].category is TemplateKind.UTILITY
    assert len(graph.asked) == 2


def test_a_file_goes_up_as_multipart_and_a_sample_in_two_steps(api, graph):
    graph.answer = lambda handler: handler.reply(200, {"id": "upload:abc?sig=S", "h": "4::handle"})

    api.upload_media("7", content=b"\x89PNG", mime_type="image/png", filename="a.png")
    handle = api.upload_sample("99", content=b"0123", mime_type="image/png")

    upload, opened, continued = graph.asked
    assert upload[2]["Content-Type"].startswith("multipart/form-data") and b"\x89PNG" in upload[3]
    assert b'name="messaging_product"' in upload[3]
    assert opened[1].startswith("/v26.0/99/uploads?file_length=4")
    assert (continued[1], continued[3]) == ("/v26.0/upload:abc?sig=S", b"0123")
    assert continued[2]["Authorization"] == f"OAuth {TOKEN}" and continued[2]["file_offset"] == "0"
    assert handle == "4::handle"


def test_a_file_comes_down_with_the_token_from_trusted_places_only(api, graph):
    home = f"http://127.0.0.1:{graph.server_port}"
    graph.answer = lambda handler: handler.reply(200, b"bytes", Content_Type="image/png; x=y")

    file = api.download_media(f"{home}/files/1")
    assert (file.content, file.mime_type) == (b"bytes", "image/png")
    assert graph.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"
    for elsewhere in ("http://127.0.0.1:1/x", "https://evil.example/x", "http://lookaside.fbsbx.com/x", "file:///etc"):
        assert caught(lambda place=elsewhere: api.download_media(place)).http_status is None
    assert len(graph.asked) == 1


def test_a_file_behind_a_redirect_to_a_stranger_does_not_come(api, graph):
    graph.answer = lambda handler: handler.reply(302, b"", Location="https://evil.example/x")

    assert type(caught(lambda: api.download_media(f"http://127.0.0.1:{graph.server_port}/f"))) is ProviderError


def test_a_file_that_is_gone_or_too_big_is_an_error(api, graph):
    home = f"http://127.0.0.1:{graph.server_port}"
    graph.answer = lambda handler: handler.reply(404, {"error": {"code": 100, "message": "gone"}})
    assert caught(lambda: api.download_media(f"{home}/f")).http_status == 404

    graph.answer = lambda handler: handler.reply(200, b"x" * 5000)
    with pytest.raises(ProviderUnavailable):
        api.fetch_file(f"{home}/f", max_bytes=1000)


def test_the_other_questions_reach_their_places(api, graph):
    graph.answer = lambda handler: handler.reply(
        200, {"id": "5", "success": True, "data": [], "verification_status": "verified", "status": "PENDING"}
    )
    api.fetch_business("1")
    api.create_waba("1", name="Acme", currency="MXN", timezone_id="1")
    api.list_wabas("1")
    api.add_phone_number("2", country_code="+52", number="5550001", display_name="Acme")
    api.list_phone_numbers("2")
    api.request_code("7", method="sms", language="es_MX")
    api.verify_code("7", code="123-456")
    api.deregister("7")
    api.change_display_name("7", display_name="Acme & Söhne")
    api.update_profile("7", about="Hola")
    api.fetch_profile("7")
    api.request_official_account("7", website="https://a.example", country="Mexico", language="Spanish")
    api.subscribe_app("2")
    api.list_subscribed_apps("2")
    api.create_template("2", name="n", language="es", category="utility", components=[{"type": "BODY"}])
    api.edit_template("9", components=[{"type": "BODY"}])
    api.delete_template("2", name="n")
    api.delete_media("8")
    api.block_users("7", [Recipient(phone="1")])
    api.list_blocked("7")

    places = [f"{method} {path.split('?')[0].removeprefix('/v26.0')}" for method, path, _, _ in graph.asked]
    assert places == [
        "GET /1",
        "POST /1/owned_whatsapp_business_accounts",
        "GET /1/owned_whatsapp_business_accounts",
        "POST /2/phone_numbers",
        "GET /2/phone_numbers",
        "POST /7/request_code",
        "POST /7/verify_code",
        "POST /7/deregister",
        "POST /7",
        "POST /7/whatsapp_business_profile",
        "GET /7/whatsapp_business_profile",
        "POST /7/official_business_account",
        "POST /2/subscribed_apps",
        "GET /2/subscribed_apps",
        "POST /2/message_templates",
        "POST /9",
        "DELETE /2/message_templates",
        "DELETE /8",
        "POST /7/block_users",
        "GET /7/block_users",
    ]
    assert json.loads(graph.asked[3][3])["cc"] == "52"
    assert "new_display_name=Acme+%26+S%C3%B6hne" in graph.asked[8][1]


def test_settings_name_the_provider(settings):
    settings.WHATSAPP_GRAPH_URL, settings.WHATSAPP_GRAPH_VERSION = "http://g.example", "v99.0"
    settings.WHATSAPP_APP_SECRETS = ["new", "old"]

    assert provider_class("cloud_api") is CloudApi
    assert provider_for("sandbox", credentials_for("t")).credentials == Credentials(
        "http://g.example", "t", "v99.0", "new"
    )
    with pytest.raises(LookupError, match="carrier_pigeon"):
        provider_class("carrier_pigeon")


def test_checks_name_what_is_wrong_and_how_to_set_it(settings):
    settings.WHATSAPP_PROVIDERS = {"good": "providers.http.CloudApi", "bad": "providers.http.ClaudApi"}
    settings.WHATSAPP_PROVIDER = "ugly"
    settings.WHATSAPP_APP_SECRETS, settings.WHATSAPP_VERIFY_TOKEN, settings.WHATSAPP_ACCESS_TOKEN = [], "", ""

    assert [problem.id for problem in check_providers(None)] == ["providers.E001", "providers.E002"]
    assert "'bad'" in check_providers(None)[0].msg
    assert all(problem.hint.startswith("Set WHATSAPP_") for problem in check_secrets(None))
    assert len(check_secrets(None)) == 3


@pytest.mark.parametrize(
    ("url", "problems"),
    [
        ("http://127.0.0.1:8010", ["providers.E010"]),
        ("https://localhost", ["providers.E010"]),
        ("http://[::1]:8010", ["providers.E010"]),
        ("http://graph.example", ["providers.E011"]),
        ("https://graph.facebook.com", []),
    ],
)
def test_the_sandbox_is_not_for_customers(settings, url, problems):
    settings.WHATSAPP_GRAPH_URL = url

    assert [problem.id for problem in check_deployed_provider(None)] == problems
