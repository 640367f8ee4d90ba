"""What single events do to the tables."""

from datetime import timedelta

import pytest

from contactcenter.models import Conversation, Message, MessageMedia, OutboxItem, PendingUpdate, Reaction
from contactcenter.tasks import sweep_pending_updates
from contacts.models import ConsentEvent, Contact, Identity
from providers.models import UnknownEvent
from sessions_24h.models import CustomerServiceWindow
from tenants.models import LiveEvent
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN, hear

ROSA = "573001112233"


def second(n):
    return BEGIN + timedelta(seconds=n)


@pytest.fixture
def number(acme):
    return builders.phone_number(acme, phone_number_id="777")


@pytest.fixture
def scope(acme, number):
    with business_scope(acme):
        yield


def test_a_first_message_makes_contact_conversation_window_and_opt_in(number, scope):
    hear(meta.inbound("777", "wamid.1", 0, "Buenas", wa_id=ROSA, bsuid="CO.1", name="Rosa Núñez"))

    contact = Contact.objects.get()
    message = Message.objects.get()
    conversation = Conversation.objects.get()
    assert (contact.name, contact.name_key, contact.last_seen_at) == ("Rosa Núñez", "rosa nunez", BEGIN)
    assert set(contact.identities.values_list("kind", "value")) == {("wa_id", ROSA), ("bsuid", "CO.1")}
    assert (message.text, message.at, message.conversation, message.contact) == ("Buenas", BEGIN, conversation, contact)
    assert (conversation.unread_count, conversation.waiting_since) == (1, BEGIN)
    assert conversation.last_message_text == "Buenas"
    assert CustomerServiceWindow.objects.get().expires_at == BEGIN + timedelta(hours=24)
    line = ConsentEvent.objects.get()
    assert (line.kind, line.source, line.occurred_at) == ("opt_in", "wrote_first", BEGIN)


def live_events():
    with every_business():
        return list(LiveEvent.objects.order_by("number").values_list("type", flat=True))


def test_the_same_delivery_ten_times_changes_nothing_after_the_first(number):
    delivery = meta.inbound("777", "wamid.1", 0, wa_id=ROSA, name="Rosa")
    hear(delivery)
    before, news = meta.tables(), live_events()
    assert news

    for _ in range(5):
        hear(delivery, delivery)

    assert meta.tables() == before
    assert live_events() == news


def test_one_live_event_per_conversation_and_not_per_message(number):
    hear(*(meta.inbound("777", f"wamid.{n}", n, wa_id=ROSA) for n in range(20)))

    assert live_events() == ["message"]


def test_an_unknown_number_is_kept_and_harms_nobody(number, scope):
    hear(meta.inbound("999", "wamid.1", 0, wa_id=ROSA), meta.inbound("777", "wamid.2", 0, wa_id=ROSA))

    assert Message.objects.get().provider_id == "wamid.2"
    assert UnknownEvent.objects.get().reason == "unknown phone number ID"


def test_neighbours_with_the_same_person_share_nothing(acme, globex, number):
    theirs = builders.phone_number(globex, phone_number_id="888")
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA), meta.inbound("888", "wamid.1", 0, wa_id=ROSA))

    for business, own in ((acme, number), (globex, theirs)):
        with business_scope(business):
            assert Message.objects.get().phone_number == own
            assert Contact.objects.count() == Identity.objects.count() == Conversation.objects.count() == 1


def test_a_future_time_counts_as_the_earliest_time_of_receipt(number, scope):
    late = meta.inbound("777", "wamid.1", 5000, wa_id=ROSA)
    hear(late, received_at=600)
    assert CustomerServiceWindow.objects.get().expires_at == second(600) + timedelta(hours=24)

    hear(late, received_at=300)
    hear(late, received_at=900)

    assert Message.objects.get().at == second(300)
    assert CustomerServiceWindow.objects.get().expires_at == second(300) + timedelta(hours=24)
    assert Conversation.objects.get().last_activity_at == second(300)


@pytest.mark.parametrize("stated", [None, "0", "-5", "never", "99999999999999"])
def test_a_missing_or_absurd_time_counts_as_the_time_of_receipt(number, scope, stated):
    delivery = meta.inbound("777", "wamid.1", 0, wa_id=ROSA)
    delivery["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = stated
    hear(delivery, received_at=42)

    assert Message.objects.get().at == second(42)


@pytest.mark.parametrize("as_text", [True, False])
def test_a_time_in_milliseconds_counts_to_the_millisecond(number, scope, as_text):
    told = int(BEGIN.timestamp() * 1000) + 7
    delivery = meta.inbound("777", "wamid.1", 0, wa_id=ROSA)
    delivery["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = str(told) if as_text else told
    hear(delivery)

    end = BEGIN + timedelta(hours=24, milliseconds=7)
    window, millisecond = CustomerServiceWindow.objects.get(), timedelta(milliseconds=1)
    assert [window.is_open(at) for at in (end - millisecond, end, end + millisecond)] == [True, False, False]


def test_somebody_from_an_ad_may_be_written_to_freely_for_a_day_and_at_no_charge_for_three(acme, number, scope):
    hear(ad(0))
    answer(acme, number, 100)
    hear(meta.status("777", "wamid.a100", "sent", 100))

    window = CustomerServiceWindow.objects.get()
    day = 24 * 3600
    assert [window.is_open(second(at)) for at in (day - 1, day, 2 * day)] == [True, False, False]
    assert [window.in_free_entry(second(at)) for at in (day, 3 * day + 99, 3 * day + 100)] == [True, True, False]


def test_a_late_message_doesn_t_shorten_the_window(number, scope):
    hear(meta.inbound("777", "wamid.2", 1000, wa_id=ROSA))
    hear(meta.inbound("777", "wamid.1", 10, "old", wa_id=ROSA))

    conversation = Conversation.objects.get()
    assert CustomerServiceWindow.objects.get().expires_at == second(1000) + timedelta(hours=24)
    assert conversation.last_message_text == "Hola"
    assert (conversation.unread_count, conversation.waiting_since) == (2, second(10))


def test_only_messages_and_calls_of_people_open_the_window(number, scope):
    hear(
        meta.echo("777", "wamid.e", 0, wa_id=ROSA),
        meta.reaction("777", "wamid.r", 1, "wamid.e", "👍", wa_id=ROSA),
        meta.changed_number("777", "wamid.s", 2, ROSA, "573009998877"),
        meta.edit("777", "wamid.x", 3, "wamid.none", "new", wa_id=ROSA),
        meta.revoke("777", "wamid.y", 4, "wamid.none", wa_id=ROSA),
        meta.status("777", "wamid.e", "delivered", 5, wa_id=ROSA),
        meta.call("777", "wacid.2", 6, wa_id=ROSA, direction="BUSINESS_INITIATED", to=ROSA),
    )
    assert not CustomerServiceWindow.objects.exists()
    assert Conversation.objects.get().unread_count == 0

    hear(meta.call("777", "wacid.1", 7, wa_id=ROSA))

    assert CustomerServiceWindow.objects.get().expires_at == second(7) + timedelta(hours=24)
    assert Conversation.objects.get().unread_count == 1


def test_the_steps_of_a_call_add_up_in_any_order(number, scope):
    steps = [
        meta.call("777", "wacid.1", 10, wa_id=ROSA),
        meta.call("777", "wacid.1", 70, wa_id=ROSA, event="terminate", status="COMPLETED", duration=60),
    ]
    for order in (steps, steps[::-1]):
        message = meta.undone(lambda order=order: [hear(one) for one in order] and Message.objects.get())
        assert message.at == second(10)
        assert set(message.content) == {"connect", "terminate"}


def test_an_echo_answers_and_a_later_message_waits_again(number, scope):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA), meta.inbound("777", "wamid.2", 20, wa_id=ROSA))
    hear(meta.echo("777", "wamid.e", 10, wa_id=ROSA))

    conversation = Conversation.objects.get()
    assert (conversation.waiting_since, conversation.last_outbound_at) == (second(20), second(10))
    assert Message.objects.get(provider_id="wamid.e").direction == "echo"


@pytest.mark.parametrize(("status", "at", "expected"), [("resolved", 50, "open"), ("snoozed", 50, "open")])
def test_a_newer_message_opens_a_settled_conversation_again(number, scope, status, at, expected):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA))
    Conversation.objects.update(status=status, resolved_at=second(30), read_up_to=BEGIN, unread_count=0)
    hear(meta.inbound("777", "wamid.2", at, wa_id=ROSA))

    assert Conversation.objects.get().status == expected


def test_a_message_older_than_what_was_read_leaves_a_resolved_conversation_alone(number, scope):
    hear(meta.inbound("777", "wamid.2", 20, wa_id=ROSA))
    Conversation.objects.update(status="resolved", resolved_at=second(30), read_up_to=second(20), unread_count=0)
    hear(meta.inbound("777", "wamid.1", 10, wa_id=ROSA))

    conversation = Conversation.objects.get()
    assert (conversation.status, conversation.unread_count) == ("resolved", 0)


def test_the_latest_reaction_holds_and_can_be_taken_back(number, scope):
    hear(meta.reaction("777", "wamid.r2", 20, "wamid.out", "🎉", wa_id=ROSA))
    hear(meta.reaction("777", "wamid.r1", 10, "wamid.out", "👍", wa_id=ROSA))
    assert Reaction.objects.get().emoji == "🎉"

    hear(meta.reaction("777", "wamid.r3", 30, "wamid.out", None, wa_id=ROSA))
    assert Reaction.objects.get().emoji == ""


def test_edits_and_deletions_wait_for_their_message(number, scope):
    hear(
        meta.edit("777", "wamid.e2", 20, "wamid.1", "third", wa_id=ROSA),
        meta.edit("777", "wamid.e1", 10, "wamid.1", "second", wa_id=ROSA),
        meta.revoke("777", "wamid.d", 30, "wamid.1", wa_id=ROSA),
    )
    assert PendingUpdate.objects.count() == 3

    hear(meta.inbound("777", "wamid.1", 0, "first", wa_id=ROSA))

    message = Message.objects.get()
    assert (message.text, message.edited_at, message.deleted_at) == ("third", second(20), second(30))
    conversation = Conversation.objects.get()
    assert (conversation.last_message_text, conversation.last_message_kind) == ("", "deleted")
    assert not PendingUpdate.objects.exists()


def test_a_media_message_has_a_file_to_fetch(number, scope):
    picture = {"id": "m-1", "mime_type": "image/jpeg", "sha256": "abc", "caption": "Mira"}
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA, type="image", image=picture))

    media = MessageMedia.objects.get()
    assert (media.provider_media_id, media.mime_type) == ("m-1", "image/jpeg")
    assert media.next_attempt_at is not None
    assert Conversation.objects.get().last_message_text == "Mira"


def test_replies_remember_what_they_answer(number, scope):
    hear(meta.inbound("777", "wamid.2", 0, wa_id=ROSA, context={"from": "15550001111", "id": "wamid.1"}))

    assert Message.objects.get().reply_to_provider_id == "wamid.1"


# Statuses


@pytest.fixture
def sent(acme, number):
    conversation = builders.conversation(acme, phone_number=number)
    return builders.message(
        conversation, "Hi", "outbound", provider_id="wamid.out", status="accepted", rank=2, accepted_at=BEGIN
    )


def test_statuses_only_climb_and_keep_each_time(number, sent, scope):
    price = {"pricing_model": "PMP", "billable": True, "type": "regular", "category": "utility"}
    hear(
        meta.status("777", "wamid.out", "read", 30),
        meta.status("777", "wamid.out", "sent", 10),
        meta.status("777", "wamid.out", "delivered", 20, pricing=price),
    )
    hear(meta.status("777", "wamid.out", "sent", 9))

    sent.refresh_from_db()
    assert (sent.status, sent.rank) == ("read", 6)
    assert (sent.sent_at, sent.delivered_at, sent.read_at) == (second(9), second(20), second(30))
    assert (sent.pricing_type, sent.pricing_category) == ("regular", "utility")


def test_a_delivery_after_a_failure_wins(number, sent, scope):
    errors = [{"code": 131026, "title": "Undeliverable", "error_data": {"details": "No such account"}}]
    hear(meta.status("777", "wamid.out", "failed", 10, errors=errors))
    sent.refresh_from_db()
    assert (sent.status, sent.error_code, sent.error_details) == ("failed", 131026, "No such account")

    hear(meta.status("777", "wamid.out", "delivered", 20))
    sent.refresh_from_db()
    assert (sent.status, sent.failed_at) == ("delivered", second(10))


def test_an_unknown_sending_is_settled_by_our_reference(acme, number, scope):
    conversation = builders.conversation(acme, phone_number=number)
    lost = builders.message(conversation, "Hi", "outbound", provider_id=None, status="unknown", rank=1)
    OutboxItem.objects.create(business=acme, message=lost, phone_number=number, state="unknown")

    hear(meta.status("777", "wamid.late", "delivered", 20, reference=lost.reference))

    lost.refresh_from_db()
    assert (lost.provider_id, lost.status) == ("wamid.late", "delivered")
    assert not OutboxItem.objects.exists()
    assert not PendingUpdate.objects.exists()


def test_our_reference_means_nothing_at_another_number(acme, globex, number):
    builders.phone_number(globex, phone_number_id="888")
    lost = builders.message(
        builders.conversation(acme, phone_number=number), "Hi", "outbound", provider_id=None, status="unknown", rank=1
    )
    hear(meta.status("888", "wamid.x", "read", 20, reference=lost.reference))

    with every_business():
        lost.refresh_from_db()
        assert (lost.provider_id, lost.status) == (None, "unknown")


def test_a_status_before_its_message_waits_for_it(acme, number, scope):
    from contactcenter.understand import statuses

    hear(meta.status("777", "wamid.out", "delivered", 20), meta.status("777", "wamid.out", "sent", 10))
    assert PendingUpdate.objects.count() == 2

    conversation = builders.conversation(acme, phone_number=number)
    message = builders.message(conversation, "Hi", "outbound", provider_id="wamid.out", status="accepted", rank=2)
    statuses.apply_pending([(number.pk, "wamid.out")])

    message.refresh_from_db()
    assert (message.status, message.sent_at) == ("delivered", second(10))
    assert not PendingUpdate.objects.exists()


def test_the_sweep_finds_what_two_transactions_missed(number, sent, scope):
    hear(meta.status("777", "wamid.other", "delivered", 20), meta.status("777", "wamid.never", "read", 20))
    Message.objects.update(provider_id="wamid.other")
    PendingUpdate.objects.filter(provider_id="wamid.never").update(created_at=BEGIN)

    assert sweep_pending_updates() == {"applied": 1, "forgotten": 1}
    sent.refresh_from_db()
    assert sent.status == "delivered"


def test_an_unknown_status_word_is_kept_and_changes_nothing(number, sent, scope):
    hear(meta.status("777", "wamid.out", "teleported", 10))

    sent.refresh_from_db()
    assert sent.status == "accepted"
    assert UnknownEvent.objects.get().reason == "unknown status"


def test_a_refusal_because_of_stopped_marketing_enters_the_ledger(number, sent, scope):
    hear(meta.status("777", "wamid.out", "failed", 10, errors=[{"code": 131050, "title": "Stopped"}]))

    line = ConsentEvent.objects.get()
    assert (line.kind, line.scope, line.contact) == ("opt_out", "marketing", sent.contact)


# Free entry points


def ad(at, provider_id="wamid.ad"):
    return meta.inbound("777", provider_id, at, wa_id=ROSA, referral={"source_type": "ad", "source_id": "1"})


def answer(acme, number, at, **fields):
    conversation = Conversation.objects.get()
    values = {"provider_id": f"wamid.a{at}", "status": "accepted", "rank": 2, "at": second(at)} | fields
    return builders.message(conversation, "Hi", "outbound", **values)


def test_the_first_answer_within_a_day_makes_a_free_entry_point_of_three_days(acme, number, scope):
    hear(ad(0))
    window = CustomerServiceWindow.objects.get()
    assert (window.free_entry_from, window.free_entry_expires_at) == (BEGIN, None)

    answer(acme, number, 100)
    answer(acme, number, 200)
    hear(meta.status("777", "wamid.a200", "sent", 201))
    hear(meta.status("777", "wamid.a100", "sent", 101))

    window.refresh_from_db()
    assert window.free_entry_expires_at == second(101) + timedelta(hours=72)
    assert window.expires_at == BEGIN + timedelta(hours=24)


def test_an_answer_after_a_day_makes_none(acme, number, scope):
    hear(ad(0))
    answer(acme, number, 24 * 3600)
    hear(meta.status("777", f"wamid.a{24 * 3600}", "sent", 24 * 3600), received_at=30 * 3600)

    assert CustomerServiceWindow.objects.get().free_entry_expires_at is None


# Consent


@pytest.mark.parametrize("word", ["STOP", "¡Baja!", "  salir ", "DESCADASTRAR", "não quero receber", "Unsubscribe."])
def test_a_word_to_stop_enters_the_ledger(number, scope, word):
    hear(meta.inbound("777", "wamid.1", 0, word, wa_id=ROSA))

    assert set(ConsentEvent.objects.values_list("kind", "source")) == {
        ("opt_in", "wrote_first"),
        ("opt_out", "keyword"),
    }


@pytest.mark.parametrize("words", ["Please stop the car", "baja temporada", "no pares"])
def test_a_word_to_stop_inside_a_sentence_means_nothing(number, scope, words):
    hear(meta.inbound("777", "wamid.1", 0, words, wa_id=ROSA))

    assert ConsentEvent.objects.get().source == "wrote_first"


def test_a_cancel_button_cancels_an_appointment_and_not_the_consent(number, scope):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA, type="button", button={"text": "Cancelar", "payload": "c"}))
    hear(meta.inbound("777", "wamid.2", 1, wa_id=ROSA, type="button", button={"text": "Stop", "payload": "s"}))

    assert ConsentEvent.objects.filter(kind="opt_out").get().proof["message"] == "wamid.2"


def test_what_people_set_in_whatsapp_is_about_marketing(number, scope):
    hear(meta.preference("777", 10, "stop", wa_id=ROSA), meta.preference("777", 20, "resume", wa_id=ROSA))

    assert list(ConsentEvent.objects.order_by("occurred_at").values_list("kind", "scope")) == [
        ("opt_out", "marketing"),
        ("opt_in", "marketing"),
    ]


# People who turn out to be one


def test_a_message_with_both_names_joins_two_contacts(number, scope):
    hear(
        meta.inbound("777", "wamid.1", 0, "one", wa_id=ROSA, name="Rosa"),
        meta.inbound("777", "wamid.2", 10, "two", bsuid="CO.1", name="Rosita"),
    )
    first = Contact.objects.order_by("pk").first()
    assert Conversation.objects.count() == 2

    hear(meta.inbound("777", "wamid.3", 20, "three", wa_id=ROSA, bsuid="CO.1"))

    survivor = Contact.objects.get(merged_into=None)
    conversation = Conversation.objects.get()
    assert (survivor, survivor.name) == (first, "Rosita")
    assert set(Message.objects.values_list("conversation", "contact")) == {(conversation.pk, survivor.pk)}
    assert (conversation.unread_count, conversation.waiting_since) == (3, BEGIN)
    assert CustomerServiceWindow.objects.get().expires_at == second(20) + timedelta(hours=24)
    assert ConsentEvent.objects.get().occurred_at == BEGIN


def test_a_changed_number_links_the_old_and_the_new(number, scope):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA))
    hear(meta.inbound("777", "wamid.3", 20, wa_id="573009998877"))
    hear(meta.changed_number("777", "wamid.s", 10, ROSA, "573009998877"))

    assert Contact.objects.filter(merged_into=None).count() == 1
    assert Message.objects.get(provider_id="wamid.s").direction == "notice"
    assert Conversation.objects.get().unread_count == 2


def test_a_status_joins_the_number_that_was_written_to_with_the_user_id_that_answers(acme, number, scope):
    hear(meta.echo("777", "wamid.e", 0, wa_id=ROSA))
    hear(meta.status("777", "wamid.e", "delivered", 5, wa_id=ROSA, bsuid="CO.1"))
    hear(meta.inbound("777", "wamid.1", 10, bsuid="CO.1"))

    assert Contact.objects.count() == Conversation.objects.count() == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("5511987654321", "551187654321"), ("5215512345678", "525512345678"), ("5491123456789", "541123456789")],
)
def test_two_ways_to_write_a_number_are_one_person(number, scope, one, other):
    hear(meta.inbound("777", "wamid.1", 0, wa_id=one))
    hear(meta.inbound("777", "wamid.2", 1, wa_id=other))

    assert Contact.objects.count() == 1
    assert set(Identity.objects.filter(kind="wa_id").values_list("value", flat=True)) == {one, other}


def test_user_ids_that_share_a_number_are_one_contact_in_any_order(number, scope):
    """A user ID belongs to a person and a portfolio, so one person may have several; and what reused a number can't be
    told from that (the decision is in ``contacts/services/identities.py``)."""
    told = [
        meta.inbound("777", "wamid.1", 0, wa_id=ROSA, bsuid="CO.1"),
        meta.inbound("777", "wamid.2", 1, wa_id=ROSA, bsuid="CO.9"),
        meta.inbound("777", "wamid.3", 2, bsuid="CO.9"),
    ]
    for order in (told, told[::-1]):
        assert meta.undone(lambda order=order: [hear(one) for one in order] and Contact.objects.count()) == 1


def test_the_business_s_own_name_for_a_contact_stays(number, scope):
    from contacts.services import people

    hear(meta.inbound("777", "wamid.1", 0, wa_id=ROSA, name="Rosa"))
    people.rename(Contact.objects.get(), "Rosa from the bakery")
    hear(meta.inbound("777", "wamid.2", 10, wa_id=ROSA, name="Rosi"))

    contact = Contact.objects.get()
    assert (contact.name, contact.profile_name) == ("Rosa from the bakery", "Rosi")
