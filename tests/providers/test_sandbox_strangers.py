"""A client written by others (``pywa``) takes the sandbox for Meta, and its parser understands our webhooks."""

import hashlib
import hmac
import threading

import httpx
import pytest

from tests.providers.sandbox_server import SECRET, TOKEN, Receiver, Sandbox, eventually

pywa = pytest.importorskip("pywa")
FRIEND = "573001234567"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


class ToTheSandbox(httpx.HTTPTransport):
    """Sends what was meant for graph.facebook.com to a local port."""

    def __init__(self, port):
        super().__init__()
        self.port = port

    def handle_request(self, request):
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self.port)
        request.headers["Host"] = f"127.0.0.1:{self.port}"
        return super().handle_request(request)


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory, receiver):
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), receiver.url)
    sandbox.control("options", sent_after=0.02, delivered_after=0.05)
    sandbox.control("mood", kind="templates", mood="rules", delay=0)
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def waba(sandbox):
    return sandbox.waba()


@pytest.fixture(scope="module")
def client(sandbox, waba):
    number = sandbox.number(waba, "3155550142")
    session = httpx.Client(transport=ToTheSandbox(sandbox.port), timeout=10)
    client = pywa.WhatsApp(
        phone_id=number,
        token=TOKEN,
        session=session,
        waba_id=waba,
        app_id=670000000000001,
        app_secret=SECRET,
        server=None,
        verify_token="right",
    )
    sandbox.control("inbound", number=number, phone=FRIEND, text="hola", name="Marta")
    yield client
    session.close()


def test_it_sends_text_buttons_and_an_image(client, sandbox):
    from pywa.types import Button

    text = client.send_message(to=FRIEND, text="Hola", tracker="t-1")
    assert text.id.startswith("wamid.")
    client.send_message(to=FRIEND, text="¿Sí?", buttons=[Button(title="Sí", callback_data="yes")])
    media = client.upload_media(media=PNG, mime_type="image/png", filename="foto.png")
    client.send_image(to=FRIEND, image=media.id if hasattr(media, "id") else media, caption="foto")
    kinds = {row["type"] for row in sandbox.look("sent", phone=FRIEND)["messages"]}
    assert {"text", "interactive", "image"} <= kinds
    assert sandbox.look("sent", reference="t-1")["total"] == 1


def test_it_downloads_what_the_customer_sent(client, sandbox):
    media = client.upload_media(media=PNG, mime_type="image/png", filename="foto.png")
    found = client.get_media_url(getattr(media, "id", media))
    assert found.sha256 == hashlib.sha256(PNG).hexdigest()
    assert client.get_media_bytes(found.url.replace("https://graph.facebook.com", sandbox.url)) == PNG


def test_it_creates_lists_sends_and_deletes_templates(client, sandbox, waba):
    from pywa.types import templates as t

    made = client.create_template(
        t.Template(
            name="pywa_parcel",
            language=t.TemplateLanguage.ENGLISH_US,
            category=t.TemplateCategory.UTILITY,
            parameter_format=t.ParamFormat.NAMED,
            components=[
                body := t.BodyText("Hello {{name}}, your parcel leaves the warehouse today.", name="Ana"),
                t.Buttons(buttons=[t.QuickReplyButton(text="Thanks")]),
            ],
        )
    )
    assert made.status == t.TemplateStatus.PENDING
    eventually(lambda: client.get_template(made.id).status == t.TemplateStatus.APPROVED)
    rows = list(client.get_templates())
    assert "pywa_parcel" in {row.name for row in rows}
    sent = client.send_template(
        to=FRIEND, name="pywa_parcel", language=t.TemplateLanguage.ENGLISH_US, params=[body.params(name="Marta")]
    )
    assert sent.id.startswith("wamid.")
    assert client.delete_template("pywa_parcel")


def test_it_registers_a_number(client, sandbox, waba):
    made = client.create_phone_number(
        country_calling_code="57", phone_number="3155550777", verified_name="Valle", waba_id=waba
    )
    assert client.request_verification_code(code_method="SMS", language_code="es", phone_id=made.id)
    code = sandbox.look("sms", phone="573155550777")["sms"][0]["code"]
    assert client.verify_phone_number(code=code, phone_id=made.id)
    assert client.register_phone_number(pin="123456", phone_id=made.id)
    numbers = {row.id: row for row in client.get_business_phone_numbers()}
    assert numbers[made.id].code_verification_status == "VERIFIED"


def test_it_reads_the_account(client, waba):
    account = client.get_business_account()
    assert account.id == waba and account.currency == "USD" and account.subscribed_apps


def test_it_reads_the_profile_and_understands_our_errors(client, sandbox):
    from pywa import errors

    assert client.update_business_profile(about="Paquetes", websites=["https://envios.example"])
    assert client.get_business_profile().about == "Paquetes"
    with pytest.raises(errors.ReEngagementMessage):
        client.send_message(to="573009998877", text="hola")
    with pytest.raises(errors.WhatsAppError) as caught:
        client.get_template("4040404040404040")
    assert caught.value.code == 100


def test_its_parser_understands_every_webhook_we_send(client, sandbox, receiver, waba):
    from pywa import types
    from pywa.types import templates as t

    seen, gate = [], threading.Lock()

    def keep(_client, update):
        with gate:
            seen.append(update)

    client.on_raw_update()(lambda *_: None)
    for register in (
        client.on_message,
        client.on_message_status,
        client.on_callback_button,
        client.on_callback_selection,
        client.on_template_status_update,
        client.on_template_quality_update,
        client.on_template_category_update,
        client.on_user_marketing_preferences,
        client.on_account_update,
    ):
        register()(keep)
    number = client.phone_id
    for body in (
        {"text": "hola"},
        {"type": "location", "location": {"latitude": 3.4, "longitude": -76.5, "name": "Cali"}},
    ):
        sandbox.control("inbound", number=number, phone=FRIEND, **body)
    interactive = {
        "type": "button",
        "body": {"text": "?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "yes", "title": "Sí"}}]},
    }
    asked = sandbox.send(number, FRIEND, type="interactive", interactive=interactive).json()["messages"][0]["id"]
    sandbox.control("press", message=asked, position=0)
    action = {"button": "Ver", "sections": [{"title": "S", "rows": [{"id": "a", "title": "A"}]}]}
    listed = sandbox.send(
        number, FRIEND, type="interactive", interactive={"type": "list", "body": {"text": "?"}, "action": action}
    )
    sandbox.control("press", message=listed.json()["messages"][0]["id"], position=0)
    sandbox.control("preference", number=number, phone=FRIEND, value="stop")
    offer = [{"type": "BODY", "text": "All shoes with a discount this week only."}]
    node = sandbox.template(waba, approve=False, name="shoes", components=offer)
    eventually(lambda: sandbox.get(node).json()["status"] == "APPROVED")
    sandbox.control("template", id=node, quality="YELLOW")
    sandbox.control("waba", id=waba, violation="ALCOHOL")
    eventually(lambda: sandbox.look("state")["webhooks"].get("waiting", 0) == 0)
    for _path, signature, raw in receiver.deliveries:
        assert signature == "sha256=" + hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest()
        assert client.webhook_update_validator(raw, signature) is None
        client.webhook_update_handler(raw)
    kinds = {
        types.Message,
        types.MessageStatus,
        types.CallbackButton,
        types.CallbackSelection,
        types.UserMarketingPreferences,
        types.AccountUpdate,
        t.TemplateStatusUpdate,
        t.TemplateQualityUpdate,
        t.TemplateCategoryUpdate,
    }
    eventually(lambda: kinds <= {type(update) for update in seen})
    message = next(update for update in seen if isinstance(update, types.Message) and update.text == "hola")
    assert message.from_user.wa_id == FRIEND and message.from_user.bsuid.startswith("CO.")
    status = next(update for update in seen if isinstance(update, types.MessageStatus) and update.pricing)
    assert status.pricing.billable and status.pricing.category.value == "service"
