"""Who answers, and whether it is done: in the service, on the page, in the audit trail, on other people's pages."""

from datetime import timedelta

import pytest

from config.clock import now
from contactcenter.models import Conversation, ConversationStatus, Note
from contactcenter.services import conversations
from tenants.models import AuditEvent, LiveEvent
from tenants.tenancy import business_scope
from tests import builders


@pytest.fixture
def talk(acme):
    return builders.conversation(
        acme, "Rosa", last_inbound_at=now() - timedelta(minutes=5), unread_count=2, waiting_since=now()
    )


def fresh(conversation):
    with business_scope(conversation.business_id):
        return Conversation.objects.select_related("assignee").get(pk=conversation.pk)


def verbs(business):
    with business_scope(business):
        return list(AuditEvent.objects.order_by("pk").values_list("verb", flat=True))


def address(conversation, tail):
    return f"/b/{conversation.business.slug}/inbox/{conversation.reference}/{tail}"


def test_an_assignment_is_kept_audited_and_told(acme, ana, talk):
    with business_scope(acme):
        assert conversations.assign(talk, ana, by=ana)
        assert not conversations.assign(talk, ana, by=ana)

    assert fresh(talk).assignee == ana
    assert verbs(acme) == ["conversation assigned"]
    with business_scope(acme):
        [event] = LiveEvent.objects.filter(business=acme, type="conversation")
    assert event.data["conversation"] == str(talk.reference)


@pytest.mark.parametrize("role", ["viewer", None])
def test_only_somebody_who_may_write_can_be_assigned(acme, globex, ana, talk, role):
    somebody = builders.member(acme, "vera", role=role) if role else builders.member(globex, "nora")

    with business_scope(acme), pytest.raises(conversations.CannotAnswer):
        conversations.assign(talk, somebody, by=ana)


def test_resolving_ends_waiting_and_reading_and_reopening_takes_it_up_again(acme, ana, talk):
    with business_scope(acme):
        assert conversations.resolve(talk, by=ana)
        assert not conversations.resolve(talk, by=ana)
    done = fresh(talk)
    assert (done.status, done.unread_count, done.waiting_since) == (ConversationStatus.RESOLVED, 0, None)
    assert done.read_up_to == talk.last_inbound_at

    with business_scope(acme):
        assert conversations.reopen(talk, by=ana)
    assert fresh(talk).status == ConversationStatus.OPEN
    assert verbs(acme) == ["conversation resolved", "conversation reopened"]


def test_a_note_is_cut_at_its_limit_and_told(acme, ana, talk):
    with business_scope(acme):
        note = conversations.add_note(talk, "x" * 5000, by=ana)

    assert len(note.text) == conversations.NOTE_LIMIT
    with business_scope(acme):
        assert Note.objects.get().author == ana


def test_the_buttons_assign_resolve_and_reopen(client, acme, ana, talk):
    omar = builders.member(acme, "omar")
    client.force_login(ana)

    assert client.post(address(talk, "assign/"), {"to": "me"}).status_code == 302
    assert fresh(talk).assignee == ana
    client.post(address(talk, "assign/"), {"to": omar.memberships.get().pk})
    assert fresh(talk).assignee == omar
    client.post(address(talk, "assign/"), {"to": ""})
    assert fresh(talk).assignee is None
    client.post(address(talk, "resolve/"))
    assert fresh(talk).status == "resolved"
    assert client.post(address(talk, "reopen/"), headers={"X-Part": "1"}).status_code == 204
    assert fresh(talk).status == "open"


@pytest.mark.parametrize("to", ["999999", "nonsense", "9" * 30])
def test_an_invented_colleague_is_not_found(client, ana, talk, to):
    client.force_login(ana)

    assert client.post(address(talk, "assign/"), {"to": to}).status_code == 404


def test_after_an_action_the_list_stays_as_it_was(client, ana, talk):
    client.force_login(ana)

    response = client.post(address(talk, "resolve/?view=unassigned&waiting=1&nonsense=1"))

    assert response.url == address(talk, "") + "?view=unassigned&waiting=1"


@pytest.mark.parametrize("tail", ["assign/", "resolve/", "reopen/", "read/", "reply/", "note/", "template/"])
def test_the_neighbour_can_not_touch_it(client, globex, talk, tail):
    client.force_login(builders.member(globex, "nora"))

    assert client.post(address(talk, tail)).status_code == 404
    assert client.post(f"/b/{globex.slug}/inbox/{talk.reference}/{tail}").status_code == 404
