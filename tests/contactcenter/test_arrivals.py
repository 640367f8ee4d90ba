"""Messages that carry a code: which link started which conversation, and confirmed opt-ins."""

from datetime import timedelta

import pytest

from contactcenter.models import Conversation
from contacts.models import ConsentEvent, Contact
from contacts.services import consent
from onboarding.models import ChatStart, OptInPage, OptInSubmission
from onboarding.services import chat_links, optin_pages
from tenants.tenancy import business_scope
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN, hear

ROSA, LEO = "573001112233", "573001112244"


@pytest.fixture
def number(acme):
    return builders.phone_number(acme, phone_number_id="777")


@pytest.fixture
def scope(acme, number):
    with business_scope(acme):
        yield


@pytest.fixture
def link(number, scope):
    return chat_links.create(number, name="Window", greeting="Hola", actor=None)


def test_the_first_message_tells_which_link_it_came_through(number, link):
    hear(meta.inbound("777", "wamid.1", 0, f"Hola #{link.code}", wa_id=ROSA, name="Rosa"))

    start = ChatStart.objects.get()
    talk = Conversation.objects.get()
    assert (start.link, start.contact, start.at, start.message) == (link, talk.contact, BEGIN, "wamid.1")
    assert chat_links.origin_of(number.pk, talk.contact_id) == start
    assert chat_links.people([link]) == {link.pk: (1, 1, BEGIN)}
    assert chat_links.newcomers(link) == 1


def test_somebody_known_who_comes_back_is_a_chat_and_no_newcomer(link):
    hear(meta.inbound("777", "wamid.1", 0, "Buenas", wa_id=ROSA))
    hear(meta.inbound("777", "wamid.2", 60, f"Hola #{link.code}", wa_id=ROSA))
    hear(meta.inbound("777", "wamid.3", 90, f"Hola #{link.code}", wa_id=LEO))

    assert chat_links.people([link])[link.pk][:2] == (2, 2)
    assert chat_links.newcomers(link) == 1


def test_the_order_and_repetition_of_news_don_t_matter(link):
    late = meta.inbound("777", "wamid.1", 0, f"Hola #{link.code}", wa_id=ROSA)
    hear(late, received_at=BEGIN + timedelta(seconds=50))
    hear(late)
    hear(late, received_at=BEGIN - timedelta(seconds=5))

    assert ChatStart.objects.get().at == BEGIN - timedelta(seconds=5)


def test_a_code_of_another_number_or_business_counts_nothing(acme, globex, link):
    builders.phone_number(acme, phone_number_id="778")
    builders.phone_number(globex, phone_number_id="888")
    hear(meta.inbound("778", "wamid.1", 0, f"Hola #{link.code}", wa_id=ROSA))
    hear(meta.inbound("777", "wamid.2", 0, "Hola #ZZZZZZ y #ABC234", wa_id=ROSA))

    assert not ChatStart.objects.exists()


def test_starts_follow_a_contact_that_becomes_another(link):
    hear(meta.inbound("777", "wamid.1", 0, f"Hola #{link.code}", wa_id=ROSA))
    hear(meta.inbound("777", "wamid.2", 5, f"Hola #{link.code}", bsuid="CO.1"))
    hear(meta.inbound("777", "wamid.3", 9, "Aquí", wa_id=ROSA, bsuid="CO.1"))

    [survivor] = Contact.objects.filter(merged_into=None)
    assert set(ChatStart.objects.values_list("contact_id", flat=True)) == {survivor.pk}
    assert chat_links.people([link])[link.pk][:2] == (2, 1)


@pytest.fixture
def submission(acme, number, scope):
    page = optin_pages.create(acme, name="p", phone_number=number, confirms_by_message=True, actor=None)
    text = optin_pages.write_text(
        page, "es", title="t", introduction="", agreement="Acepto que Acme me escriba.", promotions="", actor=None
    )
    OptInPage.objects.update(is_open=True)
    sender = optin_pages.Sender(ip="10.0.0.1", user_agent="x", via="qr")
    return optin_pages.submit(page, text, phone=ROSA, name="Rosa", promotions=False, sender=sender)


def test_a_message_from_the_number_confirms(submission):
    hear(meta.inbound("777", "wamid.1", 0, f"Sí, quiero #{submission.code}", wa_id=ROSA))
    hear(meta.inbound("777", "wamid.1", 0, f"Sí, quiero #{submission.code}", wa_id=ROSA))

    line = ConsentEvent.objects.get(source="web_form")
    submission.refresh_from_db()
    assert line.proof["message"] == "wamid.1"
    assert line.text_shown == "Acepto que Acme me escriba."
    assert submission.counted_at == line.occurred_at == BEGIN
    assert submission.contact == line.contact


def test_a_message_from_another_number_confirms_nothing(submission):
    hear(meta.inbound("777", "wamid.1", 0, f"Sí #{submission.code}", wa_id=LEO))

    assert not ConsentEvent.objects.filter(source="web_form").exists()
    assert OptInSubmission.objects.get().counted_at is None


def test_the_message_lifts_an_earlier_stop(acme, submission):
    rosa = builders.contact(acme, "Rosa", wa_id=ROSA)
    consent.record_opt_out(rosa, source="keyword", key="stop", occurred_at=BEGIN - timedelta(days=3))
    hear(meta.inbound("777", "wamid.1", 0, f"Sí #{submission.code}", wa_id=ROSA))

    assert consent.may_message(rosa, category="utility").allowed


def test_a_sign_up_inside_whatsapp_is_an_opt_in(acme, scope, number):
    hear(meta.preference("777", 0, "signup", wa_id=ROSA))

    lines = set(ConsentEvent.objects.values_list("kind", "scope", "source"))
    assert lines == {("opt_in", "all", "platform"), ("opt_in", "marketing", "platform")}
    assert consent.may_message(Contact.objects.get(), category="marketing").allowed


def test_the_contact_pane_names_the_link(client, ana, acme, number, link):
    hear(meta.inbound("777", "wamid.1", 0, f"Hola #{link.code}", wa_id=ROSA))
    talk = Conversation.objects.get()
    client.force_login(ana)
    page = client.get(f"/b/{acme.slug}/inbox/{talk.reference}/").content.decode()

    assert "Came through" in page and "Window" in page
