"""Hands a running campaign to the outbox in bounded slices, asking the gate once more for everybody.

Only about two seconds of a number's speed stand in the outbox at a time, so a pause takes hold at once and agents'
replies never stand behind a campaign. A slice is one transaction: the messages, their places in the outbox and the
recipients' rows together; a person has one row and one idempotency key, so nobody gets it twice.
"""

import logging
import time
from types import SimpleNamespace

from django.db import transaction

from config import bulk, hints
from config.clock import now
from config.faults import fault_point
from contactcenter import gate_many
from contactcenter.campaigns import CAMPAIGN_CHANGED, files, hours, outbox, preparing, rules, watching
from contactcenter.costs import spending
from contactcenter.models import (
    Campaign,
    CampaignRecipient,
    CampaignState,
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    MessageSource,
    MessageStatus,
    OutboxItem,
    Priority,
    RecipientState,
)
from contactcenter.sender import CHANNEL
from contactcenter.services import MESSAGE_CHANGED, content
from contacts.services import merging
from onboarding.models import PersonWritten
from onboarding.services import written_first
from templates_hsm.components import read
from tenants import live
from tenants.tenancy import business_scope, every_business

logger = logging.getLogger(__name__)

SLICE = 250
AHEAD_SECONDS = 2
LEAST_AHEAD, MOST_AHEAD = 20, 2000
TURN_SECONDS = 1.0
"""One campaign's turn; then the others have theirs."""
RUN_SECONDS = 20.0
_LOCK = 0x4341_4D50 << 32
"""One worker at a time feeds a campaign, so that campaigns don't keep all workers from digesting what people write."""
_SHOWN_CHARACTERS = 200


def run_due():
    """Hand over what every running campaign may; how many messages that made."""
    with every_business():
        due = list(
            Campaign.objects.filter(state__in=[CampaignState.SCHEDULED, CampaignState.RUNNING])
            .order_by("created_at")
            .values_list("pk", "business_id")[:200]
        )
    made, ends = 0, time.monotonic() + RUN_SECONDS
    for pk, business_id in due:
        if time.monotonic() > ends:
            break
        try:
            made += feed(pk, business_id)
        except Exception:
            logger.exception("The campaign %s could not go on and is tried again.", pk)
    return made


def feed(pk, business_id):
    """Fill the outbox for one campaign as far as it may be filled; how many messages that made."""
    [(mine,)] = bulk.fetch("SELECT pg_try_advisory_lock(%s)", [_LOCK | pk])
    if not mine:
        return 0
    try:
        made, ends = 0, time.monotonic() + TURN_SECONDS
        while time.monotonic() < ends:
            try:
                taken = release_slice(pk, business_id)
            except FileNotFoundError:
                taken = files.gone(pk, business_id) or None
            if taken is None:
                break
            made += taken
        return made
    finally:
        bulk.fetch("SELECT pg_advisory_unlock(%s)", [_LOCK | pk])


def release_slice(pk, business_id):
    """One transaction: how many messages it made, or ``None`` when the campaign has nothing more to do just now.

    Where WhatsApp doesn't have the campaign's files yet, the task that uploads them is rung for.
    """
    with business_scope(business_id):
        merging.lock([business_id])
        campaign = (
            Campaign.objects.select_for_update(of=("self",))
            .select_related("business", "phone_number__waba", "template", "started_by")
            .get(pk=pk)
        )
        present = now()
        if campaign.state == CampaignState.SCHEDULED and campaign.start_at <= present:
            _begin(campaign, present)
        if campaign.state != CampaignState.RUNNING:
            return None
        reason, details = watching.must_stop(campaign)
        if reason:
            watching.stop(campaign, reason, details)
            return None
        room = _room(campaign)
        if room <= 0:
            return None
        if not files.are_ready(campaign):
            files.ask_for_upload(campaign)
            return None
        awake = hours.awake_zones(campaign.zones, present, campaign.quiet_from, campaign.quiet_until)
        picked = _pick(campaign, awake, min(room, SLICE))
        if not picked:
            _rest_or_end(campaign, awake, present)
            return None
        places = _Places(campaign, present)
        made, held = _release(campaign, picked, present, places)
        if made is None:
            # What is in the outbox was paid for when it was put there.
            watching.stop(campaign, "budget_used_up", {}, hold=False)
            return None
        if held == len(picked):
            _rests(campaign, "messaging_limit", places.next_at)
            return None
        _rests(campaign, "", None)
        live.emit(CAMPAIGN_CHANGED, campaign=str(campaign.reference))
        number = str(campaign.phone_number_id)
        transaction.on_commit(lambda: hints.publish(CHANNEL, number), robust=True)
        fault_point("campaign.release.before_commit")
        return made


def _begin(campaign, present):
    campaign.state, campaign.started_at = CampaignState.RUNNING, present
    campaign.quality_at_start = watching.quality_of(campaign)
    campaign.save(update_fields=["state", "started_at", "quality_at_start"])
    live.emit(CAMPAIGN_CHANGED, campaign=str(campaign.reference))


def _room(campaign):
    """How many more messages may stand in the outbox."""
    ahead = max(LEAST_AHEAD, min(MOST_AHEAD, campaign.phone_number.throughput * AHEAD_SECONDS))
    return ahead - outbox.waiting_of_number(campaign.phone_number_id, ahead)


def _pick(campaign, awake, most):
    rows = CampaignRecipient.objects.filter(campaign=campaign, state=RecipientState.WAITING)
    if len(awake) < len(campaign.zones):
        rows = rows.filter(zone__in=awake)
    return list(rows.order_by("id").select_for_update(of=("self",))[:most])


def _rest_or_end(campaign, awake, present):
    if CampaignRecipient.objects.filter(campaign=campaign, state=RecipientState.WAITING).exists():
        asleep = [zone for zone in campaign.zones if zone not in awake]
        until = hours.wakes_at(asleep, present, campaign.quiet_from, campaign.quiet_until)
        _rests(campaign, "quiet_hours", until)
    elif not any(outbox.in_outbox(campaign)):
        campaign.state, campaign.finished_at = CampaignState.DONE, present
        campaign.waits_for, campaign.waits_until = "", None
        campaign.save(update_fields=["state", "finished_at", "waits_for", "waits_until"])
        live.emit(CAMPAIGN_CHANGED, campaign=str(campaign.reference))


def _rests(campaign, why, until):
    if (campaign.waits_for, campaign.waits_until) != (why, until):
        campaign.waits_for, campaign.waits_until = why, until
        campaign.save(update_fields=["waits_for", "waits_until"])
        live.emit(CAMPAIGN_CHANGED, campaign=str(campaign.reference))


class _Places:
    """How many people may be written to first just now, by Meta's messaging limit of the portfolio."""

    def __init__(self, campaign, present):
        self.campaign, self.present = campaign, present
        usage = written_first.usage(campaign.phone_number, present)
        self.next_at = usage.next_place_at
        # People are counted when their message leaves, so what waits in the outbox has taken its place already.
        self.left = None if usage.left is None else usage.left - sum(outbox.in_outbox(campaign))

    def keep(self, rows, answers):
        """Those of ``rows`` for whom there is a place; nobody needs one in an open window, or twice in 24 hours."""
        if self.left is None:
            return rows
        portfolio = written_first.portfolio_of(self.campaign.phone_number.waba)
        since = self.present - written_first.WINDOW
        counted = PersonWritten.objects.filter(
            portfolio=portfolio, at__gt=since, contact_id__in=[row.contact_id for row in rows]
        )
        counted, kept = set(counted.values_list("contact_id", flat=True)), []
        for row in rows:
            if answers[row.contact_id].until is None and row.contact_id not in counted:
                if self.left <= 0:
                    continue
                self.left -= 1
            kept.append(row)
        return kept


def _release(campaign, picked, present, places):
    """Write the messages of those whom the gate still lets through; the others are left out with its reason.

    Returns how many messages that made (``None``: nobody could go, for the budget's sake), and for how many there was
    no place just now.
    """
    number, template = campaign.phone_number, campaign.template
    contacts = {row.contact_id for row in picked if row.contact_id is not None}
    facts = gate_many.facts_of(number, contacts, present)
    answers = gate_many.may_send_many(number, facts, template=template, at=present)
    limits = rules.of_business(campaign.business_id)
    often = preparing.had_too_many(contacts, limits, present, besides=campaign.pk)
    going, left_out = [], []
    for row in picked:
        answer = answers.get(row.contact_id)
        reason = "unknown_person" if answer is None else "" if answer.allowed else answer.reason
        if not reason and row.contact_id in often:
            reason = "frequency"
        if reason:
            left_out.append((row.pk, reason))
        else:
            going.append(row)
    wanted = len(going)
    going = places.keep(going, answers)
    held = wanted - len(going)
    prices = [answers[row.contact_id].price.amount for row in going]
    fits = spending.fitting(number, prices, present)
    if going and not any(fits):
        _leave_out(left_out)
        return None, 0
    going = [row for row, fit in zip(going, fits, strict=True) if fit]
    rows = files.used(campaign)
    made = _write_messages(campaign, going, present, rows) if going else {}
    charged = [answers[row.contact_id].price.amount or 0 for row in going if row.contact_id in made]
    spending.note(number, sum(charged), present)
    messages = [made[row.contact_id] for row in going if row.contact_id in made]
    bulk.insert(
        OutboxItem,
        {
            "business_id": [campaign.business_id] * len(messages),
            "message_id": messages,
            "phone_number_id": [campaign.phone_number_id] * len(messages),
            "priority": [Priority.CAMPAIGN.value] * len(messages),
            "not_before": [present] * len(messages),
        },
        order=["message_id"],
    )
    _note([row for row in going if row.contact_id in made], made, present)
    if messages:
        files.keep_for_messages(number, rows)  # last of all, as whoever sends to one person does
    left_out += [(row.pk, "twin") for row in going if row.contact_id not in made]
    _leave_out(left_out)
    return len(made), held


def _leave_out(pairs):
    if not pairs:
        return
    source, parameters = bulk.unnest(
        "t", id=("bigint", [pk for pk, _reason in pairs]), reason=("text", [reason for _pk, reason in pairs])
    )
    bulk.run(
        "UPDATE contactcenter_campaignrecipient r SET state = 'left_out', reason = t.reason "
        f"FROM {source} WHERE r.id = t.id",
        parameters,
    )


def key_of(campaign, contact_id):
    """The idempotency key of the one message that a person gets of a campaign."""
    return f"campaign:{campaign.reference}:{contact_id}"


def _write_messages(campaign, rows, present, own_files):
    """``{contact: message}`` of the messages written; somebody whose message is there already gets none."""
    template = campaign.template
    chosen = SimpleNamespace(definition=read(template.definition), name=template.name, language=template.language)
    texts = {row.contact_id: content.filled(chosen, row.values) for row in rows}
    threads = _threads(campaign, texts, present)
    written = bulk.insert(
        Message,
        {
            "business_id": [campaign.business_id] * len(rows),
            "conversation_id": [threads[row.contact_id] for row in rows],
            "phone_number_id": [campaign.phone_number_id] * len(rows),
            "contact_id": [row.contact_id for row in rows],
            "direction": [Direction.OUTBOUND.value] * len(rows),
            "source": [MessageSource.CAMPAIGN.value] * len(rows),
            "author_id": [campaign.started_by_id] * len(rows),
            "kind": ["template"] * len(rows),
            "text": [texts[row.contact_id] for row in rows],
            "content": [content.template(chosen, files.in_place(row.values, own_files)) for row in rows],
            "template_id": [template.pk] * len(rows),
            "at": [present] * len(rows),
            "status": [MessageStatus.QUEUED.value] * len(rows),
            "idempotency_key": [key_of(campaign, row.contact_id) for row in rows],
        },
        order=["contact_id"],
        returning=["contact_id", "id"],
    )
    return dict(written)


def _note(rows, made, present):
    source, parameters = bulk.unnest(
        "t",
        id=("bigint", [row.pk for row in rows]),
        message_id=("bigint", [made[row.contact_id] for row in rows]),
    )
    bulk.run(
        "UPDATE contactcenter_campaignrecipient r SET state = 'released', message_id = t.message_id, "
        f"released_at = %s FROM {source} WHERE r.id = t.id",
        [present, *parameters],
    )


def _threads(campaign, texts, present):
    """The conversations of those who get ``texts``, ``{contact: conversation}``; new ones are opened as resolved.

    A campaign is no answer: it neither moves a conversation in the inbox nor ends anybody's waiting. The person's own
    message does that.
    """
    rows = Conversation.objects.filter(phone_number_id=campaign.phone_number_id, contact_id__in=texts)
    found = {contact: (pk, reference, state) for contact, pk, reference, state in rows.values_list(
        "contact_id", "id", "reference", "status"
    )}  # fmt: skip
    for _pk, reference, state in found.values():
        if state == ConversationStatus.OPEN:
            live.emit(MESSAGE_CHANGED, conversation=str(reference))
    missing = sorted(contact for contact in texts if contact not in found)
    made = bulk.insert(
        Conversation,
        {
            "business_id": [campaign.business_id] * len(missing),
            "phone_number_id": [campaign.phone_number_id] * len(missing),
            "contact_id": missing,
            "status": [ConversationStatus.RESOLVED.value] * len(missing),
            "created_at": [present] * len(missing),
            "resolved_at": [present] * len(missing),
            "last_activity_at": [present] * len(missing),
            "last_message_kind": ["template"] * len(missing),
            "last_message_text": [texts[contact][:_SHOWN_CHARACTERS] for contact in missing],
            "last_message_direction": [Direction.OUTBOUND.value] * len(missing),
        },
        order=["phone_number_id", "contact_id"],
        conflict="(phone_number_id, contact_id) DO NOTHING",
        returning=["contact_id", "id"],
        computed={"reference": "gen_random_uuid()"},
    )
    threads = {contact: pk for contact, (pk, _reference, _state) in found.items()} | dict(made)
    left = [contact for contact in missing if contact not in threads]
    if left:
        rows = Conversation.objects.filter(phone_number_id=campaign.phone_number_id, contact_id__in=left)
        threads |= dict(rows.values_list("contact_id", "id"))
    return threads
