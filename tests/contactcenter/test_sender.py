"""The sender at work: a real process, a real database, a provider on loopback that counts."""

import signal
import time
from datetime import timedelta

import pytest
from django.db import connection

from config.clock import now
from contactcenter.models import Message, MessageMedia, MessageStatus, OutboxItem, Priority
from contactcenter.sender import UPLOADED
from contactcenter.services import media
from contacts.models import ConsentSource
from contacts.services import consent
from providers.models import Incident
from tenants.models import LiveEvent
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter.sending import (
    last_error,
    outbox_states,
    queue,
    sender,
    start_sender,
    status_of,
    statuses,
    thread,
    until,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_waits_leaves_once_and_is_written_down_as_accepted(acme, provider):
    conversation = thread(acme)
    message = queue(conversation, "Hola")

    with sender(provider):
        assert until(lambda: status_of(message) == "accepted")

    with every_business():
        message.refresh_from_db()
        number = conversation.phone_number
        [event] = LiveEvent.objects.values_list("type", "data")
    assert (message.rank, message.provider_id[:10]) == (2, "wamid.fake")
    assert message.accepted_at
    assert outbox_states() == []
    [heard] = provider.heard
    assert heard.number == number.phone_number_id
    assert heard.reference == str(message.reference)
    assert heard.token == "Bearer sandbox-token"
    assert event == ("status", {"conversation": str(conversation.reference)})


def test_messages_of_one_conversation_leave_in_order_one_after_the_other(acme, provider):
    provider.delay = 0.08
    number = builders.phone_number(acme)
    rosa, luis = thread(acme, phone_number=number), thread(acme, phone_number=number)
    for n in range(5):
        queue(rosa, f"rosa {n}")
        queue(luis, f"luis {n}")

    with sender(provider):
        assert until(lambda: outbox_states() == [])

    mine = [heard for heard in provider.heard if heard.text.startswith("rosa")]
    assert [heard.text for heard in mine] == [f"rosa {n}" for n in range(5)]
    gaps = [later.at - earlier.at for earlier, later in zip(mine, mine[1:], strict=False)]
    assert min(gaps) > 0.075


def test_a_message_that_is_tried_again_holds_back_those_behind_it(acme, provider):
    conversation = thread(acme)
    provider.script["one"] = [131000, 131000]
    for text in ("one", "two", "three"):
        queue(conversation, text)

    with sender(provider):
        assert until(lambda: outbox_states() == [], 20)

    assert provider.texts == ["one", "one", "one", "two", "three"]


def test_an_agents_reply_does_not_wait_behind_a_campaign(acme, provider):
    number = builders.phone_number(acme, throughput=20)
    template = builders.template(acme, name="offer", waba=number.waba)
    for _ in range(60):
        queue(thread(acme, phone_number=number), "offer", template=template, priority=Priority.CAMPAIGN, **OFFER)
    chat = thread(acme, phone_number=number)

    with sender(provider):
        assert until(lambda: len(provider.heard) >= 10)
        queue(chat, "from an agent")
        assert until(lambda: "from an agent" in provider.texts, 3)
        place = provider.texts.index("from an agent")

    assert place < 35


OFFER = {"content": {"type": "template", "name": "offer", "language": "en"}}


def test_a_number_keeps_its_rate(acme, provider):
    number = builders.phone_number(acme, throughput=10)
    for n in range(32):
        queue(thread(acme, phone_number=number), f"m{n}")

    with sender(provider):
        assert until(lambda: outbox_states() == [])

    times = [heard.at for heard in provider.heard]
    busiest = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert len(times) == 32
    assert busiest <= 12
    assert times[-1] - times[0] < 6


def test_a_window_that_closes_while_a_reply_waits_stops_it(acme, provider):
    open_thread, closing = thread(acme), thread(acme, hours_left=0.5 / 3600)
    late = queue(closing, "too late")
    time.sleep(0.6)
    in_time = queue(open_thread, "in time")

    with sender(provider):
        assert until(lambda: status_of(in_time) == "accepted" and status_of(late) == "failed")

    with every_business():
        late.refresh_from_db()
    assert late.error_code == 131047
    assert "window closed" in late.error_details
    assert provider.texts == ["in time"]
    assert outbox_states() == []


def test_who_was_blocked_or_opted_out_meanwhile_gets_nothing(acme, provider):
    number = builders.phone_number(acme)
    template = builders.template(acme, name="offer", waba=number.waba)
    paused = builders.template(acme, name="paused", waba=number.waba, status="paused")
    blocked, stopped, third = (thread(acme, phone_number=number) for _ in range(3))
    with every_business():
        blocked.contact.blocked_at = now()
        blocked.contact.save()
        consent.record_opt_out(stopped.contact, source=ConsentSource.KEYWORD, key="stop")
    refused = [
        queue(blocked, "to the blocked"),
        queue(stopped, "offer", template=template, **OFFER),
        queue(third, "paused", template=paused, content={"type": "template", "name": "paused", "language": "en"}),
    ]
    answer = queue(stopped, "an answer in the open window")

    with sender(provider):
        assert until(lambda: status_of(answer) == "accepted" and statuses(refused) == {"failed"})

    assert provider.texts == ["an answer in the open window"]


def test_refusals_are_tried_again_when_that_makes_sense_and_told_when_not(acme, provider):
    hopeless, shaky = queue(thread(acme), "hopeless"), queue(thread(acme), "shaky")
    provider.script = {"hopeless": [131008], "shaky": [2]}

    with sender(provider):
        assert until(lambda: status_of(shaky) == "accepted" and status_of(hopeless) == "failed")

    with every_business():
        hopeless.refresh_from_db()
    assert (hopeless.error_code, hopeless.error_details) == (131008, "Told so")
    assert (provider.times(hopeless.reference), provider.times(shaky.reference)) == (1, 2)


UNSURE = ["hang", "reset", "html", "no id", "half"]


def test_what_may_have_left_is_unknown_and_never_sent_again_by_itself(acme, provider):
    provider.script = {order: [order] for order in UNSURE}
    messages = [queue(thread(acme), order) for order in UNSURE]

    with sender(provider):
        assert until(lambda: statuses(messages) == {"unknown"})
        queue(thread(acme), "later")
        assert until(lambda: "later" in provider.texts)
        time.sleep(1)

    assert [provider.times(message.reference) for message in messages] == [1] * len(UNSURE)
    assert outbox_states() == ["unknown"] * len(UNSURE)


def test_two_messages_under_one_provider_id_leave_the_second_unknown(acme, provider):
    number = builders.phone_number(acme)
    provider.script = {"a": ["same id"], "b": ["same id"]}
    messages = [queue(thread(acme, phone_number=number), text) for text in "ab"]

    with sender(provider):
        assert until(lambda: statuses(messages) == {"accepted", "unknown"})


def test_without_a_connection_nothing_is_lost_or_unknown(acme, provider):
    message = queue(thread(acme), "Hola")

    with sender("http://127.0.0.1:9"):
        assert until(lambda: "Connection" in last_error(message))
        assert status_of(message) == "queued"
    with every_business():
        OutboxItem.objects.update(not_before=now() - timedelta(seconds=1))
    with sender(provider):
        assert until(lambda: status_of(message) == "accepted")

    assert provider.times(message.reference) == 1


def test_a_refused_token_stops_that_number_only_and_opens_an_incident(acme, globex, provider):
    ours = builders.phone_number(acme)
    provider.script["refused"] = [190]
    first = queue(thread(acme, phone_number=ours), "refused")
    waiting = [queue(thread(acme, phone_number=ours), f"behind {n}", priority=Priority.SYSTEM) for n in range(3)]
    theirs = queue(thread(globex), "the neighbour's")

    with sender(provider):
        assert until(lambda: status_of(theirs) == "accepted")
        assert until(lambda: Incident.objects.filter(closed_at=None).exists())
        heard = len(provider.heard)
        time.sleep(0.7)
        assert len(provider.heard) == heard

    assert statuses([first]) == {"queued"}
    assert provider.times(first.reference) == 1
    assert statuses(waiting) <= {"queued", "accepted"}
    assert Incident.objects.get().key == f"sender.number:{ours.pk}"


def test_the_token_of_one_business_is_never_used_for_another(acme, globex, provider):
    ours = builders.phone_number(acme, waba=builders.waba(acme, access_token="token-of-acme"))
    theirs = builders.phone_number(globex, waba=builders.waba(globex, access_token="token-of-globex"))
    mine, other = (
        queue(thread(acme, phone_number=ours), "ours"),
        queue(thread(globex, phone_number=theirs), "theirs"),
    )

    with sender(provider):
        assert until(lambda: statuses([mine, other]) == {"accepted"})

    tokens = {heard.text: (heard.number, heard.token) for heard in provider.heard}
    assert tokens == {
        "ours": (ours.phone_number_id, "Bearer token-of-acme"),
        "theirs": (theirs.phone_number_id, "Bearer token-of-globex"),
    }


def test_a_file_is_handed_in_once_and_sent_by_its_id(acme, provider, settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)
    conversation = thread(acme)
    picture = queue(conversation, "", kind="image", content={"type": "image", "caption": "Look"})
    number = conversation.phone_number
    template = builders.template(acme, name="offer", waba=number.waba)
    header = {"type": "header", "parameters": [{"type": "image", "image": {"id": UPLOADED}}]}
    framed = queue(
        conversation,
        "offer",
        template=template,
        content={"type": "template", "name": "offer", "language": "en", "components": [header]},
    )
    with business_scope(acme):
        for message in (picture, framed):
            name, size, digest = media.store_bytes(acme, b"\xff\xd8\xff picture", ".jpg")
            MessageMedia.objects.create(
                business=acme, message=message, mime_type="image/jpeg", file_name="a.jpg", file=name, size=size
            )
    provider.script["image"] = [2]

    with sender(provider):
        assert until(lambda: statuses([picture, framed]) == {"accepted"})

    assert provider.uploads == [b"\xff\xd8\xff picture"] * 2
    assert [heard.text for heard in provider.heard] == ["image", "image", "offer"]
    assert provider.heard[1].body["image"] == {"id": "media-1", "caption": "Look"}
    assert "media-2" in str(provider.heard[2].body["template"])


def test_sigterm_lets_what_is_on_its_way_land_and_puts_the_rest_back(acme, provider):
    provider.delay = 1.0
    messages = [queue(thread(acme), f"m{n}") for n in range(6)]
    slow = builders.phone_number(acme, throughput=1)
    messages += [queue(thread(acme, phone_number=slow), f"slow {n}") for n in range(4)]

    process = start_sender(provider)
    assert until(lambda: len(provider.heard) >= 6)
    process.send_signal(signal.SIGTERM)

    assert process.wait(10) == 0
    assert set(outbox_states()) == {"waiting"}
    assert statuses(messages) == {"accepted", "queued"}
    assert len(provider.heard) == sum(status_of(message) == "accepted" for message in messages)


def test_two_senders_share_the_work_and_send_nothing_twice(acme, provider):
    provider.delay = 0.05
    numbers = [builders.phone_number(acme) for _ in range(4)]
    messages = [queue(thread(acme, phone_number=numbers[n % 4]), f"m{n}") for n in range(40)]

    with sender(provider), sender(provider):
        assert until(lambda: outbox_states() == [])

    assert statuses(messages) == {"accepted"}
    assert sorted(provider.texts) == sorted(f"m{n}" for n in range(40))


def test_lost_database_connections_and_a_missing_redis_do_no_harm(acme, provider):
    provider.delay = 0.2
    messages = [queue(thread(acme), f"m{n}") for n in range(10)]

    with sender(provider, REDIS_URL="redis://127.0.0.1:9/0"):
        assert until(lambda: len(provider.heard) >= 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE application_name = 'sender-of-the-test' AND datname = current_database()"
            )
            assert cursor.fetchone()[0] >= 2
        messages += [queue(thread(acme), "after")]
        assert until(lambda: statuses(messages) == {"accepted"})

    assert sorted(provider.texts) == sorted([*(f"m{n}" for n in range(10)), "after"])


def test_the_sender_is_seen_at_work(acme, provider):
    from config import heartbeat

    with sender(provider):
        assert until(lambda: heartbeat.ages().get("sender", 99) < 5)


def test_a_late_answer_does_not_pull_a_message_down(acme, provider):
    provider.delay = 0.8
    message = queue(thread(acme), "Hola")

    with sender(provider):
        assert until(lambda: provider.heard)
        with every_business():
            Message.objects.filter(pk=message.pk).update(
                status=MessageStatus.DELIVERED, rank=MessageStatus.DELIVERED.rank
            )
        assert until(lambda: outbox_states() == [])

    with every_business():
        message.refresh_from_db()
    assert (message.status, message.rank) == ("delivered", 5)
    assert message.provider_id
