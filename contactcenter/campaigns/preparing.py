"""Going through a campaign's people in the background: who gets it with which values, and why others don't.

Nothing is sent here. One transaction deals with ``CHUNK`` people and moves the campaign's ``position`` with what it
writes, so a worker that is killed loses and doubles nothing. Memory holds one chunk.
"""

import logging
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from config import bulk, hints
from config.clock import now
from config.faults import fault_point
from contactcenter import gate_many
from contactcenter.campaigns import CAMPAIGN_CHANGED, audience, hours, mapping, rules
from contactcenter.models import Audience, Campaign, CampaignRecipient, CampaignState, RecipientState
from contacts.imports import cells
from contacts.imports.job import known_contacts
from contacts.services import merging
from tenants import live
from tenants.tenancy import business_scope, every_business

logger = logging.getLogger(__name__)

TASK = "contactcenter.tasks.prepare_campaigns"
CHUNK = 2000
SLICE_SECONDS = 20
GIVE_UP_AFTER = 8
_LOCK = 0x4341_5052 << 32
"""One worker at a time goes through a campaign; the lock goes with the connection of a worker that dies."""


def run_due(seconds=SLICE_SECONDS):
    """Work on every campaign that is being checked, ``seconds`` long at most; how many people were dealt with."""
    ends = time.monotonic() + seconds
    with every_business():
        due = list(
            Campaign.objects.filter(state=CampaignState.PREPARING)
            .order_by("created_at")
            .values_list("pk", "business_id", "not_before")[:20]
        )
    done = 0
    for pk, business_id, not_before in due:
        if not_before is not None and not_before > now():
            continue
        try:
            done += work(pk, business_id, ends)
        except Exception:
            logger.exception("The campaign %s could not be checked and is tried again.", pk)
            _put_off(pk, business_id)
    return done


def _put_off(pk, business_id):
    with business_scope(business_id):
        row = Campaign.objects.select_for_update().get(pk=pk)
        row.failures += 1
        row.not_before = now() + timedelta(seconds=min(600, 5 * 2**row.failures))
        if row.failures >= GIVE_UP_AFTER:
            row.state, row.problem = CampaignState.FAILED, "gone"
        row.save(update_fields=["failures", "not_before", "state", "problem"])


def work(pk, business_id, ends):
    """Go through people of one campaign until ``ends`` (monotonic) or its end; nothing if another worker is at it."""
    [(mine,)] = bulk.fetch("SELECT pg_try_advisory_lock(%s)", [_LOCK | pk])
    if not mine:
        return 0
    try:
        return _work(pk, business_id, ends)
    finally:
        bulk.fetch("SELECT pg_advisory_unlock(%s)", [_LOCK | pk])


def _work(pk, business_id, ends):
    with business_scope(business_id):
        campaign = (
            Campaign.objects.select_related("business", "template", "segment", "phone_number__waba")
            .select_for_update(of=("self",))
            .get(pk=pk)
        )
        if campaign.state != CampaignState.PREPARING:
            return 0
        if not campaign.position:
            CampaignRecipient.objects.filter(campaign=campaign).delete()
        limits = rules.of_business(business_id)
    if campaign.audience != Audience.CSV:
        return _go_through(campaign, limits, _ContactSource(campaign), ends)
    with campaign.file.storage.open(campaign.file.name, "rb") as stored:
        source = _ListSource(campaign, stored.file)
        with closing(source.records):
            return _go_through(campaign, limits, source, ends)


def _go_through(campaign, limits, source, ends):
    done, position = 0, campaign.position
    checker = _Checker(campaign, limits)
    while True:
        piece = source.read()
        with business_scope(campaign.business_id):
            merging.lock([campaign.business_id])
            row = Campaign.objects.select_for_update().get(pk=campaign.pk)
            if row.state != CampaignState.PREPARING or row.position != position:
                return done  # cancelled, or begun anew
            people = source.people(piece)
            counts, zones = checker.check(people)
            position = row.position = source.position
            row.counts = dict(Counter(row.counts) + counts)
            row.zones = sorted({*row.zones, *zones})
            row.bytes_read, row.failures, row.not_before = source.bytes_read(), 0, None
            if source.is_at_end:
                _end(row)
            row.save()
            live.emit(CAMPAIGN_CHANGED, campaign=str(row.reference))
            fault_point("campaign.prepare.before_commit")
        done += len(piece)
        if source.is_at_end:
            return done
        if time.monotonic() > ends:
            hints.send(TASK)
            return done


def _end(row):
    row.state, row.checked_at = CampaignState.READY, now()
    row.bytes_read = row.file_size


@dataclass(slots=True)
class Person:
    """Somebody who may get it, or a line that names nobody (``reason``)."""

    line: int = 0
    phone: str = ""
    text: str = ""
    reason: str = ""
    cells: list = field(default_factory=list)
    name: str = ""
    contact: int | None = None


class _ListSource:
    """People out of a file: ``position`` counts its records."""

    def __init__(self, campaign, file):
        self.campaign, self.file = campaign, file
        self.records = audience.body_of(campaign, file)
        self.position = campaign.position
        self.is_at_end = False
        next(islice(self.records, self.position, self.position), None)

    def read(self):
        piece = list(islice(self.records, CHUNK))
        self.position += len(piece)
        self.is_at_end = len(piece) < CHUNK
        return piece

    def bytes_read(self):
        return min(self.file.tell(), self.campaign.file_size)

    def people(self, piece):
        people = [self._person(record) for record in piece]
        known = known_contacts(self.campaign.business_id, [person.phone for person in people if person.phone])
        for person in people:
            person.contact = known.get(person.phone)
            if not person.reason and person.contact is None:
                person.reason = "unknown_person"
        return people

    def _person(self, record):
        campaign = self.campaign
        shown = record.text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:200]
        if record.problem:
            return Person(record.line, text=shown, reason=record.problem)
        if len(record.cells) > len(campaign.headers) and any(record.cells[len(campaign.headers) :]):
            return Person(record.line, text=shown, reason="too_many_cells")
        digits, problem = cells.phone(self._cell(record, "phone"), campaign.country)
        if problem:
            return Person(record.line, text=shown, reason=problem)
        name = " ".join(self._cell(record, "name").split())[:256]
        return Person(record.line, digits, cells=record.cells, name=name)

    def _cell(self, record, field):
        at = self.campaign.columns.get(field, -1)
        return record.cells[at] if 0 <= at < len(record.cells) else ""


class _ContactSource:
    """People out of the contacts: ``position`` is the last key."""

    def __init__(self, campaign):
        self.campaign, self.rules = campaign, audience.rules_of(campaign)
        self.position = campaign.position
        self.is_at_end = False

    def read(self):
        with business_scope(self.campaign.business_id):
            piece = audience.next_contacts(self.campaign.business_id, self.rules, self.position, CHUNK)
        self.is_at_end = len(piece) < CHUNK
        self.position = piece[-1] if piece else self.position
        return piece

    def bytes_read(self):
        return 0

    def people(self, piece):
        return [Person(contact=pk) for pk in piece]


class _Checker:
    """Asks everything about a chunk of people in sets and writes their rows."""

    def __init__(self, campaign, limits):
        self.campaign, self.limits = campaign, limits
        self.fit = mapping.Fit(campaign.template.definition)
        by_filter = campaign.audience != Audience.CSV
        self.countries = frozenset(audience.rules_of(campaign).get("countries") or ()) if by_filter else frozenset()

    def check(self, people):
        """Write the rows of these people; returns the counts by reason and the zones of those who get it."""
        campaign, at = self.campaign, now()
        number = campaign.phone_number
        asked = {person.contact for person in people if person.contact is not None}
        facts = gate_many.facts_of(number, asked, at)
        answers = gate_many.may_send_many(number, facts, template=campaign.template, at=at)
        often = had_too_many(asked, self.limits, at)
        seen = already_in(campaign.pk, asked)
        rows = []
        for person in people:
            known = facts.get(person.contact)
            if self.countries and not audience.in_countries(known.number if known else "", self.countries):
                continue
            rows.append(self._row(person, known, answers.get(person.contact), often, seen))
        self._write(rows)
        return Counter(row["reason"] or "waiting" for row in rows), {row["zone"] for row in rows if row["zone"]}

    def _row(self, person, known, answer, often, seen):
        row = {
            "contact_id": person.contact, "line": person.line, "phone": person.phone, "text": person.text,
            "values": {}, "state": RecipientState.LEFT_OUT.value, "reason": person.reason, "zone": "", "market": "",
            "price_micros": None, "price_why": "",
        }  # fmt: skip
        if person.reason or known is None:
            row["reason"] = person.reason or "unknown_person"
            return row | {"contact_id": None}
        row["phone"] = (person.phone or known.number)[:20]
        if person.contact in seen:
            return row | {"reason": "twice", "contact_id": None}
        seen.add(person.contact)
        if not answer.allowed:
            return row | {"reason": answer.reason}
        if person.contact in often:
            return row | {"reason": "frequency"}
        values = mapping.fill(self.campaign.mapping, cells=person.cells, name=known.name or person.name)
        problem, where = self.fit.problem(values)
        if problem:
            return row | {"reason": problem, "text": where}
        price = answer.price
        return row | {
            "state": RecipientState.WAITING.value,
            "values": {part: given for part, given in values.items() if given},
            "zone": hours.zone_of(known.number, self.campaign.business.time_zone),
            "market": price.market[:40],
            "price_micros": None if price.amount is None else int(price.amount * 1_000_000),
            "price_why": price.why,
        }

    def _write(self, rows):
        if not rows:
            return
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        constant = {"business_id": self.campaign.business_id, "campaign_id": self.campaign.pk}
        bulk.insert(
            CampaignRecipient,
            {name: [value] * len(rows) for name, value in constant.items()} | columns,
            order=["line", "contact_id"],
        )


def had_too_many(contacts, limits, at, *, besides=0):
    """Those of these contacts who got as many campaigns lately as the rules allow; ``besides`` is not counted."""
    if not contacts or not limits.frequency_count:
        return set()
    rows = bulk.fetch(
        "SELECT r.contact_id FROM unnest(%s::bigint[]) AS k(id) JOIN contactcenter_campaignrecipient r "
        "ON r.contact_id = k.id AND r.released_at > %s AND r.campaign_id <> %s AND r.state = 'released' "
        "GROUP BY r.contact_id HAVING count(*) >= %s",
        [bulk.array(sorted(contacts)), at - limits.frequency, besides, limits.frequency_count],
    )
    return {pk for (pk,) in rows}


def already_in(campaign_pk, contacts):
    """Those of these contacts that the campaign has already."""
    if not contacts:
        return set()
    rows = bulk.fetch(
        "SELECT r.contact_id FROM unnest(%s::bigint[]) AS k(id) JOIN contactcenter_campaignrecipient r "
        "ON r.campaign_id = %s AND r.contact_id = k.id",
        [bulk.array(sorted(contacts)), campaign_pk],
    )
    return {pk for (pk,) in rows}
