"""What people do with a campaign: make it, say who and what, check, start, pause, go on, cancel.

Every function works inside the caller's scope, locks the campaign's row and raises ``NotPossible`` with a sentence for
what doesn't fit its state. A second click changes nothing.
"""

import hashlib

import orjson
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from contactcenter import gate, gate_many
from contactcenter.campaigns import (
    CAMPAIGN_CHANGED,
    TASK,
    audience,
    files,
    mapping,
    outbox,
    preparing,
    reasons,
    rules,
    watching,
)
from contactcenter.models import Audience, Campaign, CampaignRecipient, CampaignState
from tenants import audit, live
from tenants.enums import Role

RUNNERS = (Role.OWNER, Role.ADMIN, Role.SUPERVISOR)
"""Who may run campaigns."""

_AT_WORK = (CampaignState.SCHEDULED, CampaignState.RUNNING)
_RESTING = (CampaignState.PAUSED, CampaignState.STOPPED)
_OVER = (CampaignState.DONE, CampaignState.CANCELLED)


class NotPossible(Exception):
    """What was asked doesn't fit the campaign's state; the text is for people."""


class KeyTaken(Exception):
    """The idempotency key belongs to another request."""


def create(name, number, template, *, actor=None, idempotency_key=None, asked=None):
    """A draft. ``asked`` is what the key stands for; the same key with the same request gives the first campaign."""
    digest = ""
    if idempotency_key:
        digest = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()
        if first := _first(number.business_id, idempotency_key, digest):
            return first
    check_template(number, template)
    limits = rules.of_business(number.business_id)
    row = Campaign(
        business_id=number.business_id,
        name=name,
        phone_number=number,
        template=template,
        category=template.category,
        quiet_from=limits.quiet_from,
        quiet_until=limits.quiet_until,
        time_zone=number.business.time_zone,
        country=number.business.country,
        created_by=actor,
        idempotency_key=idempotency_key or None,
        request_digest=digest,
    )
    row.mapping = audience.guess_mapping(row)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        if idempotency_key and (first := _first(number.business_id, idempotency_key, digest)):
            return first
        raise
    audit.record(audit.to_translate("campaign made"), name, actor=actor, reference=str(row.reference))
    _tell(row)
    return row


def _first(business_id, key, digest):
    first = Campaign.objects.filter(business_id=business_id, idempotency_key=key).first()
    if first is not None and first.request_digest != digest:
        raise KeyTaken
    return first


def check_template(number, template):
    """Raise ``NotPossible`` unless this number may send this template to a list."""
    refusal = gate_many.number_refusal(number, template)
    if refusal:
        raise NotPossible(" ".join(str(part) for part in gate.words_of(refusal)))
    if not mapping.can_be_mapped(template.definition):
        raise NotPossible(_("This template needs data that no list can give, or a one-time code. Choose another one."))


def locked(campaign):
    """The campaign's row, locked, with what its page needs."""
    rows = Campaign.objects.select_for_update(of=("self",))
    return rows.select_related("business", "phone_number__waba", "template", "segment").get(pk=campaign.pk)


def _open(campaign):
    row = locked(campaign)
    if not row.is_open:
        raise NotPossible(_("This campaign was started or is being checked, so it can't be changed any more."))
    return row


def choose_list(campaign, upload):
    """Keep a list for it; raises ``reading.NotCsv``, too."""
    row = _open(campaign)
    _forget_file(row)
    audience.take_in(row, upload)
    return _back_to_draft(row)


def choose_kept_list(campaign):
    """Go back to the list that it has; raises ``reading.NotCsv``, too, if that isn't there any more."""
    row = _open(campaign)
    if row.audience == Audience.CSV:
        return row
    audience.take_again(row)
    return _back_to_draft(row)


def _forget_file(row):
    """Once this is committed nobody needs the list any more."""
    storage, name = row.file.storage, row.file.name
    if name:
        transaction.on_commit(lambda: storage.delete(name), robust=True)


def choose_contacts(campaign, rules, *, segment=None):
    """Take the contacts that ``rules`` hold, or those of a saved segment."""
    row = _open(campaign)
    row.audience = Audience.SEGMENT if segment is not None else Audience.FILTER
    # Should the segment be deleted later, its rules hold on: nobody else gets it.
    row.segment, row.filter = segment, segment.rules if segment is not None else rules
    row.columns, row.headers = {}, []
    if any(rule.get("from") == mapping.COLUMN for rule in row.mapping.values()):
        row.mapping = audience.guess_mapping(row)
    return _back_to_draft(row)


def choose_values(campaign, values, *, columns=None, country=None):
    """Say what each variable is filled with, and which columns of the list are the number and the name."""
    row = _open(campaign)
    row.mapping = values
    if columns is not None:
        row.columns = columns
    if country is not None:
        row.country = country
    return _back_to_draft(row)


def _back_to_draft(row):
    row.state, row.counts, row.problem = CampaignState.DRAFT, {}, ""
    row.save()
    _tell(row)
    return row


def check(campaign, *, actor=None):
    """Have a worker go through everybody; nothing is sent. Returns the campaign."""
    row = locked(campaign)
    if row.state == CampaignState.PREPARING:
        return row
    if not row.is_open and not (row.state == CampaignState.STOPPED and row.started_at is None):
        raise NotPossible(_("This campaign was started, so it can't be checked again."))
    check_template(row.phone_number, row.template)
    if not row.audience or (row.audience == Audience.CSV and "phone" not in row.columns):
        raise NotPossible(_("Say who gets it first."))
    row.state, row.position, row.bytes_read, row.counts, row.zones = CampaignState.PREPARING, 0, 0, {}, []
    row.problem, row.failures, row.not_before, row.checked_at = "", 0, None, None
    try:
        files.take_own(row)
    except OSError as exc:
        raise NotPossible(_("The template's own file isn't there any more. Choose another file.")) from exc
    except ValidationError as exc:
        raise NotPossible(" ".join(exc.messages)) from exc
    if files.are_missing(row):
        raise NotPossible(f"{reasons.stopped('file_gone')[0]} {_('Choose a file.')}")
    files.forget_unnamed(row)
    row.category, row.template_digest = row.template.category, watching.digest_of(row.template)
    row.stop_reason, row.stop_details = "", {}
    if row.audience != Audience.CSV:
        row.expected = audience.count_contacts(row.business_id, audience.rules_of(row))
    row.save()
    hints.after_commit(preparing.TASK)
    _tell(row)
    return row


def start(campaign, *, actor, start_at=None, quiet=None, time_zone=None, seen=None):
    """Let it go, now or at ``start_at``. ``seen`` is the ``checked_at`` that the person looked at.

    ``quiet`` is ``(from, until)``, two empty ones for none; without it what was set before holds.
    """
    row = locked(campaign)
    if row.state in (*_AT_WORK, CampaignState.DONE):
        return row
    if row.state != CampaignState.READY:
        raise NotPossible(_("Only a campaign that was checked can be started."))
    if seen is not None and row.checked_at is not None and seen != row.checked_at:
        raise NotPossible(_("It was checked again in another window. Look at the figures, then start it."))
    if not row.will_get:
        raise NotPossible(_("Nobody would get it. Look at why people were left out."))
    check_template(row.phone_number, row.template)
    reason = watching.changed_since_check(row)
    if reason:
        raise NotPossible(_("The template changed since the check. Check the campaign again."))
    present = now()
    if quiet is not None:
        row.quiet_from, row.quiet_until = quiet
    row.time_zone = time_zone or row.time_zone
    row.start_at = start_at if start_at and start_at > present else None
    row.state = CampaignState.SCHEDULED if row.start_at else CampaignState.RUNNING
    row.started_at = None if row.start_at else present
    row.started_by, row.quality_at_start = actor, watching.quality_of(row)
    row.save()
    audit.record(
        audit.to_translate("campaign started"), row.name, actor=actor, reference=str(row.reference),
        people=row.will_get, template=str(row.template),
    )  # fmt: skip
    _go(row)
    return row


def pause(campaign, *, actor):
    """Nothing more leaves; what is marked as leaving goes on. Returns ``(campaign, how many are leaving)``."""
    row = locked(campaign)
    if row.state in _RESTING:
        return row, outbox.in_outbox(row)[1]
    if row.state not in _AT_WORK:
        raise NotPossible(_("Only a campaign that is being sent can be paused."))
    row.state, row.waits_for, row.waits_until = CampaignState.PAUSED, "", None
    row.save(update_fields=["state", "waits_for", "waits_until"])
    outbox.hold(row)
    leaving = outbox.in_outbox(row)[1]
    audit.record(audit.to_translate("campaign paused"), row.name, actor=actor, reference=str(row.reference))
    _tell(row)
    return row, leaving


def resume(campaign, *, actor):
    """Go on after a pause, or after it stopped by itself: a person's choice."""
    row = locked(campaign)
    if row.state in _AT_WORK:
        return row
    if row.state not in _RESTING:
        raise NotPossible(_("Only a paused campaign can go on."))
    check_template(row.phone_number, row.template)
    changed = watching.changed_since_check(row)
    if changed == "template_changed":
        raise NotPossible(
            _("The template changed since the check. Cancel this campaign and make a new one for those who are left.")
        )
    present = now()
    waits = row.start_at is not None and row.start_at > present and row.started_at is None
    row.state = CampaignState.SCHEDULED if waits else CampaignState.RUNNING
    row.started_at = row.started_at or (None if waits else present)
    row.resumed_at, row.stop_reason, row.stop_details = present, "", {}
    row.quality_at_start = watching.quality_of(row)
    agreed = {}
    if changed == "category_changed":
        agreed = {"category_before": row.category, "category_agreed": row.template.category}
        row.category = row.template.category
    row.save()
    outbox.let_go(row)
    audit.record(audit.to_translate("campaign resumed"), row.name, actor=actor, reference=str(row.reference), **agreed)
    _go(row)
    return row


def cancel(campaign, *, actor):
    """End it. What hasn't left never will. Returns ``(campaign, how many messages were taken back)``."""
    row = locked(campaign)
    if row.state in _OVER:
        return row, 0
    row.state, row.finished_at = CampaignState.CANCELLED, now()
    row.waits_for, row.waits_until = "", None
    row.save(update_fields=["state", "finished_at", "waits_for", "waits_until"])
    taken = outbox.take_back(row)
    audit.record(audit.to_translate("campaign cancelled"), row.name, actor=actor, reference=str(row.reference))
    _tell(row)
    return row, taken


def throw_away(campaign, *, actor):
    """Delete a campaign that was never started."""
    row = _open(campaign)
    CampaignRecipient.objects.filter(campaign=row).delete()
    _forget_file(row)
    files.forget(row)
    audit.record(audit.to_translate("campaign thrown away"), row.name, actor=actor)
    row.delete()


def _go(row):
    hints.after_commit(TASK)
    _tell(row)


def _tell(row):
    live.emit(CAMPAIGN_CHANGED, business_id=row.business_id, campaign=str(row.reference))
