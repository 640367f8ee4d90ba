"""Chat links and opt-in pages: handing them out, who came, and what the public page keeps."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from contacts.models import ConsentEvent, Contact
from contacts.services import consent, people
from onboarding.models import ChatLink, ChatStart, OptInPage, OptInSubmission, OptInTally, OptInText
from onboarding.services import chat_links, optin_pages, short_links
from tenants.tenancy import business_scope
from tests import builders

WORDS = {
    "title": "Stay in touch",
    "introduction": "Useful news only.",
    "agreement": "I agree that Acme writes to me on WhatsApp.",
    "promotions": "",
}


@pytest.fixture
def number(acme):
    return builders.phone_number(acme, e164="+573155550001")


@pytest.fixture
def owner(client, olga):
    client.force_login(olga)
    return client


def made(acme, number, greeting="Hola, quiero información & precios"):
    with business_scope(acme):
        return chat_links.create(number, name="Window", greeting=greeting, actor=None)


# Links


def test_a_link_opens_the_chat_with_greeting_and_code(acme, number):
    link = made(acme, number)
    url = urlsplit(chat_links.url_of(link))

    assert (url.netloc, url.path) == ("wa.me", "/573155550001")
    assert parse_qs(url.query) == {"text": [f"Hola, quiero información & precios #{link.code}"]}
    assert "+" not in url.query


def test_a_link_without_greeting_still_carries_its_code(acme, number):
    link = made(acme, number, "")

    assert chat_links.text_of(link) == f"#{link.code}"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Hola #ABC234", ["ABC234"]), ("#ABC234.", ["ABC234"]), ("x #ABC23456", ["ABC23456"]), ("#abc234", []),
        ("#ABC2345", []), ("ABC234", []), ("#ABC234x", []), ("#OFERTA1", []), ("", []),
    ],
)  # fmt: skip
def test_codes_in_messages(text, codes):
    assert chat_links.codes_in(text) == codes


def test_the_button_is_safe_html_that_stands_alone(acme, number):
    html = chat_links.button_html(chat_links.url_of(made(acme, number, '"><script>x</script>')), "<b>Write</b>")

    assert "<script" not in html and "<b>" not in html
    assert html.startswith("<a href=") and 'rel="noopener noreferrer"' in html


def test_the_pages_of_a_link(owner, acme, number):
    base = f"/b/{acme.slug}/links/"
    assert "No link yet" in owner.get(base).content.decode()
    response = owner.post(base, {"phone_number": number.pk, "name": "Instagram", "greeting": "  Hola \n amigos "})
    page = owner.get(response.url).content.decode()
    with business_scope(acme):
        link = ChatLink.objects.get()

    assert link.greeting == "Hola amigos"
    assert f"https://wa.me/573155550001?text=Hola%20amigos%20%23{link.code}" in page
    svg, png = (owner.get(f"{response.url}qr.{kind}") for kind in ("svg", "png"))
    assert svg["Content-Type"] == "image/svg+xml" and b"<svg" in svg.content
    assert png["Content-Type"] == "image/png" and png.content.startswith(b"\x89PNG")
    assert "attachment" in owner.get(f"{response.url}qr.svg?save")["Content-Disposition"]
    assert owner.get(f"{response.url}qr.gif").status_code == 404
    assert owner.get(f"{response.url}qr.svg?of=short").status_code == 404


def test_an_agent_sees_links_and_changes_none(client, ana, acme, number):
    link = made(acme, number)
    client.force_login(ana)
    page = f"/b/{acme.slug}/links/{link.reference}/"

    assert client.get(page).status_code == 200
    assert client.post(page, {"name": "x", "greeting": ""}).status_code == 403
    assert client.post(f"/b/{acme.slug}/links/", {}).status_code == 403
    assert client.post(f"{page}archive/").status_code == 403


def test_the_number_of_a_neighbour_can_t_be_linked(owner, acme, globex, number):
    other = builders.phone_number(globex)
    response = owner.post(f"/b/{acme.slug}/links/", {"phone_number": other.pk, "name": "x", "greeting": ""})

    assert response.status_code == 422


def test_meta_s_short_link_is_made_once(acme, number, monkeypatch):
    link, calls = made(acme, number, "Hola"), []

    class Line:
        there = []

        def list_short_links(self, number_id):
            calls.append("list")
            return self.there

        def create_short_link(self, number_id, *, prefilled_text):
            calls.append(("create", prefilled_text))
            self.there = [_short(prefilled_text)]
            raise short_links.OutcomeUnknown("lost")

        def update_short_link(self, number_id, *, code, prefilled_text):
            calls.append(("update", code, prefilled_text))
            return _short(prefilled_text)

    line = Line()
    monkeypatch.setattr(short_links.gateway, "line", lambda **kwargs: line)
    with business_scope(acme):
        chat_links.want_short_link(link)
    short_links.run_due()
    with business_scope(acme):
        ChatLink.objects.update(short_next_at=link.created_at)
    short_links.run_due()
    with business_scope(acme):
        link.refresh_from_db()
    assert (link.short_state, link.short_url) == ("ready", "https://wa.me/message/ABCDEFGHIJKLM2")
    assert calls == ["list", ("create", f"Hola #{link.code}"), "list"]

    with business_scope(acme):
        link.greeting = "Buenas"
        link.save()
        chat_links.want_short_link(link)
    short_links.run_due()
    assert calls[-1] == ("update", "ABCDEFGHIJKLM2", f"Buenas #{link.code}")


def _short(text):
    from providers.base import ShortLink

    return ShortLink("ABCDEFGHIJKLM2", "https://wa.me/message/ABCDEFGHIJKLM2", text)


def test_what_meta_refuses_is_told(owner, acme, number, monkeypatch):
    link = made(acme, number)

    class Line:
        def list_short_links(self, number_id):
            raise short_links.ProviderError("no", code=100, details="Bad")

    monkeypatch.setattr(short_links.gateway, "line", lambda **kwargs: Line())
    owner.post(f"/b/{acme.slug}/links/{link.reference}/short/")
    short_links.run_due()
    page = owner.get(f"/b/{acme.slug}/links/{link.reference}/")

    assert page.context["refusal"] is not None
    assert str(page.context["refusal"].title) in unescape(page.content.decode())


# Opt-in pages


def opened(acme, number=None, *, confirms=False, **words):
    with business_scope(acme):
        page = optin_pages.create(acme, name="Spring", phone_number=number, confirms_by_message=confirms, actor=None)
        optin_pages.write_text(page, "en", actor=None, **WORDS | words)
        OptInPage.objects.update(is_open=True)
        page.refresh_from_db()
    return page


def filled(page, **changes):
    with business_scope(page.business_id):
        version = optin_pages.texts_of(page)["en"].number
    return {
        "version": version, "via": "sms", "phone_region": "CO", "phone": "300 111 2233", "name": "Rosa",
        "agreement": "on", "website": "",
    } | changes  # fmt: skip


def send(client, page, **changes):
    return client.post(f"/o/{page.token}/?lang=en", filled(page, **changes))


def answer_about(acme, phone="573001112233", category="utility"):
    with business_scope(acme):
        contact = people.find(acme.pk, phone=phone)
        return consent.may_message(contact, category=category).reason if contact else "nobody"


def test_a_page_keeps_who_agreed_to_which_words(client, acme):
    page = opened(acme)
    assert "I agree that Acme writes to me" in client.get(f"/o/{page.token}/").content.decode()
    response = send(client, page)

    assert response.status_code == 302 and "/thanks/" in response.url
    assert "Thank you" in client.get(response.url).content.decode()
    with business_scope(acme):
        line = ConsentEvent.objects.get()
        assert line.text_shown == WORDS["agreement"]
        assert (line.source, line.proof["via"], line.proof["text_version"]) == ("sms_link", "sms", "en 1")
        assert line.proof["network_address"] == "127.0.0.1"
        assert line.contact.name == "Rosa"
    assert answer_about(acme) == "opted_in"


def test_nothing_tells_whether_a_number_is_known(client, acme, number):
    page = opened(acme, number)
    rosa = builders.contact(acme, "Rosa", wa_id="573001112233")
    with business_scope(acme):
        consent.record_opt_out(rosa, source="keyword", key="stop")
    shown = set()
    for phone in ("300 111 2233", "300 111 2244"):
        response = send(client, page, phone=phone)
        code = re.search(r"/thanks/(\w+)/", response.url)[1]
        shown.add(client.get(response.url).content.decode().replace(code, "CODE"))

    assert len(shown) == 1
    assert answer_about(acme) == "opted_out"
    assert answer_about(acme, "573001112244") == "opted_in"


def test_with_confirmation_nothing_counts_before_the_message(client, acme, number):
    page = opened(acme, number, confirms=True)
    response = send(client, page)
    thanks = client.get(response.url).content.decode()

    assert answer_about(acme) == "nobody"
    with business_scope(acme):
        row = OptInSubmission.objects.get()
        assert not Contact.objects.exists()
    assert "https://wa.me/573155550001?text=" in thanks and row.code in thanks


def test_a_second_box_left_empty_means_no_promotions(client, acme):
    page = opened(acme, promotions="I also agree to offers from Acme.")
    send(client, page)
    send(client, page, phone="300 111 2244", promotions="on")

    assert answer_about(acme, category="marketing") == "marketing_opt_out"
    assert answer_about(acme, category="utility") == "opted_in"
    assert answer_about(acme, "573001112244", "marketing") == "opted_in"


def test_a_trap_that_is_filled_keeps_nothing_and_looks_the_same(client, acme):
    page = opened(acme)
    response = send(client, page, website="http://spam.example")

    assert response.status_code == 302 and client.get(response.url).status_code == 200
    with business_scope(acme):
        assert not OptInSubmission.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"phone": ""}, "Write your number."), ({"phone": "123"}, "Check the number"),
        ({"agreement": ""}, "Tick the box if you agree."), ({"version": "7"}, "words have changed"),
        ({"phone": "<script>alert(1)</script>"}, "Check the number"), ({"phone": "\u202e300"}, "Check the number"),
    ],
)  # fmt: skip
def test_what_is_missing_is_asked_again(client, acme, changes, says):
    response = send(client, opened(acme), **changes)
    page = response.content.decode()

    assert response.status_code == 422
    assert says in page and "<script>alert" not in page
    with business_scope(acme):
        assert not OptInSubmission.objects.exists()


def test_one_address_may_not_send_without_end(client, acme, monkeypatch):
    monkeypatch.setattr(optin_pages, "PER_ADDRESS", (3, 40))
    page = opened(acme)
    codes = [send(client, page, phone=f"300111223{n}").status_code for n in range(5)]

    assert codes == [302, 302, 302, 429, 429]
    with business_scope(acme):
        assert OptInSubmission.objects.count() == 3
        assert max(OptInTally.objects.values_list("count", flat=True)) == 5


def test_mistakes_count_as_attempts_too(client, acme, monkeypatch):
    monkeypatch.setattr(optin_pages, "PER_ADDRESS", (2, 40))
    page = opened(acme)

    assert [send(client, page, phone="1").status_code for _ in range(3)] == [422, 422, 429]


def test_a_page_is_slowed_down_for_everybody_together(client, acme, monkeypatch):
    monkeypatch.setattr(optin_pages, "PER_PAGE", 2)
    page = opened(acme)
    codes = [
        client.post(
            f"/o/{page.token}/?lang=en", filled(page, phone=f"300111223{n}"), REMOTE_ADDR=f"10.0.0.{n}"
        ).status_code
        for n in range(3)
    ]

    assert codes == [302, 302, 429]


def test_without_a_count_nothing_is_taken_in(client, acme, monkeypatch):
    page = opened(acme)

    def broken(*args):
        raise RuntimeError("no count")

    monkeypatch.setattr(optin_pages, "count_attempt", broken)
    with pytest.raises(RuntimeError):
        send(client, page)
    with business_scope(acme):
        assert not OptInSubmission.objects.exists()


def test_a_closed_or_unknown_page_is_not_there(client, acme):
    page = opened(acme)
    with business_scope(acme):
        OptInPage.objects.update(is_open=False)

    assert client.get(f"/o/{page.token}/").status_code == 404
    assert client.post(f"/o/{page.token}/", {}).status_code == 404
    assert client.get("/o/guess/").status_code == 404
    assert client.get(f"/o/{page.token}/thanks/ABC23456/").status_code == 404


def test_the_reader_s_language_is_spoken(client, acme):
    page = opened(acme)
    with business_scope(acme):
        optin_pages.write_text(
            page,
            "es",
            actor=None,
            **WORDS | {"title": "Sigamos en contacto", "agreement": "Acepto que Acme me escriba."},
        )

    assert (
        "Sigamos en contacto" in client.get(f"/o/{page.token}/", headers={"Accept-Language": "es-CO"}).content.decode()
    )
    english = client.get(f"/o/{page.token}/?lang=en", headers={"Accept-Language": "es-CO"}).content.decode()
    assert "Stay in touch" in english and 'lang="en"' in english


def test_texts_are_versions_and_equal_ones_are_not_kept_twice(acme):
    page = opened(acme)
    with business_scope(acme):
        optin_pages.write_text(page, "en", actor=None, **WORDS)
        assert OptInText.objects.count() == 1
        changed = optin_pages.write_text(page, "en", actor=None, **WORDS | {"title": "New"})
        assert changed.number == 2
        assert optin_pages.texts_of(page)["en"] == changed


def test_the_pages_of_the_business(owner, acme, number):
    base = f"/b/{acme.slug}/opt-in/"
    where = owner.post(base, {"name": "Spring", "phone_number": number.pk, "confirms_by_message": "on"}).url
    assert "Open the page" not in owner.get(where).content.decode()
    assert owner.post(f"{where}open/").status_code == 302
    with business_scope(acme):
        assert not OptInPage.objects.get().is_open

    text = f"{where}text/es/"
    assert "Acepto que Acme me escriba" in owner.get(text).content.decode()
    nameless = owner.post(text, WORDS | {"agreement": "Acepto mensajes.", "save": "1"})
    assert nameless.status_code == 422 and "have to name your business" in nameless.content.decode()
    looked = owner.post(text, WORDS | {"title": "Otro título", "preview": "1"})
    assert looked.status_code == 200 and looked.content.decode().count("Otro título") == 2
    with business_scope(acme):
        assert not OptInText.objects.exists()
    owner.post(text, WORDS | {"save": "1"})
    owner.post(f"{where}open/")
    page = owner.get(where).content.decode()

    assert "/?via=sms" in page and "Version 1" in page
    assert owner.get(f"{where}qr.png")["Content-Type"] == "image/png"
    assert owner.get(f"{where}text/xx/").status_code == 404


def test_confirmation_needs_a_number_to_confirm_to(owner, acme):
    response = owner.post(f"/b/{acme.slug}/opt-in/", {"name": "x", "phone_number": "", "confirms_by_message": "on"})

    assert response.status_code == 422


def test_the_neighbour_finds_neither_links_nor_pages(client, acme, globex, number):
    link, page = made(acme, number), opened(acme)
    client.force_login(builders.member(globex, "nora", role="owner"))
    for path in (f"links/{link.reference}/", f"links/{link.reference}/qr.svg", f"opt-in/{page.reference}/",
                 f"opt-in/{page.reference}/text/en/", f"opt-in/{page.reference}/qr.svg"):  # fmt: skip
        assert client.get(f"/b/{globex.slug}/{path}").status_code == 404
    with business_scope(globex):
        assert not ChatStart.objects.exists() and not ChatLink.objects.exists()


def test_the_sandbox_makes_a_short_link_and_takes_another_greeting(acme, sandbox):
    account = sandbox.waba()
    number_id = sandbox.number(account, "3155550177")
    waba = builders.waba(acme, waba_id=account, access_token=sandbox_token())
    number = builders.phone_number(acme, e164="+573155550177", phone_number_id=number_id, waba=waba)
    link = made(acme, number, "Hola")
    for greeting in ("Hola", "Buenas tardes"):
        with business_scope(acme):
            link.greeting = greeting
            link.save()
            chat_links.want_short_link(link)
        assert short_links.run_due() == 1
        with business_scope(acme):
            link.refresh_from_db()
        assert link.short_state == "ready", link.short_error
    [row] = sandbox.get(f"{number_id}/message_qrdls").json()["data"]

    assert row["deep_link_url"] == link.short_url
    assert row["prefilled_message"] == f"Buenas tardes #{link.code}"


def sandbox_token():
    from tests.providers.sandbox_server import TOKEN

    return TOKEN
