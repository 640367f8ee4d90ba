"""The floor of understanding in SQL: the finished rows by bare ``INSERT … SELECT unnest``, nothing read or parsed."""

import json
from datetime import UTC, datetime, timedelta

BATCH = 500

MESSAGE = """
INSERT INTO contactcenter_message (business_id, reference, conversation_id, phone_number_id, contact_id, direction,
    source, provider_id, kind, text, content, reply_to_provider_id, at, created_at, status, rank, error_details,
    pricing_type, pricing_category, pricing_rank, edit_provider_id, from_ad, request_digest)
SELECT business, reference, conversation, number, contact, 'inbound', 'contact', provider_id, 'text', text, '{}', '',
    at, at, 'received', 0, '', '', '', 0, '', false, ''
FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[],
    %s::timestamptz[]) AS t(business, reference, conversation, number, contact, provider_id, text, at)
ON CONFLICT (phone_number_id, provider_id) DO NOTHING
"""
CONTACT = """
UPDATE contacts_contact c SET last_seen_at = greatest(c.last_seen_at, t.at), profile_at = greatest(c.profile_at, t.at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS t(contact, at) WHERE c.id = t.contact
"""
WINDOW = """
INSERT INTO sessions_24h_customerservicewindow AS w (business_id, phone_number_id, contact_id, last_inbound_at,
    expires_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (phone_number_id, contact_id) DO UPDATE SET last_inbound_at = EXCLUDED.last_inbound_at,
    expires_at = EXCLUDED.expires_at WHERE w.expires_at < EXCLUDED.expires_at
"""
CONVERSATION = """
UPDATE contactcenter_conversation c SET unread_count = c.unread_count + t.n, last_inbound_at = t.at,
    last_activity_at = t.at, last_message_text = left(t.text, 200), version = c.version + 1
FROM unnest(%s::bigint[], %s::integer[], %s::timestamptz[], %s::text[]) AS t(conversation, n, at, text)
WHERE c.id = t.conversation
"""
COUNTER = """
INSERT INTO tenants_livecounter AS c (business_id, last) SELECT * FROM unnest(%s::bigint[], %s::bigint[])
ON CONFLICT (business_id) DO UPDATE SET last = c.last + EXCLUDED.last RETURNING business_id, last
"""
EVENT = """
INSERT INTO tenants_liveevent (business_id, number, type, data, at)
SELECT business, number, type, data, %s
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::jsonb[]) AS t(business, number, type, data)
"""


def prepare(cursor, deliveries, references):
    """What ``write`` takes for a batch: everything that a program would have to find out, found out beforehand."""
    told = []
    for body in deliveries:
        value = json.loads(body)["entry"][0]["changes"][0]["value"]
        told.append((value["metadata"]["phone_number_id"], value["messages"][0]))
    cursor.execute(
        "SELECT p.phone_number_id, i.value, c.business_id, c.id, c.phone_number_id, c.contact_id, c.reference::text, "
        "w.expires_at FROM contactcenter_conversation c JOIN onboarding_phonenumber p ON p.id = c.phone_number_id "
        "JOIN contacts_identity i ON i.contact_id = c.contact_id AND i.kind = 'wa_id' "
        "JOIN sessions_24h_customerservicewindow w ON w.phone_number_id = c.phone_number_id "
        "AND w.contact_id = c.contact_id WHERE p.phone_number_id = ANY(%s) AND i.value = ANY(%s)",
        [[number for number, _ in told], [one["from"] for _, one in told]],
    )
    known = {row[:2]: row[2:] for row in cursor.fetchall()}
    messages, people, events = [], {}, []
    for (number_id, one), reference in zip(told, references, strict=True):
        business, conversation, number, contact, thread, ends = known[number_id, one["from"]]
        at = datetime.fromtimestamp(int(one["timestamp"]), UTC)
        text = one["text"]["body"]
        messages.append((business, reference, conversation, number, contact, one["id"], text, at))
        first = contact not in people
        before = people.get(contact, (0, at))
        people[contact] = (before[0] + 1, max(at, before[1]), business, number, conversation, text)
        if first:
            events.append((business, "message", json.dumps({"conversation": thread, "message": reference})))
            if ends <= at:
                events.append((business, "window", json.dumps({"conversation": thread})))
    messages.sort(key=lambda row: (row[3], row[5]))
    return messages, sorted(people.items()), sorted(events)


def write(connection, messages, people, events):
    """One batch in one transaction."""
    contacts, facts = zip(*people, strict=True)
    counts, moments, businesses, numbers, conversations, texts = map(list, zip(*facts, strict=True))
    contacts = list(contacts)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.business', 'all', true)")
        cursor.execute(MESSAGE, list(map(list, zip(*messages, strict=True))))
        cursor.execute(CONTACT, [contacts, moments])
        ends = [at + timedelta(hours=24) for at in moments]
        cursor.execute(WINDOW, [businesses, numbers, contacts, moments, ends])
        cursor.execute(CONVERSATION, [conversations, counts, moments, texts])
        of = {}
        for business, _type, _data in events:
            of[business] = of.get(business, 0) + 1
        cursor.execute(COUNTER, [list(of), list(of.values())])
        following = {business: last - of[business] + 1 for business, last in cursor.fetchall()}
        rows = []
        for business, type, data in events:
            rows.append((business, following[business], type, data))
            following[business] += 1
        cursor.execute(EVENT, [moments[0], *map(list, zip(*rows, strict=True))])
