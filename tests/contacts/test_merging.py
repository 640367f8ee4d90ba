"""Two contacts become one."""

from datetime import timedelta

from config.clock import now
from contactcenter.models import Conversation, Message, Note
from contacts.models import ConsentEvent, Contact
from contacts.services import consent, merging, search
from sessions_24h.models import CustomerServiceWindow
from tenants.tenancy import business_scope
from tests import builders


def test_everything_of_the_younger_contact_follows_to_the_older_one(acme):
    number, other = builders.phone_number(acme), builders.phone_number(acme)
    rosa, rosita = builders.contact(acme, "Rosa"), builders.contact(acme, "Rosita")
    stays = builders.conversation(acme, phone_number=number, contact=rosa)
    goes = builders.conversation(acme, phone_number=number, contact=rosita)
    elsewhere = builders.conversation(acme, phone_number=other, contact=rosita)
    for thread in (stays, goes, elsewhere):
        builders.message(thread)
    builders.window(goes, hours_left=5)
    builders.window(stays, hours_left=-5)
    with business_scope(acme):
        Note.objects.create(business=acme, conversation=goes, text="VIP")

        survivor = merging.merge_by_hand(rosita, rosa)

        assert survivor == rosa
        assert set(Conversation.objects.values_list("pk", "contact")) == {(stays.pk, rosa.pk), (elsewhere.pk, rosa.pk)}
        assert set(Message.objects.values_list("conversation", "contact")) == {
            (stays.pk, rosa.pk),
            (elsewhere.pk, rosa.pk),
        }
        assert Note.objects.get().conversation == stays
        assert Conversation.objects.get(pk=stays.pk).unread_count == 2
        assert CustomerServiceWindow.objects.get().is_open()
        assert Contact.objects.get(pk=rosita.pk).merged_into == rosa
        assert rosa.identities.count() == 2
        assert search("ros") == [rosa]


def test_nothing_unread_gets_lost_in_a_merge(acme):
    number = builders.phone_number(acme)
    moment = now() - timedelta(hours=1)
    read = builders.conversation(acme, "Rosa", phone_number=number, read_up_to=moment)
    unread = builders.conversation(acme, "Rosita", phone_number=number, unread_count=1)
    builders.message(read, at=moment)
    builders.message(unread, at=moment - timedelta(minutes=5))
    with business_scope(acme):
        merging.merge_by_hand(read.contact, unread.contact)

        assert Conversation.objects.get().unread_count >= 1


def test_the_earlier_first_message_is_the_first_one(acme):
    rosa, rosita = builders.contact(acme, "Rosa"), builders.contact(acme, "Rosita")
    early, late = now() - timedelta(days=2), now() - timedelta(days=1)
    with business_scope(acme):
        consent.add([consent.first_line(acme.pk, rosa.pk, late, message="b")])
        consent.add([consent.first_line(acme.pk, rosita.pk, early, message="a")])

        merging.merge_by_hand(rosa, rosita)

        line = ConsentEvent.objects.get()
        assert (line.contact, line.occurred_at, line.proof) == (rosa, early, {"message": "a"})
