"""The sender's door to PostgreSQL: one connection per thread, one transaction per call, no ORM."""

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psycopg2
import psycopg2.extras
from django.conf import settings
from django.db import connections

from config import plans
from config.clock import now
from config.faults import fault_point
from contactcenter.sender import UPLOAD_LIFE, first_contacts, outcomes, own_digests, statements
from contactcenter.sender.lanes import Item
from contactcenter.services import STATUS_CHANGED
from providers import tallies
from providers.words import MessagingLimit
from tenants import live
from tenants.secrets import decrypt

logger = logging.getLogger(__name__)

LOCK_ROOM = 0x5E4D
"""Keeps our advisory locks apart from everybody else's."""
STATEMENT_TIMEOUT = "15s"
BEGIN = "SELECT set_config('app.business', 'all', true), set_config('synchronous_commit', %s, true)"

NO_FILE = {"path": "", "mime_type": "", "file_name": "", "media_id": ""}
LOCAL_REFUSALS = {
    "blocked": (outcomes.BLOCKED, outcomes.BLOCKED_WHILE_WAITING),
    "window": (outcomes.WINDOW_CLOSED, outcomes.WINDOW_CLOSED_WHILE_WAITING),
    "template": (outcomes.TEMPLATE_NOT_SENDABLE, outcomes.TEMPLATE_WITHDRAWN),
    "opt_out": (outcomes.PERSON_STOPPED_MARKETING, outcomes.OPTED_OUT_WHILE_WAITING),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What sending for a number takes."""

    business: int
    phone_number_id: str
    per_second: int
    access_token: str = field(repr=False)
    portfolio: str = ""
    limit: first_contacts.Limit | None = None
    """The messaging limit of the portfolio, when there is one that is known."""


@dataclass(slots=True)
class Settled:
    """What a batch of results left to do: rare, and done through the ORM afterwards."""

    pending: list = field(default_factory=list)
    first_answers: list = field(default_factory=list)


def connection_parameters():
    """As Django connects, for a connection of our own."""
    parameters = dict(connections["default"].get_connection_params())
    for name in ("cursor_factory", "context"):
        parameters.pop(name, None)
    return parameters


class Store:
    """One connection, used by one thread. Every method raises ``psycopg2.Error`` when the database doesn't answer."""

    def __init__(self, me, options, parameters):
        self.me = me
        self.options = options
        self._parameters = parameters
        self._connection = None
        self._tokens = {}
        self._claims = 0
        self.generation = 0
        """Grows with every new connection: advisory locks of an older one are gone."""

    def close(self):
        """End the connection, and with it the advisory locks."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(self, durable="on"):
        if self._connection is None or self._connection.closed:
            self._connection = psycopg2.connect(**self._parameters, cursor_factory=plans.Cursor)
            self.generation += 1
            with self._connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT}'; {plans.PER_SET}")
            self._connection.commit()
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(BEGIN, [durable])
                yield cursor
            self._connection.commit()
        except BaseException:
            try:
                self._connection.rollback()
            except psycopg2.Error:
                self.close()
            raise

    # What waits

    def numbers_with_work(self):
        with self._transaction() as cursor:
            cursor.execute(statements.NUMBERS_WITH_WORK)
            return [number for (number,) in cursor.fetchall()]

    def take_over(self, numbers):
        """Try to become the one sender of ``numbers``; the numbers won and, per number, the turns held back."""
        with self._transaction() as cursor:
            cursor.execute(statements.LOCK, {"room": LOCK_ROOM, "numbers": numbers})
            won = [number for number, locked in cursor.fetchall() if locked]
            held = {}
            if won:
                cursor.execute(statements.TAKE_OVER, {"numbers": won})
                cursor.execute(statements.HELD, {"numbers": won})
                for number, conversation, priority, pk in cursor.fetchall():
                    held.setdefault(number, {}).setdefault(conversation, set()).add((priority, pk))
            return won, held

    def let_go(self, numbers):
        with self._transaction() as cursor:
            cursor.execute(statements.UNLOCK, {"room": LOCK_ROOM, "numbers": numbers})

    def facts(self, numbers):
        """``Facts`` of each number; tokens are decrypted once per spelling."""
        with self._transaction() as cursor:
            cursor.execute(statements.FACTS, {"numbers": numbers})
            rows = cursor.fetchall()
            people = {portfolio: MessagingLimit(word or "unknown").people_per_day for *_, portfolio, word in rows}
            known = {portfolio: count for portfolio, count in people.items() if portfolio and count is not None}
            limits = first_contacts.limits_of(cursor, known, now())
        return {
            pk: Facts(business, phone_number_id, throughput, self._token(token), portfolio, limits.get(portfolio))
            for pk, business, phone_number_id, throughput, token, portfolio, _word in rows
        }

    def _token(self, stored):
        if not stored:
            return settings.WHATSAPP_ACCESS_TOKEN
        if stored not in self._tokens:
            try:
                self._tokens[stored] = decrypt(stored)
            except ValueError:
                logger.exception("A business token can't be decrypted.")
                self._tokens[stored] = settings.WHATSAPP_ACCESS_TOKEN
        return self._tokens[stored]

    def claim(self, wanted):
        """Claim under a lease; ``wanted`` lists (number, at most how many, of priorities below)."""
        numbers, rooms, below = zip(*wanted, strict=True)
        self._claims += 1
        claim = f"{self.me}:{self._claims}"
        # A claim that a crash of the server undoes is none: the mark, which follows it in the log, waits for the disk.
        with self._transaction(durable="off") as cursor:
            cursor.execute(
                statements.CLAIM,
                {
                    "numbers": list(numbers),
                    "rooms": list(rooms),
                    "below": list(below),
                    "now": now(),
                    "claim": claim,
                    "lease": self.options.lease_seconds,
                },
            )
            items = [_item(row, claim) for row in cursor.fetchall()]
            _find_own_files(cursor, items)
            if items:
                fault_point("sender.before_claim_commit")
        if items:
            fault_point("sender.after_claim")
        return items

    def mark(self, items, facts=()):
        """Commit the attempt mark; outbox id to local refusal ('' for those that may leave now).

        ``facts`` are the ``Facts`` of each item's number; beyond a messaging limit the refusal is a ``Wait``.
        """
        fault_point("sender.before_mark")
        facts, present = facts or [None] * len(items), now()
        near = {
            one.limit for item, one in zip(items, facts, strict=True)
            if one and one.limit and one.limit.is_near and item.kind == "template"
        }  # fmt: skip
        with self._transaction() as cursor:
            rooms = first_contacts.room(cursor, near, present)
            cursor.execute(
                statements.MARK,
                {
                    "ids": [item.id for item in items],
                    "claims": [item.claim for item in items],
                    "portfolios": [one.portfolio if one else "" for one in facts],
                    "limited": list(rooms),
                    "rooms": list(rooms.values()),
                    "now": present,
                    "day_ago": present - first_contacts.WINDOW,
                    "lease": self.options.lease_seconds,
                },
            )
            marked = dict(cursor.fetchall())
            if "limit" in marked.values():
                pairs = [(item, one.portfolio) for item, one in zip(items, facts, strict=True) if one]
                marked |= first_contacts.waits(cursor, pairs, marked, present)
        fault_point("sender.after_mark")
        return marked

    def extend(self, item, seconds):
        """Keep a claim while a file is handed in."""
        with self._transaction() as cursor:
            cursor.execute(statements.EXTEND, {"id": item.id, "claim": item.claim, "lease": seconds})

    def still_waiting(self, ids):
        with self._transaction() as cursor:
            cursor.execute(statements.STILL_WAITING, {"ids": ids})
            return {pk for (pk,) in cursor.fetchall()}

    def beat(self, lanes=(), counts=None):
        """Say that the sender is at work, what its numbers do (``Board.lanes_to_note``) and what it counted."""
        with self._transaction() as cursor:
            cursor.execute(statements.BEAT)
            if lanes:
                columns = {name: [lane[name] for lane in lanes] for name in lanes[0]}
                cursor.execute(statements.NOTE_LANES, {"me": self.me, **columns})
            if counts:
                cursor.execute(tallies.ADD, tallies.parameters(counts))

    def uploaded(self, message, media_id):
        with self._transaction() as cursor:
            cursor.execute(statements.UPLOADED, {"message": message, "media_id": media_id})

    def own_file(self, number, digest):
        """What the database knows now of a template's file; ``media_id`` is empty unless WhatsApp still has it."""
        with self._transaction() as cursor:
            return _own_files(cursor, [(number, digest)]).get((number, digest), NO_FILE)

    def own_uploaded(self, number, digest, media_id):
        with self._transaction() as cursor:
            known = {"number": number, "digest": digest, "media_id": media_id, "now": now()}
            cursor.execute(statements.OWN_UPLOADED, known)

    # What became of it

    def settle(self, results):
        """Write a batch of ``(item, outcome)``; facts, so repeating it changes nothing. Returns ``Settled``."""
        try:
            return self._settle(results)
        except psycopg2.errors.UniqueViolation:
            if len(results) == 1:
                # Two messages under one provider ID: nobody can tell which of them a status is about.
                item, _outcome = results[0]
                return self._settle([(item, outcomes.unknown("The provider named another message."))])
            settled = Settled()
            for result in results:
                one = self.settle([result])
                settled.pending += one.pending
                settled.first_answers += one.first_answers
            return settled

    def _settle(self, results):
        sets = {"accepted": [], "failed": [], "unknown": [], "again": [], "back": []}
        for item, outcome in results:
            sets[outcome.kind].append((item, outcome))
        settled = Settled()
        with self._transaction() as cursor:
            present = now()
            cursor.execute(statements.LOCK_MESSAGES, {"messages": [item.message for item, _ in results]})
            if sets["accepted"]:
                self._accept(cursor, sets["accepted"], present, settled)
            if sets["failed"]:
                _fail(cursor, sets["failed"], present)
            if sets["unknown"]:
                _leave_unknown(cursor, sets["unknown"])
            if sets["again"] or sets["back"]:
                self._put_back(cursor, sets["again"] + sets["back"], present)
            threads = {
                (item.business, STATUS_CHANGED, _event(item)) for item, outcome in results if outcome.kind != "back"
            }
            news = live.store(cursor, sorted(threads))
            fault_point("sender.before_result_commit")
        fault_point("sender.after_result_commit")
        if news:
            live.ring(news)
        if sets["accepted"]:
            with self._transaction() as cursor:
                cursor.execute(
                    statements.PENDING,
                    {
                        "numbers": [item.number for item, _ in sets["accepted"]],
                        "provider_ids": [outcome.provider_id for _, outcome in sets["accepted"]],
                    },
                )
                settled.pending = cursor.fetchall()
        return settled

    def _accept(self, cursor, results, present, settled):
        items = [item for item, _ in results]
        cursor.execute(
            statements.ACCEPTED,
            {
                "messages": [item.message for item in items],
                "provider_ids": [outcome.provider_id for _, outcome in results],
                "now": present,
            },
        )
        cursor.execute(statements.GONE, {"ids": [item.id for item in items]})
        cursor.execute(
            statements.FIRST_ANSWERS,
            {
                "numbers": [item.number for item in items],
                "contacts": [item.contact for item in items],
                "now": present,
            },
        )
        answered = set(cursor.fetchall())
        settled.first_answers = [item.conversation for item in items if (item.number, item.contact) in answered]

    def _put_back(self, cursor, results, present):
        cursor.execute(
            statements.AGAIN,
            {
                "ids": [item.id for item, _ in results],
                "after": [outcome.after for _, outcome in results],
                "details": [_words(outcome) for _, outcome in results],
                "counts": [outcome.kind == "again" for _, outcome in results],
                "claims": [item.claim for item, _ in results],
                "now": present,
            },
        )


def _fail(cursor, results, present):
    cursor.execute(
        statements.FAILED,
        {
            "messages": [item.message for item, _ in results],
            "codes": [outcome.code for _, outcome in results],
            "details": [_clean(outcome.details) for _, outcome in results],
            "now": present,
        },
    )
    cursor.execute(statements.GONE, {"ids": [item.id for item, _ in results]})


def _leave_unknown(cursor, results):
    ids = [item.id for item, _ in results]
    cursor.execute(statements.UNKNOWN_MESSAGES, {"messages": [item.message for item, _ in results]})
    cursor.execute(statements.UNKNOWN_ITEMS, {"ids": ids, "details": [_words(outcome) for _, outcome in results]})
    cursor.execute(statements.SETTLED_MEANWHILE, {"ids": ids})


def _words(outcome):
    return _clean(f"{outcome.code}: {outcome.details}" if outcome.code else outcome.details)


def _clean(words):
    return words.replace("\x00", "\ufffd")[:1000]


def _event(item):
    return orjson.dumps({"conversation": item.conversation_reference}).decode()


def _find_own_files(cursor, items):
    """Give items the files of their templates that their content names."""
    named = [(item, digests) for item in items if item.kind == "template" and (digests := own_digests(item.content))]
    if not named:
        return
    found = _own_files(cursor, {(item.number, digest) for item, digests in named for digest in digests})
    for item, digests in named:
        item.own_files = {digest: found.get((item.number, digest), NO_FILE) for digest in digests}


def _own_files(cursor, wanted):
    numbers, digests = zip(*wanted, strict=True)
    asked = {"numbers": list(numbers), "digests": list(digests), "since": now() - UPLOAD_LIFE}
    cursor.execute(statements.OWN_FILES, asked)
    return {
        (number, digest): {
            "path": str(Path(settings.MEDIA_ROOT) / file),
            "mime_type": mime_type,
            "file_name": f"file{os.path.splitext(file)[1]}",
            "media_id": media_id,
        }
        for number, digest, file, mime_type, media_id in cursor.fetchall()
    }


def _item(row, claim):
    *plain, file, mime_type, file_name, media_id = row
    (pk, business, number, priority, attempts, message, conversation, contact, reference, thread) = plain[:10]
    kind, content, reply_to, phone, bsuid = plain[10:]
    media = None
    if file or media_id:
        path = str(Path(settings.MEDIA_ROOT) / file) if file else ""
        media = {"path": path, "mime_type": mime_type, "file_name": file_name, "media_id": media_id}
    return Item(
        id=pk,
        business=business,
        number=number,
        priority=priority,
        attempts=attempts,
        message=message,
        conversation=conversation,
        contact=contact,
        claim=claim,
        message_reference=reference,
        conversation_reference=thread,
        kind=kind,
        content=content if isinstance(content, dict) else orjson.loads(content),
        reply_to=reply_to,
        phone=phone,
        bsuid=bsuid,
        media=media,
    )
