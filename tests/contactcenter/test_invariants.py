"""Each invariant holds in a healthy world, and each of its rules turns red when a row breaks it."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import UniqueConstraint

from config.clock import now
from contactcenter.invariants import INVARIANTS, Limits, verify
from contactcenter.models import Conversation, Message
from contactcenter.services import messages
from onboarding.models import PhoneNumber
from providers.models import DeadLetter
from providers.webhooks import dispatch, ledger
from tenants.tenancy import business_scope, every_business
from tests import builders
from tests.contactcenter import deliveries as meta
from tests.contactcenter.deliveries import BEGIN

pytestmark = pytest.mark.django_db


def digest_everything():
    for shard in range(ledger.SHARDS):
        dispatch.digest_shard(shard, scope=every_business)


@pytest.fixture
def world(acme, globex):
    """Two businesses to whom people wrote; one was answered, one answer waits, one is unknown."""
    ago = (now() - BEGIN).total_seconds()
    for business, person in ((acme, "573001112233"), (globex, "573004445566")):
        number = builders.phone_number(business).phone_number_id
        for place in range(4):
            body = meta.inbound(number, f"wamid.{person}.{place}", ago - 60 + place, wa_id=person, name="Rosa")
            ledger.append(json.dumps(body).encode())
        ledger.append(
            json.dumps(meta.reaction(number, f"wamid.{person}.r", ago, "wamid.x", "👍", wa_id=person)).encode()
        )
        ledger.append(b"not json at all")
    digest_everything()
    with business_scope(acme):
        conversation = Conversation.objects.get()
        answered, waiting, unknown = (messages.send_text(conversation, text) for text in ("one", "two", "three"))
        number = PhoneNumber.objects.get()
        run("UPDATE contactcenter_message SET provider_id = 'wamid.out', status = 'accepted', rank = 2, "
            "accepted_at = now() WHERE id = %s", answered.pk)  # fmt: skip
        run("DELETE FROM contactcenter_outboxitem WHERE message_id = %s", answered.pk)
        run("UPDATE contactcenter_message SET status = 'unknown', rank = 1 WHERE id = %s", unknown.pk)
        run("UPDATE contactcenter_outboxitem SET state = 'unknown', attempted_at = now() WHERE message_id = %s",
            unknown.pk)  # fmt: skip
    for word, at in (("delivered", ago), ("sent", ago - 1)):
        body = meta.status(number.phone_number_id, "wamid.out", word, at, wa_id="573001112233")
        ledger.append(json.dumps(body).encode())
    digest_everything()


def run(sql, *params):
    with every_business(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def broken(name, **limits):
    """The sentences of the rules of one invariant that don't hold."""
    (verdict,) = verify([name], Limits(**limits))
    assert all(one.rows for one in verdict.broken)
    return [one.says for one in verdict.broken]


def shadow(table):
    """A copy of a table without its constraints stands before it until the end of the transaction."""
    run(f'CREATE TEMP TABLE "{table}" ON COMMIT DROP AS SELECT * FROM public."{table}"')


def test_a_healthy_world_keeps_all_nine_promises(world):
    verdicts = list(verify())

    assert [(one.name, one.broken) for one in verdicts] == [(name, []) for name in INVARIANTS]
    assert len(verdicts) == 9
    assert verdicts[0].facts["deliveries"] == 14 and verdicts[0].facts["events"] == 14


BREAKS = [
    ("no_loss", "Every event behind the cursor", "DELETE FROM contactcenter_message WHERE provider_id LIKE '%%33.2'"),
    ("no_loss", "Every event behind the cursor", "DELETE FROM contactcenter_reaction"),
    ("no_loss", "Every event behind the cursor", "DELETE FROM providers_unknownevent"),
    ("no_loss", "Every event behind the cursor", "UPDATE contactcenter_message SET delivered_at = NULL"),
    ("no_loss", "No cursor is ahead", "UPDATE providers_deliverycursor SET position = position + 1000000"),
    ("statuses", "The rank is that", "UPDATE contactcenter_message SET rank = 3 WHERE status = 'delivered'"),
    ("statuses", "isn't lower", "UPDATE contactcenter_message SET rank = 3, status = 'sent' WHERE rank = 5"),
    ("statuses", "isn't higher", "UPDATE contactcenter_message SET rank = 6, status = 'read' WHERE rank = 5"),
    ("statuses", "Only our own", "UPDATE contactcenter_message SET status = 'received' WHERE status = 'queued'"),
    ("statuses", "has the provider's ID", "UPDATE contactcenter_message SET provider_id = NULL WHERE rank = 5"),
    ("windows", "begins with", "DELETE FROM sessions_24h_customerservicewindow WHERE business_id = {acme}"),
    (
        "windows",
        "begins with",
        "UPDATE sessions_24h_customerservicewindow SET last_inbound_at = last_inbound_at - interval '1 s', "
        "expires_at = expires_at - interval '1 s'",
    ),
    (
        "windows",
        "ends 24 hours",
        "UPDATE sessions_24h_customerservicewindow SET expires_at = expires_at + interval '1 second'",
    ),
    ("windows", "never wrote", "UPDATE contactcenter_message SET direction = 'notice' WHERE direction = 'inbound'"),
    ("windows", "dated after", "UPDATE contactcenter_message SET created_at = at - interval '6 minutes'"),
    ("counters", "unread messages", "UPDATE contactcenter_conversation SET unread_count = unread_count + 1"),
    ("counters", "last received", "UPDATE contactcenter_conversation SET last_inbound_at = NULL"),
    ("counters", "last answer", "UPDATE contactcenter_conversation SET last_outbound_at = NULL"),
    ("counters", "Nobody waits", "UPDATE contactcenter_conversation SET waiting_since = '2026-01-01'"),
    ("counters", "last active", "UPDATE contactcenter_conversation SET last_activity_at = '2026-01-01'"),
    ("counters", "line in the list", "UPDATE contactcenter_conversation SET last_message_text = 'Hola?'"),
    ("counters", "belongs to the number", "UPDATE contactcenter_message m SET contact_id = (SELECT max(id) FROM "
     "contacts_contact c WHERE c.id <> m.contact_id)"),
    ("isolation", "contactcenter.Message.conversation", "UPDATE contactcenter_message SET business_id = {globex}"),
    ("isolation", "CustomerServiceWindow.contact", "UPDATE contacts_contact SET business_id = {globex}"),
    ("isolation", "each onboarding.PhoneNumber", "UPDATE onboarding_providerroute SET business_id = {globex}"),
    ("live", "hasn't given", "UPDATE tenants_livecounter SET last = last - 1"),
    ("live", "without a gap", "DELETE FROM tenants_liveevent e WHERE number = 2"),
    ("live", "newest number", "UPDATE tenants_livecounter SET last = last + 1"),
    ("conservation", "has its place", "DELETE FROM contactcenter_outboxitem WHERE state = 'waiting'"),
    ("conservation", "for a person to decide", "DELETE FROM contactcenter_outboxitem WHERE state = 'unknown'"),
    ("conservation", "has left the outbox", "UPDATE contactcenter_message SET rank = 2, status = 'accepted'"),
    ("conservation", "shown as unknown", "UPDATE contactcenter_outboxitem SET state = 'unknown'"),
    ("conservation", "four states", "UPDATE contactcenter_outboxitem SET state = 'claimed'"),
    (
        "conservation",
        "beyond its lease",
        "UPDATE contactcenter_outboxitem SET state = 'claimed', lease_until = clock_timestamp() - interval '2 minutes'",
    ),
    ("conservation", "leaves from the number", "UPDATE contactcenter_outboxitem SET phone_number_id = (SELECT max(id) "
     "FROM onboarding_phonenumber)"),
    ("bounds", "No reply of an agent", "UPDATE contactcenter_outboxitem SET not_before = now() - interval '1 hour', "
     "created_at = now() - interval '1 hour'"),
    ("bounds", "live events are forgotten", "UPDATE tenants_liveevent SET at = now() - interval '1 day'"),
    ("bounds", "waits long to be digested", "UPDATE providers_deliverycursor SET position = 0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "says", "sql"), BREAKS, ids=[f"{b[0]}-{b[1][:24]}-{i}" for i, b in enumerate(BREAKS)])
def test_a_broken_row_turns_its_rule_red(world, acme, globex, name, says, sql):
    assert run(sql.format(acme=acme.pk, globex=globex.pk)) > 0

    assert any(says in one for one in broken(name, undigested=-1.0 if "digested" in says else 60.0))


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("contactcenter_message", "stored once"),
        ("contactcenter_conversation", "one conversation"),
        ("sessions_24h_customerservicewindow", "one window"),
        ("contactcenter_outboxitem", "at most once in the outbox"),
    ],
)
def test_a_row_that_is_there_twice_is_seen(world, table, says):
    shadow(table)
    run(f'INSERT INTO "{table}" SELECT * FROM public."{table}"')

    assert any(says in one for one in broken("no_duplicate"))


def test_an_address_of_two_contacts_is_seen(world, acme):
    builders.contact(acme, "Otra")
    shadow("contacts_identity")
    run("UPDATE contacts_identity SET kind = 'wa_id', value = '1' WHERE business_id = %s", acme.pk)

    assert any("one contact" in one for one in broken("no_duplicate"))


def test_a_unique_constraint_that_the_database_lacks_is_seen(world, monkeypatch):
    missing = UniqueConstraint(fields=["reference"], name="never_made")
    monkeypatch.setattr(Message._meta, "constraints", [*Message._meta.constraints, missing])

    assert broken("no_duplicate") == ["Every unique constraint of the models is in the database."]


def test_a_table_without_its_policy_is_seen(world, monkeypatch):
    monkeypatch.setattr("contactcenter.invariants.isolation.POLICY", "another_policy")

    assert broken("isolation") == ["Every tenant table has its forced policy."]


def test_an_update_that_missed_its_message_is_seen(world, acme):
    with business_scope(acme):
        first = Message.objects.filter(direction="inbound").first()
    run(
        "INSERT INTO contactcenter_pendingupdate (business_id, phone_number_id, provider_id, kind, key, rank, at, "
        "data, created_at) VALUES (%s, %s, %s, 'status', 'k', 0, now(), '{}', %s)",
        acme.pk, first.phone_number_id, first.provider_id, now() - timedelta(minutes=5),
    )  # fmt: skip

    assert any("No update waits" in one for one in broken("conservation"))


def test_a_delivery_among_the_dead_letters_is_not_lost(world):
    run("DELETE FROM providers_unknownevent")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, received_at, body FROM providers_delivery")
        for pk, at, body in cursor.fetchall():
            DeadLetter.objects.create(delivery_id=pk, received_at=at, body=body, error="")

    assert broken("no_loss") == []


def test_the_command_names_rows_and_ends_with_one(world, capsys):
    call_command("verify_invariants", "counters")
    assert capsys.readouterr().out.startswith("ok      counters")

    run("UPDATE contactcenter_conversation SET unread_count = unread_count + 1")
    with pytest.raises(SystemExit) as end:
        call_command("verify_invariants", "counters", "--json", "--examples", "1")
    told = json.loads(capsys.readouterr().out)

    assert end.value.code == 1
    assert told["violations"] == 2 and told["broken"][0]["count"] == 2
    assert len(told["broken"][0]["rows"]) == 1 and told["broken"][0]["rows"][0].startswith("id ")
