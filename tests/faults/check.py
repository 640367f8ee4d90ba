"""Is everything quiet, and did everybody get what was promised: rows, both histories, and the nine invariants."""

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import psycopg2
import requests

from tests.journeys.stack import ROOT

RANKS = {"accepted": 2, "sent": 3, "failed": 4, "delivered": 5, "read": 6, "played": 7}

_BUSY = """
SELECT (SELECT count(*) FROM providers_delivery d LEFT JOIN providers_deliverycursor c ON c.shard = d.shard
        WHERE d.id > coalesce(c.position, 0)),
       (SELECT count(*) FROM contactcenter_outboxitem WHERE state <> 'unknown'),
       (SELECT count(*) FROM providers_replayjob WHERE finished_at IS NULL),
       (SELECT count(*) FROM contactcenter_campaign WHERE state IN ('preparing', 'scheduled', 'running')),
       (SELECT count(*) FROM onboarding_reminder WHERE next_at <= now()),
       (SELECT count(*) FROM onboarding_channelitem WHERE state = 'checking')
       + (SELECT count(*) FROM onboarding_channelsetup WHERE least(next_check_at, asked_at) <= now())
"""
_INBOUND = """
SELECT m.provider_id, count(*), min(p.business_id) FROM contactcenter_message m
JOIN onboarding_phonenumber p ON p.id = m.phone_number_id WHERE m.direction = 'inbound' GROUP BY 1
"""
_OURS = """
SELECT m.reference::text, m.status, m.idempotency_key, m.business_id, m.provider_id, coalesce(m.error_code, 0)
FROM contactcenter_message m WHERE m.direction = 'outbound'
"""
_WINDOWS = """
SELECT w.business_id, i.value, w.last_inbound_at, w.expires_at FROM sessions_24h_customerservicewindow w
JOIN contacts_identity i ON i.contact_id = w.contact_id AND i.kind = 'wa_id'
"""
_AT_PROVIDER = "SELECT reference, id, status FROM message WHERE outbound = 1 AND reference IS NOT NULL"
_WRITTEN = """
SELECT message.id, customer.digits, message.at FROM message JOIN customer ON customer.id = customer_id
WHERE outbound = 0
"""
_TO_PEOPLE = """
SELECT customer.digits, count(*) FROM message JOIN customer ON customer.id = customer_id WHERE outbound = 1 GROUP BY 1
"""
_CAMPAIGNS = """
SELECT c.reference::text, c.state, count(r.id) FROM contactcenter_campaign c
LEFT JOIN contactcenter_campaignrecipient r ON r.campaign_id = c.id GROUP BY c.id
"""
_PEOPLE_IN_DOUBT = """
SELECT i.value FROM contactcenter_message m JOIN contacts_identity i ON i.contact_id = m.contact_id
WHERE m.source = 'campaign' AND m.status = 'unknown'
"""
_REMINDED = """
SELECT a.contact_email, r.sent, (SELECT count(*) FROM tenants_mail m WHERE m."to" = a.contact_email)
FROM onboarding_reminder r JOIN onboarding_onboardingapplication a ON a.id = r.application_id
WHERE starts_with(a.contact_email, 'reminded-')
"""


def busy(world):
    """What still moves, in words; an empty dict when everything is quiet."""
    stack, found = world.stack, {}
    try:
        stack.control("hurry", method="POST")
        webhooks = stack.at_provider("SELECT count(*) FROM webhook WHERE state = 'waiting'")[0][0]
        steps = stack.at_provider("SELECT count(*) FROM step")[0][0]
        undigested, leaving, replays, campaigns, reminders, channels = stack.rows(_BUSY)[0]
    except (psycopg2.Error, requests.RequestException, AssertionError) as exc:
        return {"unreachable": str(exc)[:200]}
    for name, count in (
        ("promises", world.load.outstanding),
        ("webhooks", webhooks),
        ("statuses", steps),
        ("undigested", undigested),
        ("outbox", leaving),
        ("replays", replays),
        ("campaigns", campaigns),
        ("reminders", reminders),
        ("channels", channels),
    ):
        if count:
            found[name] = count
    return found


def wait_until_quiet(world, seconds):
    """Seconds that it took, and what was still busy when the time was up."""
    began, calm = time.monotonic(), 0
    while True:
        still = busy(world)
        calm = 0 if still else calm + 1
        # Two looks in a row: between a webhook's end and its effect there is a moment in which nothing shows.
        if calm == 2:
            return time.monotonic() - began, {}
        if time.monotonic() - began > seconds:
            return time.monotonic() - began, still or {"flickers": 1}
        time.sleep(0.3)


class Checker:
    """Counts what is broken; what was reported once isn't counted again in later rounds."""

    def __init__(self, world):
        self.world = world
        self.told = set()
        self.examples = []
        self.unknown = 0
        self.deadlocks = self._deadlocks = 0
        """Those that PostgreSQL broke; the program tries again, so they harm nobody."""

    def look(self, allowance):
        """New violations by name. ``allowance``: how many sends may have become unknown since the last look."""
        found = Counter()
        self._count_deadlocks()
        for name, what in (
            *self._inbound(),
            *self._outbound(allowance),
            *self._campaigns(),
            *self._reminders(),
            *self._windows(),
            *self._pages(),
            *self._rows(),
        ):
            if (name, what) not in self.told:
                self.told.add((name, what))
                found[name] += 1
                if len(self.examples) < 40:
                    self.examples.append(f"{name}: {what}")
        return found

    def _count_deadlocks(self):
        sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        present = self.world.stack.rows(sql)[0][0]
        # After a crash PostgreSQL counts from nothing.
        self.deadlocks += present - (self._deadlocks if present >= self._deadlocks else 0)
        self._deadlocks = present

    # Deliveries

    def _inbound(self):
        history, tenants = self.world.load.history, self.world.tenants
        stored = {wamid: (count, business) for wamid, count, business in self.world.stack.rows(_INBOUND)}
        with self.world.load.lock:
            heard = dict(history.heard)
        for wamid, (place, _person, _at) in heard.items():
            count, business = stored.get(wamid, (0, None))
            if count == 0:
                yield "lost", wamid
            elif count > 1:
                yield "stored_twice", wamid
            elif business != tenants[place].business:
                yield "wrong_business", wamid
        for wamid, (count, _business) in stored.items():
            if count > 1 and wamid not in heard:
                yield "stored_twice", wamid
        dead = self.world.stack.rows("SELECT delivery_id FROM providers_deadletter WHERE closed_at IS NULL")
        for (delivery,) in dead:
            yield "dead_letter", delivery

    # Sends

    def _outbound(self, allowance):
        history = self.world.load.history
        at_provider, provider_status = Counter(), {}
        for reference, _wamid, status in self.world.stack.at_provider(_AT_PROVIDER):
            at_provider[reference] += 1
            provider_status[reference] = status
        ours = {row[0]: row[1:] for row in self.world.stack.rows(_OURS)}
        keys = Counter(key for _status, key, *_ in ours.values() if key)
        for reference, count in at_provider.items():
            if count > 1:
                yield "customer_repeat", reference
            if reference not in ours:
                yield "sent_from_nowhere", reference
        for key, asked in list(history.asked.items()):
            if asked.state == "accepted" and asked.reference not in ours:
                yield "promise_lost", key
            elif asked.state == "refused" and keys[key]:
                yield "refused_but_stored", key
        for key, count in keys.items():
            if count > 1:
                yield "said_twice", key
        unknown = 0
        for reference, (status, _key, _business, provider_id, _code) in ours.items():
            reached = at_provider[reference]
            if status in ("accepted", "sent", "delivered", "read", "played"):
                if not reached:
                    yield "sent_but_nowhere", reference
                elif RANKS[status] < RANKS.get(provider_status[reference], 0):
                    yield "status_behind", reference
            elif status == "failed" and reached and provider_status[reference] != "failed":
                yield "failed_but_sent", reference
            elif status == "unknown":
                unknown += 1
                if reached:
                    yield "unknown_not_settled", reference
            elif status == "queued" and reached:
                yield "silent_unknown", reference
            if status == "failed" and not provider_id and reached:
                yield "silent_unknown", reference
        failed = sum(status == "failed" for status, *_ in ours.values())
        if failed > self.world.may_fail:
            yield "failed_for_nothing", f"{failed} failed, {self.world.may_fail} were refused for good"
        new, self.unknown = unknown - self.unknown, unknown
        if new > allowance:
            yield "too_many_unknown", f"{new} new, at most {allowance} were in flight ({unknown} in all)"

    def _campaigns(self):
        """Everybody of a crowd gets one message of their campaign and nothing else, and it comes to its end."""
        if not self.world.load.history.crowds:
            return
        got = dict(self.world.stack.at_provider(_TO_PEOPLE))
        in_doubt = {value for (value,) in self.world.stack.rows(_PEOPLE_IN_DOUBT)}
        ours = {reference: rest for reference, *rest in self.world.stack.rows(_CAMPAIGNS)}
        for one in self.world.load.history.crowds:
            state, people = ours.get(one.reference, ("gone", 0))
            if state != "done" or people != len(one.people):
                yield "campaign_not_done", f"{one.reference}: {state} with {people} of {len(one.people)} people"
            for person in one.people:
                if got.get(person, 0) > 1:
                    yield "customer_repeat", f"{person} got {got[person]} of the campaign {one.reference}"
                elif person not in got and person not in in_doubt:
                    yield "promise_lost", f"{person} got nothing of the campaign {one.reference}"

    def _reminders(self):
        """A reminder that was due once makes one mail."""
        for address, sent, mails in self.world.stack.rows(_REMINDED):
            if (sent, mails) != (1, 1):
                yield "reminder_not_once", f"{address}: {sent} noted, {mails} mails"

    # Windows

    def _windows(self):
        expected = {}
        with self.world.load.lock:
            heard = dict(self.world.load.history.heard)
        written = {wamid: (digits, int(at)) for wamid, digits, at in self.world.stack.at_provider(_WRITTEN)}
        for wamid, (place, person, at) in heard.items():
            if wamid in written:
                person, at = written[wamid]
            if at is None or at < 0:
                continue
            key = (self.world.tenants[place].business, person)
            expected[key] = max(expected.get(key, 0), at)
        stored = {(business, value): (last, end) for business, value, last, end in self.world.stack.rows(_WINDOWS)}
        for key, at in expected.items():
            if key not in stored:
                yield "wrong_window", f"{key} has none"
                continue
            last, end = stored[key]
            if last != datetime.fromtimestamp(at, UTC) or (end - last).total_seconds() != 86400:
                yield "wrong_window", f"{key}: {last} instead of {datetime.fromtimestamp(at, UTC)}"

    # Live

    def _pages(self):
        for page in self.world.pages:
            sql = "SELECT last FROM tenants_livecounter WHERE business_id = %s"
            upto = (self.world.stack.rows(sql, page.tenant.business) or [(0,)])[0][0]
            deadline = time.monotonic() + 15
            while (missing := page.missing(upto)) and time.monotonic() < deadline:
                time.sleep(0.2)
            for number in missing:
                yield "live_missing", f"{page.tenant.slug} {number}"

    # Rows

    def _rows(self):
        """``manage.py verify_invariants`` as an operator would run it."""
        stack = self.world.stack
        environment = stack.operator_environment() | {"FAULTS": "0"}
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_invariants", "--json"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        verdicts = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if len(verdicts) < 9:
            yield "invariants_failed", done.stderr[-300:]
        for verdict in verdicts:
            for broken in verdict["broken"]:
                for row in broken["rows"]:
                    yield f"invariant_{verdict['invariant']}", f"{broken['rule']} {row}"
