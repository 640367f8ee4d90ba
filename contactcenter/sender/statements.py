"""The sender's SQL. Every statement works on sets; leases use the database's own clock, which is never moved.

Rows of the outbox are named (``id = ANY``) even where a join says which: statistics that were taken while the outbox
was empty make PostgreSQL believe that it holds one row, and then it reads all of them for each set.
"""

from contactcenter.sender.first_contacts import PORTFOLIO

NUMBERS_WITH_WORK = """
WITH RECURSIVE n AS (
  (SELECT phone_number_id FROM contactcenter_outboxitem WHERE state = 'waiting' ORDER BY phone_number_id LIMIT 1)
  UNION ALL
  SELECT (SELECT phone_number_id FROM contactcenter_outboxitem
          WHERE state = 'waiting' AND phone_number_id > n.phone_number_id ORDER BY phone_number_id LIMIT 1)
  FROM n WHERE n.phone_number_id IS NOT NULL
)
SELECT phone_number_id FROM n WHERE phone_number_id IS NOT NULL
"""
"""Hops from number to number in the index, so that a waiting campaign costs one step."""

LOCK = """
SELECT number, pg_try_advisory_lock((%(room)s::bigint << 32) | number) FROM unnest(%(numbers)s::bigint[]) AS number
"""
UNLOCK = "SELECT pg_advisory_unlock((%(room)s::bigint << 32) | number) FROM unnest(%(numbers)s::bigint[]) AS number"

TAKE_OVER = """
UPDATE contactcenter_outboxitem SET state = 'waiting', lease_until = NULL, claimed_by = ''
WHERE phone_number_id = ANY(%(numbers)s) AND state = 'claimed'
"""
"""Whoever held these numbers before is gone, and a claim without an attempt mark can't have left."""

HELD = """
SELECT o.phone_number_id, m.conversation_id, o.priority, o.id
FROM contactcenter_outboxitem o JOIN contactcenter_message m ON m.id = o.message_id
WHERE o.phone_number_id = ANY(%(numbers)s) AND o.state = 'waiting' AND o.attempts > 0
"""
STILL_WAITING = "SELECT id FROM contactcenter_outboxitem WHERE id = ANY(%(ids)s) AND state IN ('waiting', 'claimed')"

FACTS = f"""
SELECT n.id, n.business_id, coalesce(n.phone_number_id, ''), n.throughput, coalesce(w.access_token, ''),
       coalesce({PORTFOLIO}, ''), coalesce(nullif(n.messaging_limit, ''), w.messaging_limit, '')
FROM onboarding_phonenumber n LEFT JOIN onboarding_waba w ON w.id = n.waba_id
WHERE n.id = ANY(%(numbers)s)
"""

CLAIM = """
WITH picked AS (
  SELECT w.id FROM unnest(%(numbers)s::bigint[], %(rooms)s::int[], %(below)s::int[]) AS want(number, room, below)
  CROSS JOIN LATERAL (
    SELECT o.id FROM contactcenter_outboxitem o
    WHERE o.state = 'waiting' AND o.phone_number_id = want.number AND o.priority < want.below
      AND o.not_before <= %(now)s
    ORDER BY o.priority, o.id LIMIT want.room FOR UPDATE OF o SKIP LOCKED
  ) w
), claimed AS (
  UPDATE contactcenter_outboxitem o
  SET state = 'claimed', claimed_by = %(claim)s,
      lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  WHERE o.id = ANY(ARRAY(SELECT id FROM picked))
  RETURNING o.id, o.business_id, o.phone_number_id, o.priority, o.attempts, o.message_id
)
SELECT c.id, c.business_id, c.phone_number_id, c.priority, c.attempts, c.message_id,
       m.conversation_id, m.contact_id, m.reference::text, v.reference::text, m.kind, m.content,
       m.reply_to_provider_id, coalesce(a.wa_id, a.phone, ''), coalesce(a.bsuid, ''),
       f.file, f.mime_type, f.file_name, f.provider_media_id
FROM claimed c
JOIN contactcenter_message m ON m.id = c.message_id
JOIN contactcenter_conversation v ON v.id = m.conversation_id
LEFT JOIN contactcenter_messagemedia f ON f.message_id = m.id
CROSS JOIN LATERAL (
  SELECT (array_agg(i.value ORDER BY i.id DESC) FILTER (WHERE i.kind = 'wa_id'))[1] AS wa_id,
         (array_agg(i.value ORDER BY i.id DESC) FILTER (WHERE i.kind = 'phone'))[1] AS phone,
         (array_agg(i.value ORDER BY i.id DESC) FILTER (WHERE i.kind = 'bsuid'))[1] AS bsuid
  FROM contacts_identity i WHERE i.contact_id = m.contact_id
) a
ORDER BY c.priority, c.id
"""

MARK = """
WITH asked AS (
  SELECT o.id, o.business_id, r.portfolio, m.contact_id,
    m.kind = 'template' AND (w.expires_at IS NULL OR w.expires_at <= %(now)s) AS writes_first, CASE
    WHEN c.blocked_at IS NOT NULL THEN 'blocked'
    WHEN m.kind <> 'template' AND (w.expires_at IS NULL OR w.expires_at <= %(now)s) THEN 'window'
    WHEN m.kind = 'template' AND (t.status IS DISTINCT FROM 'approved' OR t.category_waits) THEN 'template'
    WHEN m.kind = 'template' AND (
      SELECT e.kind FROM contacts_consentevent e
      WHERE e.contact_id = m.contact_id AND e.occurred_at <= %(now)s AND e.scope = 'all'
      ORDER BY e.occurred_at DESC, e.kind DESC, e.id DESC LIMIT 1) = 'opt_out' THEN 'opt_out'
    WHEN m.kind = 'template' AND t.category = 'MARKETING' AND (
      SELECT e.kind FROM contacts_consentevent e
      WHERE e.contact_id = m.contact_id AND e.occurred_at <= %(now)s AND e.scope = 'marketing'
      ORDER BY e.occurred_at DESC, e.kind DESC, e.id DESC LIMIT 1) = 'opt_out' THEN 'opt_out'
    ELSE '' END AS refusal
  FROM unnest(%(ids)s::bigint[], %(claims)s::text[], %(portfolios)s::text[]) AS r(id, claim, portfolio)
  JOIN contactcenter_outboxitem o ON o.id = ANY(%(ids)s) AND o.id = r.id AND o.claimed_by = r.claim
    AND o.state = 'claimed'
  JOIN contactcenter_message m ON m.id = o.message_id
  JOIN contacts_contact c ON c.id = m.contact_id
  LEFT JOIN sessions_24h_customerservicewindow w
    ON w.phone_number_id = m.phone_number_id AND w.contact_id = m.contact_id
  LEFT JOIN templates_hsm_messagetemplate t ON t.id = m.template_id
  ORDER BY o.id FOR UPDATE OF o
), strangers AS (
  SELECT a.id, l.room, dense_rank() OVER (PARTITION BY a.portfolio ORDER BY a.contact_id) AS place
  FROM asked a JOIN unnest(%(limited)s::text[], %(rooms)s::int[]) AS l(portfolio, room) ON l.portfolio = a.portfolio
  WHERE a.writes_first AND a.refusal = '' AND NOT EXISTS (
    SELECT FROM onboarding_personwritten p
    WHERE p.portfolio = a.portfolio AND p.contact_id = a.contact_id AND p.at > %(day_ago)s)
), judged AS (
  SELECT a.*, CASE WHEN s.place > s.room THEN 'limit' ELSE a.refusal END AS verdict
  FROM asked a LEFT JOIN strangers s ON s.id = a.id
), written AS (
  INSERT INTO onboarding_personwritten AS p (business_id, portfolio, contact_id, at)
  SELECT DISTINCT ON (portfolio, contact_id) business_id, portfolio, contact_id, %(now)s FROM judged
  WHERE writes_first AND verdict = '' AND portfolio <> '' ORDER BY portfolio, contact_id
  ON CONFLICT (portfolio, contact_id) DO UPDATE SET at = greatest(p.at, EXCLUDED.at)
), marked AS (
  UPDATE contactcenter_outboxitem o
  SET state = 'attempted', attempts = o.attempts + 1, attempted_at = %(now)s,
      lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
  FROM judged WHERE o.id = ANY(%(ids)s) AND o.id = judged.id AND judged.verdict = ''
  RETURNING o.id
)
SELECT id, verdict FROM judged
"""
"""The attempt mark, and the gate's last look: what was allowed when it was written may not be any more.
The same rules as ``contactcenter.gate``, in SQL for a whole batch; a test compares the two. Whoever is written to first
is noted for the messaging limit in the same statement; beyond it (``limited``, ``rooms``) a message finds no place."""

EXTEND = """
UPDATE contactcenter_outboxitem SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND state = 'claimed' AND claimed_by = %(claim)s
"""

LOCK_MESSAGES = """
SELECT id FROM contactcenter_message WHERE id = ANY(%(messages)s) ORDER BY id FOR NO KEY UPDATE
"""
"""First of all and in this order, as those who digest statuses do: then neither can wait for the other in a circle."""

ACCEPTED = """
UPDATE contactcenter_message m
SET provider_id = coalesce(m.provider_id, r.provider_id), accepted_at = coalesce(m.accepted_at, %(now)s),
    status = CASE WHEN m.rank < 2 THEN 'accepted' ELSE m.status END, rank = greatest(m.rank, 2)
FROM (SELECT * FROM unnest(%(messages)s::bigint[], %(provider_ids)s::text[]) AS t(id, provider_id) ORDER BY id) r
WHERE m.id = r.id
"""
FAILED = """
UPDATE contactcenter_message m
SET status = 'failed', rank = 4, failed_at = coalesce(m.failed_at, %(now)s), error_code = r.code,
    error_details = r.details
FROM (SELECT * FROM unnest(%(messages)s::bigint[], %(codes)s::int[], %(details)s::text[]) AS t(id, code, details)
      ORDER BY id) r
WHERE m.id = r.id AND m.rank < 4
"""
UNKNOWN_MESSAGES = """
UPDATE contactcenter_message m SET status = 'unknown', rank = 1
FROM (SELECT unnest(%(messages)s::bigint[]) AS id ORDER BY 1) r
WHERE m.id = r.id AND m.rank < 1
"""
UNKNOWN_ITEMS = """
UPDATE contactcenter_outboxitem o SET state = 'unknown', lease_until = NULL, last_error = r.details
FROM unnest(%(ids)s::bigint[], %(details)s::text[]) AS r(id, details), contactcenter_message m
WHERE o.id = ANY(%(ids)s) AND o.id = r.id AND m.id = o.message_id AND m.rank <= 1
"""
SETTLED_MEANWHILE = """
DELETE FROM contactcenter_outboxitem o USING contactcenter_message m
WHERE o.id = ANY(%(ids)s) AND m.id = o.message_id AND m.rank > 1
"""
GONE = "DELETE FROM contactcenter_outboxitem WHERE id = ANY(%(ids)s)"
AGAIN = """
UPDATE contactcenter_outboxitem o
SET state = 'waiting', lease_until = NULL, claimed_by = '', last_error = r.details,
    not_before = %(now)s::timestamptz + make_interval(secs => r.after),
    attempts = o.attempts + CASE WHEN o.state = 'claimed' AND r.counts THEN 1
      WHEN o.state = 'attempted' AND NOT r.counts THEN -1 ELSE 0 END
FROM unnest(%(ids)s::bigint[], %(claims)s::text[], %(after)s::float8[], %(details)s::text[], %(counts)s::bool[])
  AS r(id, claim, after, details, counts)
WHERE o.id = ANY(%(ids)s) AND o.id = r.id AND o.claimed_by = r.claim
  AND o.state IN ('claimed', 'attempted', 'unknown')
"""
"""Only the very claim that the result is about: one written twice must not touch a later attempt. An attempt that was
marked and put back before its first byte was none."""
UPLOADED = """
UPDATE contactcenter_messagemedia SET provider_media_id = %(media_id)s WHERE message_id = %(message)s
"""
OWN_FILES = """
SELECT phone_number_id, sha256, file, mime_type, CASE WHEN handed_in_at > %(since)s THEN media_id ELSE '' END
FROM contactcenter_templatefile
WHERE (phone_number_id, sha256) IN (SELECT * FROM unnest(%(numbers)s::bigint[], %(digests)s::text[]))
"""
"""Files of templates with the IDs that WhatsApp still knows."""
OWN_UPLOADED = """
UPDATE contactcenter_templatefile SET media_id = %(media_id)s, handed_in_at = %(now)s
WHERE phone_number_id = %(number)s AND sha256 = %(digest)s
"""
FIRST_ANSWERS = """
SELECT phone_number_id, contact_id FROM sessions_24h_customerservicewindow
WHERE (phone_number_id, contact_id) IN (SELECT * FROM unnest(%(numbers)s::bigint[], %(contacts)s::bigint[]))
  AND free_entry_from > %(now)s::timestamptz - interval '24 hours'
  AND coalesce(free_entry_expires_at, '-infinity') < free_entry_from + interval '72 hours'
"""
"""Windows of people who came through an ad and had no answer yet."""
PENDING = """
SELECT DISTINCT p.business_id, p.phone_number_id, p.provider_id FROM contactcenter_pendingupdate p
WHERE (p.phone_number_id, p.provider_id) IN (SELECT * FROM unnest(%(numbers)s::bigint[], %(provider_ids)s::text[]))
"""
BEAT = """
INSERT INTO config_beat (name, seen_at) VALUES ('sender', clock_timestamp())
ON CONFLICT (name) DO UPDATE SET seen_at = EXCLUDED.seen_at
"""
NOTE_LANES = """
INSERT INTO contactcenter_senderlane AS s (business_id, phone_number_id, sender, state, paused_until, pause_code,
  allowed_per_second, limit_per_second, left_per_second, claimed, in_flight, seen_at)
SELECT t.business, t.number, %(me)s, t.state, clock_timestamp() + make_interval(secs => t.rests), t.code,
  t.allowed, t.speed, t.departed, t.claimed, t.flying, clock_timestamp()
FROM unnest(%(business)s::bigint[], %(number)s::bigint[], %(state)s::text[], %(rests)s::float8[], %(code)s::int[],
  %(allowed)s::float8[], %(limit)s::float8[], %(left)s::float8[], %(claimed)s::int[], %(in_flight)s::int[])
  AS t(business, number, state, rests, code, allowed, speed, departed, claimed, flying)
ORDER BY t.number
ON CONFLICT (phone_number_id) DO UPDATE SET sender = EXCLUDED.sender, state = EXCLUDED.state,
  paused_until = EXCLUDED.paused_until, pause_code = EXCLUDED.pause_code,
  allowed_per_second = EXCLUDED.allowed_per_second, limit_per_second = EXCLUDED.limit_per_second,
  left_per_second = EXCLUDED.left_per_second, claimed = EXCLUDED.claimed, in_flight = EXCLUDED.in_flight,
  seen_at = EXCLUDED.seen_at
"""
