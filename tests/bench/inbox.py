"""An inbox with people in it, several times over: what one side of a figure wrote can be compared with the other."""

import os
from dataclasses import dataclass
from datetime import timedelta

from config import bulk
from config.clock import now
from tests.bench import world
from tests.bench.measure import metered

LONG_AGO = timedelta(days=2)
"""Before a figure's time everybody wrote for the last time, so that their windows are closed."""
_began = now()


def moments(count):
    """When the rounds of a figure take place, the same for all sides: one after the other within one window."""
    step = min(timedelta(hours=1), timedelta(hours=11) / count)
    return [_began - timedelta(hours=12) + step * n for n in range(count)]


def long_ago():
    """When everybody wrote for the last time before a figure."""
    return _began - LONG_AGO


@dataclass(frozen=True)
class Side:
    """Businesses with their numbers, in the same order as those of another side."""

    numbers: list

    @property
    def provider_ids(self):
        return {number.phone_number_id for number in self.numbers}

    def own(self, bodies):
        """Those of the deliveries that are about this side."""
        from providers.webhooks.parser import routing_key

        mine = self.provider_ids
        return [body for body in bodies if routing_key(body) in mine]

    def first(self, count):
        return Side(self.numbers[:count])


def side(businesses, contacts=world.CONTACTS):
    """Businesses whose ``contacts`` customers have all written before."""
    from tenants.tenancy import every_business

    numbers = world.build(businesses)
    with every_business():
        bulk.run(_PEOPLE, _parameters(numbers, contacts))
    return Side(numbers)


_people = []


def two_sides(ground, name):
    """Work in a database of this name with two sides, everybody written before; they are made once a run."""
    if not _people:
        ground.fresh_database("people")
        _people[:] = side(world.BUSINESSES), side(world.BUSINESSES)
        connection = ground.superuser()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        connection.close()
    ground.fresh_database(name, like="people")
    return _people


def _parameters(numbers, contacts):
    columns = [[place for place, _ in enumerate(numbers)], [n.business_id for n in numbers], [n.id for n in numbers]]
    return {
        "place": columns[0], "business": columns[1], "number": columns[2],
        "contacts": contacts, "long_ago": long_ago(),
    }  # fmt: skip


_PEOPLE = """
WITH person AS MATERIALIZED (
    SELECT n.business, n.number, nextval('contacts_contact_id_seq') AS contact,
        nextval('contactcenter_conversation_id_seq') AS conversation, gen_random_uuid() AS thread,
        '5730' || lpad(n.place::text, 3, '0') || lpad(who::text, 5, '0') AS wa_id,
        'Rosa ' || who || ' Quiñones' AS name, 'rosa ' || who || ' quinones' AS name_key
    FROM unnest(%(place)s::int[], %(business)s::bigint[], %(number)s::bigint[]) AS n(place, business, number),
        generate_series(0, %(contacts)s - 1) AS who
), contact AS (
    INSERT INTO contacts_contact (id, business_id, reference, name, name_key, named_by_us, profile_name, username,
        profile_at, language, created_at, last_seen_at)
    SELECT contact, business, gen_random_uuid(), name, name_key, false, name, '', %(long_ago)s, '', %(long_ago)s,
        %(long_ago)s FROM person
), identity AS (
    INSERT INTO contacts_identity (business_id, contact_id, kind, value, created_at)
    SELECT business, contact, 'wa_id', wa_id, %(long_ago)s FROM person
), token AS (
    INSERT INTO contacts_contacttoken (business_id, contact_id, token)
    SELECT business, contact, word FROM person, unnest(string_to_array(name_key, ' ') || wa_id) AS word
), consent AS (
    INSERT INTO contacts_consentevent (business_id, contact_id, kind, scope, source, wording, proof, occurred_at,
        recorded_at, key)
    SELECT business, contact, 'opt_in', 'all', 'wrote_first', '', '{}', %(long_ago)s, %(long_ago)s,
        'wrote_first:' || contact FROM person
), conversation AS (
    INSERT INTO contactcenter_conversation (id, business_id, reference, channel, phone_number_id, contact_id, status,
        created_at, last_activity_at, last_message_text, last_message_kind, last_message_direction, unread_count,
        last_inbound_at, waiting_since, version)
    SELECT conversation, business, thread, 'whatsapp', number, contact, 'open', %(long_ago)s, %(long_ago)s, 'Hola',
        'text', 'inbound', 1, %(long_ago)s, %(long_ago)s, 1 FROM person
), said AS (
    INSERT INTO contactcenter_message (business_id, reference, conversation_id, phone_number_id, contact_id, direction,
        source, provider_id, kind, text, content, reply_to_provider_id, at, created_at, status, rank, error_details,
        pricing_type, pricing_category, pricing_rank, edit_provider_id, from_ad, request_digest)
    SELECT business, gen_random_uuid(), conversation, number, contact, 'inbound', 'contact', 'wamid.before' || contact,
        'text', 'Hola', '{}', '', %(long_ago)s, %(long_ago)s, 'received', 0, '', '', '', 0, '', false, '' FROM person
)
INSERT INTO sessions_24h_customerservicewindow (business_id, phone_number_id, contact_id, last_inbound_at, expires_at,
    announced_expiry_of)
SELECT business, number, contact, %(long_ago)s, %(long_ago)s::timestamptz + interval '24 hours',
    %(long_ago)s::timestamptz + interval '24 hours' FROM person
"""


def say(side, prefix, per_number, at):
    """Messages of ours that WhatsApp accepted, spread over the customers; returns (number, wa_id, provider ID)."""
    from tenants.tenancy import every_business

    parameters = _parameters(side.numbers, per_number) | {"prefix": prefix, "at": at}
    with every_business():
        rows = bulk.fetch(_SAY, parameters)
    return [(side.numbers[place], wa_id, provider_id) for place, wa_id, provider_id in sorted(rows)]


_SAY = """
WITH said AS (
    INSERT INTO contactcenter_message (business_id, reference, conversation_id, phone_number_id, contact_id, direction,
        source, provider_id, kind, text, content, reply_to_provider_id, at, created_at, status, rank, accepted_at,
        error_details, pricing_type, pricing_category, pricing_rank, edit_provider_id, from_ad, request_digest)
    SELECT c.business_id, gen_random_uuid(), c.id, c.phone_number_id, c.contact_id, 'outbound', 'agent',
        'wamid.' || %(prefix)s || 'x' || i.value || 'HBgLNTczMDAwMDAwMDAVAgASGBQzQTdCNkM', 'text', 'Hoy a las 9.', '{}',
        '', %(at)s, %(at)s, 'accepted', 2, %(at)s, '', '', '', 0, '', false, ''
    FROM unnest(%(place)s::int[], %(number)s::bigint[]) AS n(place, number)
    CROSS JOIN LATERAL (
        SELECT * FROM contactcenter_conversation c WHERE c.phone_number_id = n.number ORDER BY c.contact_id
        LIMIT %(contacts)s
    ) AS c
    JOIN contacts_identity i ON i.contact_id = c.contact_id AND i.kind = 'wa_id'
    RETURNING phone_number_id, contact_id, provider_id
)
SELECT n.place, i.value, said.provider_id FROM said
JOIN contacts_identity i ON i.contact_id = said.contact_id AND i.kind = 'wa_id'
JOIN unnest(%(place)s::int[], %(number)s::bigint[]) AS n(place, number) ON n.number = said.phone_number_id
"""


def digest(ground, bodies):
    """Put deliveries into the ledger and measure one worker that digests them all."""
    from django.db import transaction

    from providers.webhooks import dispatch, ledger
    from tenants.tenancy import every_business

    with transaction.atomic():
        ledger.append(*bodies)
    with metered(os.getpid(), ground.postgres_pid) as meter:
        reports = [dispatch.digest_shard(shard, scope=every_business, seconds=600) for shard in range(ledger.SHARDS)]
    done, dead = sum(one.deliveries for one in reports), sum(one.dead for one in reports)
    if done != len(bodies) or dead:
        raise RuntimeError(f"{done} of {len(bodies)} deliveries were digested, {dead} died.")
    return meter.round(len(bodies))


_NAMED = """
WITH n AS (SELECT * FROM unnest(%(place)s::int[], %(business)s::bigint[], %(number)s::bigint[])
    AS n(place, business, number)),
who AS (SELECT i.contact_id, min(i.value) AS wa_id FROM contacts_identity i JOIN n ON n.business = i.business_id
    WHERE i.kind = 'wa_id' GROUP BY i.contact_id)
"""
_COMPARED = {
    "contact": """SELECT n.place, who.wa_id, c.name, c.profile_name, c.profile_at, c.last_seen_at
        FROM contacts_contact c JOIN n ON n.business = c.business_id JOIN who ON who.contact_id = c.id""",
    "consent": """SELECT n.place, who.wa_id, c.kind, c.scope, c.source, c.occurred_at
        FROM contacts_consentevent c JOIN n ON n.business = c.business_id JOIN who USING (contact_id)""",
    "window": """SELECT n.place, who.wa_id, c.last_inbound_at, c.expires_at
        FROM sessions_24h_customerservicewindow c JOIN n ON n.number = c.phone_number_id JOIN who USING (contact_id)""",
    "conversation": """SELECT n.place, who.wa_id, c.status, c.last_activity_at, c.last_message_text,
        c.last_message_kind, c.last_message_direction, c.unread_count, c.last_inbound_at, c.last_outbound_at,
        c.waiting_since
        FROM contactcenter_conversation c JOIN n ON n.number = c.phone_number_id JOIN who USING (contact_id)""",
    "message": """SELECT n.place, who.wa_id, CASE WHEN m.provider_id ~ '^wamid.before' THEN '' ELSE m.provider_id END,
        m.direction, m.source, m.kind, m.text, m.content::text, m.at, m.status, m.rank, m.accepted_at, m.sent_at,
        m.delivered_at, m.read_at, m.failed_at, m.pricing_type, m.pricing_category, m.reply_to_provider_id, m.from_ad
        FROM contactcenter_message m JOIN n ON n.number = m.phone_number_id JOIN who USING (contact_id)
        WHERE m.id > %(after)s""",
    "told": """SELECT DISTINCT n.place, who.wa_id, e.type
        FROM tenants_liveevent e JOIN n ON n.business = e.business_id
        JOIN contactcenter_conversation c ON c.reference = (e.data->>'conversation')::uuid
        JOIN who USING (contact_id)""",
}


SHOULD_BE_TOLD = """SELECT DISTINCT n.place, who.wa_id, 'status'::text
    FROM contactcenter_message m JOIN n ON n.number = m.phone_number_id JOIN who USING (contact_id) WHERE m.rank > 2"""
"""In place of ``told``: what open pages have to hear of statuses, by the messages of a side that tells nobody."""


def contents(ground, side, *, after=0, instead=None):
    """Rows and checksum of each table, by names that both sides share and not by keys or processing times.

    ``after``: only messages with greater keys. ``instead``: other questions for some of the tables.
    """
    found, parameters = {}, _parameters(side.numbers, 0) | {"after": after}
    connection = ground.superuser()
    with connection, connection.cursor() as cursor:
        for name, sql in (_COMPARED | (instead or {})).items():
            if sql:
                cursor.execute(
                    f"{_NAMED} SELECT count(*), coalesce(sum(hashtextextended(r::text, 0)::numeric), 0)::text "
                    f"FROM ({sql}) AS r",
                    parameters,
                )
                found[name] = cursor.fetchone()
    connection.close()
    return found


def must_equal(ground, ours, other, instead=None):
    """Raise when two sides hold different rows; ``instead``: what to ask the other one."""
    one, two = contents(ground, ours), contents(ground, other, instead=instead)
    if one != two:
        differ = {name: (one[name], two.get(name)) for name in one if one[name] != two.get(name)}
        raise RuntimeError(f"The two sides differ: {differ}")


def everything(ground):
    """Rows and checksum of every table, keys and processing times included, but for the ledger and its tallies."""
    found = {}
    connection = ground.superuser()
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace "
            "WHERE s.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            if not table.startswith(("providers_delivery", "providers_tally")):
                found[table] = world.checksum(cursor, f'"{table}" AS t', ["t.*"])
    connection.close()
    return found
