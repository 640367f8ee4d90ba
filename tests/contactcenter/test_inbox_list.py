"""The list: what stands in it, in which order, for whom, and at what cost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.clock import now
from contactcenter import queries
from contactcenter.models import Conversation
from contacts.services.tokens import index_contacts
from tenants.tenancy import business_scope
from tests import builders


def page(client, business, query=""):
    return client.get(f"/b/{business.slug}/inbox/{query}")


def set_fields(conversation, **fields):
    with business_scope(conversation.business_id):
        Conversation.objects.filter(pk=conversation.pk).update(**fields)


def test_an_agent_sees_who_wrote_what_and_how_long_the_window_is_open(client, acme, ana):
    rosa = builders.conversation(acme, "Rosa Paz", last_message_text="Where is it?", last_message_direction="inbound")
    builders.window(rosa, hours_left=1.5)
    client.force_login(ana)

    html = page(client, acme).content.decode()

    assert "Rosa Paz" in html
    assert "Where is it?" in html
    assert 'class="countdown soon"' in html


def test_a_viewer_reads_but_is_offered_nothing_to_write_with(client, acme):
    conversation = builders.conversation(acme, "Rosa")
    client.force_login(builders.member(acme, "vera", role="viewer"))

    assert page(client, acme).status_code == 200
    html = client.get(f"/b/{acme.slug}/inbox/{conversation.reference}/").content.decode()
    assert "You can read this conversation" in html
    assert "<textarea" not in html


def test_the_neighbour_sees_none_of_it(client, acme, globex):
    builders.conversation(acme, "Rosa Paz")
    client.force_login(builders.member(globex, "nora"))

    assert page(client, acme).status_code == 404
    assert "Rosa Paz" not in page(client, globex).content.decode()


def test_the_latest_activity_stands_first(client, acme, ana):
    older = builders.conversation(acme, "Older", last_activity_at=now() - timedelta(hours=2))
    newer = builders.conversation(acme, "Newer", last_activity_at=now())
    client.force_login(ana)

    html = page(client, acme).content.decode()

    assert html.index(str(newer.reference)) < html.index(str(older.reference))


@pytest.mark.parametrize(
    ("view", "shown"), [("mine", {"Mine"}), ("unassigned", {"Nobodys"}), ("all", {"Mine", "Nobodys", "Omars"})]
)
def test_each_tab_shows_its_conversations(client, acme, ana, view, shown):
    builders.conversation(acme, "Mine", assignee=ana)
    builders.conversation(acme, "Nobodys")
    builders.conversation(acme, "Omars", assignee=builders.member(acme, "omar"))
    client.force_login(ana)

    html = page(client, acme, f"?view={view}").content.decode()

    assert {name for name in ("Mine", "Nobodys", "Omars") if f">{name}<" in html.split('id="inbox-rows"')[1]} == shown


def test_resolved_conversations_stand_under_their_status(client, acme, ana):
    builders.conversation(acme, "Finished", status="resolved")
    client.force_login(ana)

    assert "Finished" not in page(client, acme).content.decode()
    assert "Finished" in page(client, acme, "?status=resolved").content.decode()


def test_the_filters_find_who_waits_and_whose_window_is_about_to_close(client, acme, ana):
    waits = builders.conversation(acme, "Waits", waiting_since=now() - timedelta(minutes=5))
    closes = builders.conversation(acme, "Closes")
    builders.window(waits, hours_left=20)
    builders.window(closes, hours_left=1)
    client.force_login(ana)

    waiting = page(client, acme, "?view=all&waiting=1").content.decode()
    closing = page(client, acme, "?view=all&closing=1").content.decode()

    assert (">Waits<" in waiting, ">Closes<" in waiting) == (True, False)
    assert (">Waits<" in closing, ">Closes<" in closing) == (False, True)


def test_a_search_finds_people_by_the_beginning_of_their_name_in_any_state(client, acme, ana):
    done = builders.conversation(acme, "Hernán Zapata", status="resolved")
    builders.conversation(acme, "Marta Ospina")
    with business_scope(acme):
        index_contacts([row.contact_id for row in Conversation.objects.all()])
    client.force_login(ana)

    html = page(client, acme, "?q=zap").content.decode()

    assert str(done.reference) in html
    assert "Marta" not in html


def test_pages_by_key_lose_and_repeat_nothing(acme, ana):
    at = now()
    with business_scope(acme):
        number = builders.phone_number(acme)
        for n in range(queries.PAGE + 5):
            builders.conversation(acme, f"C{n}", phone_number=number, last_activity_at=at - timedelta(seconds=n // 3))
        first, cursor = queries.conversation_page(queries.Filters(view="all"), ana)
        second, end = queries.conversation_page(
            queries.Filters(view="all"), ana, after=queries.Cursor.read(str(cursor))
        )

    assert end is None
    assert len({row.pk for row in [*first, *second]}) == queries.PAGE + 5


@pytest.mark.parametrize("text", ["", "nonsense", "2026-01-01~5", "~", "2026-01-01T00:00:00+00:00~x", "x~1"])
def test_a_cursor_made_up_by_somebody_is_no_cursor(text):
    assert queries.Cursor.read(text) is None


@pytest.mark.parametrize(
    "query", ["?after=nonsense", "?number=nonsense", "?status=nonsense&view=nonsense", "?number=" + "g" * 32]
)
def test_addresses_made_up_by_somebody_do_no_harm(client, acme, ana, query):
    client.force_login(ana)

    assert page(client, acme, query).status_code == 200


def test_counts_stop_at_a_hundred(monkeypatch, acme, ana):
    monkeypatch.setattr(queries, "COUNT_LIMIT", 2)
    for name in ("A", "B", "C"):
        builders.conversation(acme, name, unread_count=1)

    with business_scope(acme):
        count = queries.open_counts(ana).unread

    assert (count, queries.as_counted(count)) == (2, "1+")


def test_the_list_costs_the_same_for_one_row_and_for_three(client, acme, ana):
    number = builders.phone_number(acme)

    def add(name):
        row = builders.conversation(acme, name, phone_number=number, assignee=ana, unread_count=1)
        builders.window(row, hours_left=5)

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as context:
            assert page(client, acme).status_code == 200
        return len(context)

    client.force_login(ana)
    add("One")
    cost()
    one = cost()
    add("Two")
    add("Three")

    assert cost() == one


def test_an_open_page_fetches_only_the_rows_that_changed(client, acme, ana):
    changed = builders.conversation(acme, "Changed", unread_count=2)
    builders.conversation(acme, "Quiet")
    gone = builders.conversation(acme, "Gone", status="resolved")
    client.force_login(ana)

    html = page(
        client, acme, f"rows/?view=all&ref={changed.reference}&ref={gone.reference}&ref=nonsense"
    ).content.decode()

    assert f'id="c-{changed.reference}"' in html
    assert "Quiet" not in html
    assert str(gone.reference) not in html


def test_the_navigation_counts_what_is_unread(client, acme, ana):
    builders.conversation(acme, "Rosa", unread_count=3)
    builders.conversation(acme, "Omars", unread_count=1, assignee=builders.member(acme, "omar"))
    client.force_login(ana)

    html = page(client, acme).content.decode()

    assert '<span class="badge">1<span class="visually-hidden"> with unread messages' in html


def test_an_empty_inbox_says_how_the_first_conversation_comes_about(client, acme, ana):
    client.force_login(ana)

    assert "Nobody has written yet" in page(client, acme).content.decode()
