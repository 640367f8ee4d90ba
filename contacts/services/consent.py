"""The opt-in ledger: who agreed to what, when, and how that can be shown.

WhatsApp Business Messaging Policy (November 2024; docs "Get opt-in", 3 November 2025): a business may write first only
to people who gave their number and agreed to hear from it, and must honour every request to stop.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from config import bulk
from config.clock import now
from contacts.models import ConsentEvent, ConsentKind, ConsentSource
from contacts.names import fold

ALL, MARKETING = "all", "marketing"
_WORDS = Path(__file__).resolve().parent.parent / "data" / "consent_words.json"


@dataclass(frozen=True, slots=True)
class ConsentAnswer:
    """Whether a contact may be written to first. ``reason`` is a word for programs, ``event`` the line that decides.

    Reasons: ``service`` (an answer needs no opt-in), ``opted_in``, ``no_opt_in``, ``opted_out``,
    ``marketing_opt_out``, ``blocked``.
    """

    allowed: bool
    reason: str
    event: ConsentEvent | None = None


def may_message(contact, *, category, at=None):
    """May a message of ``category`` (``service``, ``utility``, ``authentication``, ``marketing``) go to ``contact``?

    With ``at`` the answer is the one that was given at that moment: from the lines recorded by then. Of lines of one
    moment a request to stop holds.
    """
    if contact.blocked_at and contact.blocked_at <= (at or now()):
        return ConsentAnswer(False, "blocked")
    if category.lower() == "service":
        return ConsentAnswer(True, "service")
    until = at or now()
    lines = ConsentEvent.objects.filter(contact=contact, occurred_at__lte=until, recorded_at__lte=until)
    general = _latest(lines, ALL)
    if general is None:
        return ConsentAnswer(False, "no_opt_in")
    if general.kind == ConsentKind.OPT_OUT:
        return ConsentAnswer(False, "opted_out", general)
    if category.lower() == "marketing":
        wish = _latest(lines, MARKETING)
        if wish is not None and wish.kind == ConsentKind.OPT_OUT:
            return ConsentAnswer(False, "marketing_opt_out", wish)
    return ConsentAnswer(True, "opted_in", general)


def _latest(lines, scope):
    # "opt_out" sorts after "opt_in", so at one moment the request to stop wins.
    return lines.filter(scope=scope).order_by("-occurred_at", "-kind", "-pk").first()


def record_opt_in(
    contact, *, source, key, wording="", proof=None, occurred_at=None, actor=None, scope=ALL, version=None
):
    """Add an opt-in to the ledger; a ``key`` that is there already changes nothing. Returns whether it was new.

    What was shown is either ``wording``, or ``version``: a ``ConsentWording`` that many lines share.
    """
    return _record(contact, ConsentKind.OPT_IN, source, key, wording, proof, occurred_at, actor, scope, version)


def record_opt_out(
    contact, *, source, key, wording="", proof=None, occurred_at=None, actor=None, scope=ALL, version=None
):
    """Add a request to stop to the ledger; the same promises as ``record_opt_in``."""
    return _record(contact, ConsentKind.OPT_OUT, source, key, wording, proof, occurred_at, actor, scope, version)


def _record(contact, kind, source, key, wording, proof, occurred_at, actor, scope, version):
    line = Line(
        contact.business_id, contact.pk, kind, source, key, occurred_at or now(), proof or {}, scope, wording,
        actor.pk if actor else None, version.pk if version else None,
    )  # fmt: skip
    return bool(add([line]))


def have_stopped(contacts):
    """Those of ``contacts`` (primary keys) of whom the newest general line of the ledger asks to stop."""
    if not contacts:
        return set()
    rows = bulk.fetch(
        "SELECT t.id FROM unnest(%s::bigint[]) AS t(id) CROSS JOIN LATERAL ("
        "SELECT e.kind FROM contacts_consentevent e WHERE e.contact_id = t.id AND e.scope = 'all' "
        "ORDER BY e.occurred_at DESC, e.kind DESC, e.id DESC LIMIT 1) newest WHERE newest.kind = 'opt_out'",
        [bulk.array(sorted(contacts))],
    )
    return {pk for (pk,) in rows}


@dataclass(slots=True)
class Line:
    """A line to add to the ledger."""

    business_id: int
    contact_id: int
    kind: str
    source: str
    key: str
    occurred_at: datetime
    proof: dict
    scope: str = ALL
    wording: str = ""
    actor_id: int | None = None
    version_id: int | None = None


def add(lines):
    """Add lines in one statement and return how many were news.

    Of lines with one key the earliest holds, in whatever order they come.
    """
    first = {}
    for line in lines:
        known = first.get((line.business_id, line.key))
        if known is None or _order(line) < _order(known):
            first[line.business_id, line.key] = line
    rows = _without_those_there(list(first.values()))
    columns = {field: [getattr(row, field) for row in rows] for field in Line.__slots__}
    return len(
        bulk.insert(
            ConsentEvent,
            columns,
            order=["business_id", "key"],
            conflict=_EARLIER_ONE_HOLDS,
            returning=["id"],
        )
    )


def _without_those_there(rows):
    """The lines but those of which the ledger has one that is as early; nearly everybody has written before."""
    if not rows:
        return []
    source, params = bulk.unnest(
        "t",
        place=("integer", list(range(len(rows)))),
        business_id=("bigint", [row.business_id for row in rows]),
        key=("text", [row.key for row in rows]),
        occurred_at=("timestamptz", [row.occurred_at for row in rows]),
        message=("text", [row.proof.get("message", "") for row in rows]),
    )
    there = bulk.fetch(
        f"SELECT t.place FROM {source} JOIN contacts_consentevent e USING (business_id, key) "
        "WHERE e.occurred_at < t.occurred_at OR (e.occurred_at = t.occurred_at "
        "AND coalesce(e.proof->>'message', '') COLLATE \"C\" <= t.message COLLATE \"C\")",
        params,
    )
    gone = {place for (place,) in there}
    return [row for place, row in enumerate(rows) if place not in gone]


_EARLIER_ONE_HOLDS = """
(business_id, key) DO UPDATE SET occurred_at = EXCLUDED.occurred_at, proof = EXCLUDED.proof
WHERE (contacts_consentevent.occurred_at, coalesce(contacts_consentevent.proof->>'message', '') COLLATE "C")
    > (EXCLUDED.occurred_at, coalesce(EXCLUDED.proof->>'message', '') COLLATE "C")
"""


def _order(line):
    return line.occurred_at, line.proof.get("message", "")


def first_line(business_id, contact_id, at, *, message):
    """The opt-in of somebody who wrote first: one per contact, dated by their earliest message."""
    return Line(
        business_id, contact_id, ConsentKind.OPT_IN, ConsentSource.WROTE_FIRST, first_key(contact_id), at,
        {"message": message},
    )  # fmt: skip


def first_key(contact_id):
    return f"wrote_first:{contact_id}"


def move_first_line(*, survivor_id, loser_id):
    """Of two contacts that become one, only the earlier first message is the first one."""
    lines = list(
        ConsentEvent.objects.filter(
            contact_id__in=[survivor_id, loser_id], key__in=[first_key(survivor_id), first_key(loser_id)]
        )
    )
    lines.sort(key=_order)
    for later in lines[1:]:
        later.delete()
    for first in lines[:1]:
        first.key, first.contact_id = first_key(survivor_id), survivor_id
        first.save(update_fields=["key", "contact"])


@cache
def _words():
    """``{(kind, typed): texts}`` and the polite words that may stand around them, out of the data file."""
    data = json.loads(_WORDS.read_text())
    texts = {
        (kind, typed): frozenset(
            fold(word) for entry in data[kind.value] if typed or entry["where"] == "anywhere" for word in entry["words"]
        )
        for kind in ConsentKind
        for typed in (False, True)
    }
    polite = sorted({fold(word) for word in data["polite"]["words"]}, key=len, reverse=True)
    beginning = {}
    for words in frozenset().union(*texts.values()):
        beginning.setdefault(words.split(" ", 1)[0], []).append(words)
    return texts, tuple(polite), beginning


def wish_in(text, *, typed=True):
    """The ``ConsentKind`` that a whole message asks for, or ``None`` (``data/consent_words.json`` says why each text).

    Capitals, accents, punctuation and polite words around the request don't matter. ``typed`` is false for a tapped
    button: there "Cancel" usually cancels an appointment, so only words that can't mean anything else count.
    """
    if len(text) > 80:
        return None
    texts, polite, beginning = _words()
    plain = fold(text)
    if not any(words in plain for first in plain.split() if first in beginning for words in beginning[first]):
        return None
    for _ in range(4):
        for kind in (ConsentKind.OPT_OUT, ConsentKind.OPT_IN):
            if plain in texts[kind, typed]:
                return kind
        shorter = _without_courtesy(plain, polite)
        if shorter == plain:
            return None
        plain = shorter
    return None


def _without_courtesy(plain, polite):
    for word in polite:
        if plain.startswith(f"{word} "):
            return plain[len(word) + 1 :]
        if plain.endswith(f" {word}"):
            return plain[: -len(word) - 1]
    return plain
