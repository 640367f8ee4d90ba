"""The clock decides when a window is open; the sweep only announces."""

from datetime import UTC, datetime, timedelta

import pytest

from contactcenter.models import Conversation
from sessions_24h import services, tasks
from sessions_24h.models import CustomerServiceWindow
from sessions_24h.services import Heard
from sessions_24h.signals import window_closed, window_opened
from tenants.models import LiveEvent
from tenants.tenancy import business_scope, every_business
from tests import builders

T = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def thread(acme):
    return builders.conversation(acme)


def wrote(thread, at):
    return Heard(thread.business_id, thread.phone_number_id, thread.contact_id, at)


@pytest.fixture
def told():
    """What the signals said."""
    news = []
    opened = lambda windows, **_: news.extend(("opened", one.expires_at) for one in windows)  # noqa: E731
    closed = lambda windows, **_: news.extend(("closed", one.expires_at) for one in windows)  # noqa: E731
    window_opened.connect(opened)
    window_closed.connect(closed)
    yield news
    window_opened.disconnect(opened)
    window_closed.disconnect(closed)


@pytest.mark.parametrize(("after", "is_open"), [(DAY - MILLISECOND, True), (DAY, False), (DAY + MILLISECOND, False)])
def test_the_window_is_closed_from_the_24th_hour_on(acme, thread, after, is_open):
    with business_scope(acme):
        services.note_inbound([wrote(thread, T)])

        assert services.window_for(thread.phone_number, thread.contact).is_open(T + after) is is_open


def test_the_latest_message_decides_in_whatever_order_they_come(acme, thread):
    with business_scope(acme):
        services.note_inbound([wrote(thread, T + timedelta(hours=1)), wrote(thread, T)])
        services.note_inbound([wrote(thread, T - timedelta(hours=1))])

        assert CustomerServiceWindow.objects.get().expires_at == T + timedelta(hours=25)


def test_each_number_and_person_has_a_window_of_its_own(acme, globex, thread):
    other = builders.conversation(acme, contact=thread.contact)
    theirs = builders.conversation(globex)
    with every_business():
        services.note_inbound([wrote(one, T) for one in (thread, other, theirs)])
    with business_scope(acme):
        assert CustomerServiceWindow.objects.count() == 2
    with business_scope(globex):
        assert CustomerServiceWindow.objects.get().contact == theirs.contact


def test_a_window_opens_once_and_closes_once(acme, thread, told, monkeypatch):
    monkeypatch.setattr("sessions_24h.services.now", lambda: T + timedelta(hours=3))
    with business_scope(acme):
        services.note_inbound([wrote(thread, T)])
        services.note_inbound([wrote(thread, T + timedelta(hours=1))])
        end = T + timedelta(hours=25)
        assert services.close_due(end - MILLISECOND) == []
        assert [one.expires_at for one in services.close_due(end)] == [end]
        assert services.close_due(end) == []

    assert told == [("opened", T + DAY), ("closed", end)]


def test_a_message_long_past_opens_no_window(acme, thread, told):
    with business_scope(acme):
        services.note_inbound([wrote(thread, T - timedelta(days=300))])

    assert told == []


def test_a_window_that_opens_again_is_announced_again(acme, thread, told, monkeypatch):
    monkeypatch.setattr("sessions_24h.services.now", lambda: T + timedelta(hours=31))
    with business_scope(acme):
        services.note_inbound([wrote(thread, T)])
        services.close_due(T + DAY)
        services.note_inbound([wrote(thread, T + timedelta(hours=30))])
        services.close_due(T + timedelta(hours=54))

    assert [word for word, _ in told] == ["closed", "opened", "closed"]


def test_the_task_announces_to_open_pages(acme, thread):
    builders.window(thread, hours_left=-1)

    assert tasks.close_expired_windows() == {"closed": 1}
    assert tasks.close_expired_windows() == {"closed": 0}
    with business_scope(acme):
        event = LiveEvent.objects.get()
        assert (event.type, event.data) == ("window", {"conversation": str(Conversation.objects.get().reference)})


def test_the_task_goes_on_until_every_window_is_announced(acme, globex, monkeypatch):
    monkeypatch.setattr(services, "CLOSED_AT_ONCE", 2)
    for business in (acme, acme, globex, globex, acme):
        builders.window(builders.conversation(business), hours_left=-1)

    assert tasks.close_expired_windows() == {"closed": 5}
    with every_business():
        told = {event.data["conversation"] for event in LiveEvent.objects.filter(type="window")}
        assert told == {str(reference) for reference in Conversation.objects.values_list("reference", flat=True)}


def test_a_failing_receiver_announces_nothing_and_the_next_sweep_tries_again(acme, thread):
    builders.window(thread, hours_left=-1)

    def fail(**_):
        raise RuntimeError

    window_closed.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            tasks.close_expired_windows()
    finally:
        window_closed.disconnect(fail)

    assert tasks.close_expired_windows() == {"closed": 1}


def test_windows_that_end_soon_are_listed_in_order(acme, globex):
    for business in (acme, globex):
        for hours in (3, 1, 10, -1):
            builders.window(builders.conversation(business), hours_left=hours)
    with business_scope(acme):
        soon = list(services.about_to_close(acme, timedelta(hours=4)))

    assert [one.business_id for one in soon] == [acme.pk] * 2
    assert soon[0].expires_at < soon[1].expires_at


@pytest.mark.parametrize(
    ("begins", "ends", "hours", "free"),
    [(0, None, 23, True), (0, None, 24, False), (0, 80, 79, True), (0, 80, 80, False), (None, None, 1, False)],
)
def test_a_free_entry_point_makes_messages_free(begins, ends, hours, free):
    window = CustomerServiceWindow(
        free_entry_from=None if begins is None else T + timedelta(hours=begins),
        free_entry_expires_at=None if ends is None else T + timedelta(hours=ends),
    )

    assert window.in_free_entry(T + timedelta(hours=hours)) is free
