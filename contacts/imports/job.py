"""Working through a list in the background: a trial run that writes nothing, then the import.

One transaction deals with ``CHUNK`` records and moves the job's ``position`` with what it writes, so a worker that is
killed loses and doubles nothing: the next one reads the file again and begins where the row says.
"""

import logging
import time
from datetime import datetime, timedelta
from datetime import time as clock_time
from itertools import islice
from zoneinfo import ZoneInfo

from config import bulk, hints
from config.clock import now
from config.faults import fault_point
from contacts import numbers
from contacts.imports import cells, files, reading
from contacts.imports.cells import Refused
from contacts.models import (
    ConsentEvent,
    ConsentImport,
    ConsentImportLine,
    ConsentKind,
    ConsentSource,
    IdentityKind,
    ImportState,
)
from contacts.names import fold
from contacts.services import consent, identities, tokens
from tenants.tenancy import business_scope, every_business

logger = logging.getLogger(__name__)

TASK = "contacts.tasks.run_imports"
CHUNK = 1000
SLICE_SECONDS = 20
"""A worker gives way after this long; the job's row says where to go on."""
GIVE_UP_AFTER = 8

_LOCK = 0x494D_504F << 32
"""One worker at a time reads a list; the lock goes with the connection of a worker that dies."""

PHASE = {ImportState.CHECKING: "check", ImportState.RUNNING: "run"}
AFTER = {ImportState.CHECKING: ImportState.CHECKED, ImportState.RUNNING: ImportState.DONE}


def begin(job, state):
    """Have a worker go through the list: ``CHECKING`` for the trial run, ``RUNNING`` for the import."""
    ConsentImportLine.objects.filter(consent_import=job, phase=PHASE[state]).delete()
    job.state, job.position, job.bytes_read, job.counts, job.problem = state, 0, 0, {}, ""
    job.failures, job.not_before, job.finished_at = 0, None, None
    if state == ImportState.RUNNING:
        job.started_at = now()
    job.save()
    hints.after_commit(TASK)


def cancel(job):
    """Stop where it stands; what is in the ledger already stays there. Returns whether there was something to stop."""
    row = ConsentImport.objects.select_for_update().get(pk=job.pk)
    if row.state in (ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED):
        return False
    row.state, row.finished_at = ImportState.CANCELLED, now()
    row.save(update_fields=["state", "finished_at"])
    return True


def run_due(seconds=SLICE_SECONDS):
    """Work on every import that wants it, ``seconds`` long at most; returns how many records were dealt with."""
    ends = time.monotonic() + seconds
    with every_business():
        due = list(
            ConsentImport.objects.filter(state__in=[ImportState.CHECKING, ImportState.RUNNING])
            .order_by("created_at")
            .values_list("pk", "business_id", "not_before")[:20]
        )
    dealt_with = 0
    for pk, business_id, not_before in due:
        if not_before is not None and not_before > now():
            continue
        try:
            dealt_with += work(pk, business_id, ends)
        except Exception:
            logger.exception("The import %s failed and is tried again.", pk)
            _put_off(pk, business_id)
    return dealt_with


def _put_off(pk, business_id):
    with business_scope(business_id):
        job = ConsentImport.objects.select_for_update().get(pk=pk)
        job.failures += 1
        job.not_before = now() + timedelta(seconds=min(600, 5 * 2**job.failures))
        if job.failures >= GIVE_UP_AFTER:
            job.state, job.problem, job.finished_at = ImportState.FAILED, "gone", now()
        job.save(update_fields=["failures", "not_before", "state", "problem", "finished_at"])


def work(pk, business_id, ends):
    """Deal with records of one import until ``ends`` (monotonic) or its end; nothing if another worker is at it."""
    [(mine,)] = bulk.fetch("SELECT pg_try_advisory_lock(%s)", [_LOCK | pk])
    if not mine:
        return 0
    try:
        return _work(pk, business_id, ends)
    finally:
        bulk.fetch("SELECT pg_advisory_unlock(%s)", [_LOCK | pk])


def _work(pk, business_id, ends):
    with business_scope(business_id):
        job = ConsentImport.objects.select_related("business", "version").get(pk=pk)
    state, position, rules = job.state, job.position, _rules(job)
    if not job.is_working:
        return 0
    done = 0
    seen = set()
    with job.file.storage.open(job.file.name, "rb") as stored:
        source = _body(stored.file, job)
        for record in islice(source, position):
            _remember(seen, record, rules)
        while True:
            chunk = list(islice(source, CHUNK))
            outcome = _Chunk(job, rules, chunk, seen)
            with business_scope(business_id):
                row = ConsentImport.objects.select_for_update().get(pk=pk)
                if row.state != state or row.position != position:
                    return done  # cancelled, or begun anew
                outcome.write(row)
                position += len(chunk)
                row.position, row.bytes_read = position, min(stored.file.tell(), row.file_size)
                row.counts = {key: row.counts.get(key, 0) + outcome.counts[key] for key in outcome.counts}
                row.failures, row.not_before = 0, None
                if len(chunk) < CHUNK:
                    _end(row)
                row.save()
                fault_point("contacts.import.before_commit")
            done += len(chunk)
            if len(chunk) < CHUNK:
                return done
            if time.monotonic() > ends:
                hints.send(TASK)
                return done


def _end(row):
    if row.state == ImportState.CHECKING:
        row.checked_counts = row.counts
    row.state = AFTER[row.state]
    row.bytes_read, row.finished_at = row.file_size, now()


def _body(file, job):
    """The records of the list without its header."""
    header_is_past = not job.has_header
    for record in reading.records(file, files.shape_of(job)):
        if header_is_past or record.problem:
            yield record
        else:
            header_is_past = True


def _rules(job):
    day, zone = job.occurred_on, ZoneInfo(job.business.time_zone)
    default = datetime.combine(day, clock_time(12), zone) if day else None
    until = now()
    return cells.Rules(
        columns=job.columns,
        width=len(job.headers),
        country=job.country,
        day_first=job.day_first,
        default_at=min(default, job.created_at) if default else None,
        time_zone=job.business.time_zone,
        until=until,
    )


def _key(job, digits, at):
    """One consent: this person, this text, this day. The same list again, or the same line twice, adds nothing."""
    version = job.version_id or 0
    return f"import:{job.kind}:{version}:{numbers.plain_form(digits)}:{at:%Y-%m-%dT%H:%M}"


def _remember(seen, record, rules):
    """Know the people of records that an earlier turn dealt with, so that doubles are told apart as before."""
    try:
        person = rules.person(record)
    except Refused:
        return
    seen.add(_mark(person))


def _mark(person):
    """A person and moment as one number: 200,000 of them take 20 MB at most."""
    return hash((numbers.plain_form(person.phone), person.occurred_at))


class _Chunk:
    """Some records: read outside any transaction, written inside one."""

    def __init__(self, job, rules, records, seen):
        self.job, self.people, self.refused = job, [], []
        self.counts = {"good": 0, "known": 0, "twice": 0, "refused": 0}
        for record in records:
            try:
                person = rules.person(record)
            except Refused as refusal:
                self._refuse(record.line, refusal.reason, record.text)
                continue
            mark = _mark(person)
            if mark in seen:
                self.counts["twice"] += 1
                continue
            seen.add(mark)
            self.people.append((person, record.text))

    def _refuse(self, line, reason, text):
        self.refused.append((line, reason, text.replace("\x00", "\ufffd")[:200]))

    def write(self, row):
        """Bring the chunk into the database, as far as the phase of the import goes."""
        phase = PHASE[row.state]
        if self.people and phase == "check":
            self._try()
        elif self.people:
            self._import()
        self.counts["refused"] = len(self.refused)
        bulk.insert(
            ConsentImportLine,
            {
                "business_id": [row.business_id] * len(self.refused),
                "consent_import_id": [row.pk] * len(self.refused),
                "phase": [phase] * len(self.refused),
                "line": [line for line, _reason, _text in self.refused],
                "reason": [reason for _line, reason, _text in self.refused],
                "text": [_storable(text) for _line, _reason, text in self.refused],
            },
            order=["line"],
        )

    def _try(self):
        """What would happen: who asked to stop, and what the ledger holds already."""
        contacts = known_contacts(self.job.business_id, [person.phone for person, _ in self.people])
        people = self._without_those_who_stopped([contacts.get(person.phone) for person, _ in self.people])
        keys = [_key(self.job, person.phone, person.occurred_at) for person, _contact in people]
        there = set(
            ConsentEvent.objects.filter(business_id=self.job.business_id, key__in=keys).values_list("key", flat=True)
        )
        fresh = set(keys) - there
        self.counts["good"], self.counts["known"] = len(fresh), len(people) - len(fresh)

    def _import(self):
        business_id = self.job.business_id
        claims = [
            identities.Claim(business_id, identities.names(phone=person.phone), called=person.name)
            for person, _ in self.people
        ]
        people = self._without_those_who_stopped(identities.resolve(claims))
        name_people([(contact, person.name) for person, contact in people if person.name])
        added = consent.add([self._line(person, contact) for person, contact in people])
        self.counts["good"], self.counts["known"] = added, len(people) - added

    def _without_those_who_stopped(self, contacts):
        """Pairs of person and contact; an opt-in out of a list doesn't undo what somebody said themselves."""
        pairs = list(zip(self.people, contacts, strict=True))
        stopped = set()
        if self.job.kind == ConsentKind.OPT_IN:
            stopped = consent.have_stopped({contact for _, contact in pairs if contact is not None})
        for (person, text), contact in pairs:
            if contact in stopped:
                self._refuse(person.line, "asked_to_stop", text)
        return [(person, contact) for (person, _text), contact in pairs if contact not in stopped]

    def _line(self, person, contact):
        job = self.job
        proof = {"import": str(job.reference), "file": job.file_digest, "line": person.line, "how": job.source}
        if person.evidence:
            proof["evidence"] = person.evidence
        return consent.Line(
            job.business_id, contact, job.kind, ConsentSource.IMPORT,
            _key(job, person.phone, person.occurred_at), person.occurred_at, proof,
            actor_id=job.created_by_id, version_id=job.version_id,
        )  # fmt: skip


def _storable(text):
    return text.encode("utf-8", "replace").decode()


def known_contacts(business_id, phones):
    """``{digits: contact}`` of those who are known under any way of writing their number; writes nothing."""
    by_form = {}
    for phone in set(phones):
        for form in numbers.forms(phone):
            by_form.setdefault(form, []).append(phone)
    kinds = [IdentityKind.WA_ID.value, IdentityKind.PHONE.value, IdentityKind.ALIAS.value]
    rows = bulk.fetch(
        "SELECT i.value, coalesce(c.merged_into_id, c.id) FROM contacts_identity i "
        "JOIN contacts_contact c ON c.id = i.contact_id "
        "WHERE i.business_id = %s AND i.kind = ANY(%s) AND i.value = ANY(%s::text[])",
        [business_id, kinds, bulk.array(sorted(by_form))],
    )
    return {phone: contact for value, contact in rows for phone in by_form[value]}


def name_people(pairs):
    """Give contacts without any name the one that a list has for them."""
    wanted = dict(reversed(pairs))
    if not wanted:
        return
    rows = sorted(wanted.items())
    source, params = bulk.unnest(
        "t",
        id=("bigint", [pk for pk, _name in rows]),
        name=("text", [name for _pk, name in rows]),
        name_key=("text", [fold(name)[:256] for _pk, name in rows]),
    )
    named = bulk.fetch(
        "UPDATE contacts_contact c SET name = t.name, name_key = t.name_key, named_by_us = true "
        f"FROM {source} WHERE c.id = t.id AND c.name = '' RETURNING c.id",
        params,
    )
    tokens.index_contacts([pk for (pk,) in named])
