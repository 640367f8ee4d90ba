"""Files that a campaign's messages start with: the template's own or another one, handed to WhatsApp once for all.

A campaign has copies of its own: the template's files may go, and its messages show theirs for as long as they are
there. What is uploaded for sending lives for 30 days at the provider (Meta, Media, 2025-11); ours is handed in anew
before that. Uploading waits for a network, so it is a task of its own.
"""

import logging
import os
import time
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from config import bulk, hints
from config.clock import now
from contactcenter.campaigns import TASK as RELEASE
from contactcenter.campaigns import mapping, watching
from contactcenter.models import Campaign, CampaignFile, CampaignState
from contactcenter.sender import OWN, UPLOAD_LIFE, aftermath
from contactcenter.services import template_files
from onboarding import gateway
from providers.base import Action, OutcomeUnknown, ProviderError, ProviderUnavailable
from templates_hsm.models import TemplateMedia
from templates_hsm.services import header_media
from tenants.files import clean_name, store
from tenants.tenancy import business_scope, every_business

logger = logging.getLogger(__name__)

TASK = "contactcenter.tasks.hand_in_campaign_files"
LONGEST_PAUSE = timedelta(minutes=30)
RUN_SECONDS = 20.0
_LOCK = 0x4341_4D46 << 32
"""One worker at a time uploads, so that a provider that doesn't answer holds one slot and no more."""


def own_of(slot):
    """The file that the template was made with for this slot, or ``None``."""
    if not slot.own:
        return None
    row = TemplateMedia.objects.filter(reference=slot.own).first()
    return row if row is not None and default_storage.exists(row.file) else None


def take_upload(campaign, slot, upload):
    """Keep an uploaded file for a slot; its ``CampaignFile``. Raises ``ValidationError``."""
    found = header_media.examine(upload)
    if found.kind != slot.media:
        kinds = TemplateMedia.Kind
        raise ValidationError(
            _("This is a file of the kind “%(is)s”. The template takes the kind “%(wants)s” here."),
            params={"is": kinds(found.kind).label, "wants": kinds(slot.media).label},
            code="wrong_kind",
        )
    name = clean_name(upload.name or "", found.ending)
    return _keep(campaign, upload, found.ending, name, found.kind, found.mime_type)


def kept(campaign, slot, reference):
    """The file that was uploaded for a slot a moment ago and is named by its reference, or ``None``."""
    if reference is None:
        return None
    return CampaignFile.objects.filter(campaign=campaign, reference=reference, kind=slot.media).first()


def take_own(campaign):
    """Copy the template's own files for a campaign that uses them; ``OSError`` if one is gone. The caller saves."""
    for slot in mapping.slots(campaign.template.definition):
        rule = campaign.mapping.get(slot.key, {})
        if rule.get("from") != mapping.OWN:
            continue
        own = own_of(slot)
        if own is None:
            raise FileNotFoundError(slot.key)
        row = CampaignFile.objects.filter(campaign=campaign, sha256=own.sha256, kind=own.kind).first()
        if row is None:
            with default_storage.open(own.file, "rb") as opened:
                ending = os.path.splitext(own.file)[1]
                row = _keep(campaign, opened, ending, own.file_name, own.kind, own.mime_type)
        campaign.mapping[slot.key] = rule_of(mapping.OWN, row)


def _keep(campaign, content, ending, name, kind, mime_type):
    stored, size, digest = store(campaign.business, content, ending)
    try:
        same = CampaignFile.objects.filter(campaign=campaign, sha256=digest, kind=kind).first()
        if same is None:
            _check_room(campaign.business_id, size)
            return CampaignFile.objects.create(
                business_id=campaign.business_id,
                campaign=campaign,
                kind=kind,
                file=stored,
                file_name=name[-200:],
                mime_type=mime_type,
                size=size,
                sha256=digest,
            )
    except BaseException:
        default_storage.delete(stored)
        raise
    default_storage.delete(stored)
    return same


def _check_room(business_id, size):
    """Drafts have as much room as templates have; what was sent is kept without counting."""
    drafts = CampaignFile.objects.filter(business=business_id, campaign__started_at=None)
    used = drafts.aggregate(files=Count("pk"), size=Sum("size"))
    full = used["files"] >= header_media.FILES_PER_BUSINESS
    if full or (used["size"] or 0) + size > header_media.BYTES_PER_BUSINESS:
        raise ValidationError(
            _("Your business has used up its room for files of templates. Write to us."), code="quota"
        )


def rule_of(source, row):
    """What the mapping keeps of a slot that a file fills."""
    return {"from": source, "file": str(row.reference), "name": row.file_name, "text": ""}


def forget(campaign):
    """Once this is committed the files of a campaign that was never started are gone."""
    _forget(CampaignFile.objects.filter(campaign=campaign))


def forget_unnamed(campaign):
    """Once this is committed the files that others replaced are gone."""
    named = mapping.files_in(campaign.mapping)
    _forget(CampaignFile.objects.filter(campaign=campaign).exclude(reference__in=named))


def _forget(rows):
    names = list(rows.values_list("file", flat=True))
    rows.delete()
    for name in names:
        transaction.on_commit(lambda gone=name: default_storage.delete(gone), robust=True)


def used(campaign):
    """``{reference: CampaignFile}`` of those that the mapping names."""
    wanted = mapping.files_in(campaign.mapping)
    if not wanted:
        return {}
    return {str(row.reference): row for row in CampaignFile.objects.filter(campaign=campaign, reference__in=wanted)}


def are_missing(campaign):
    """Whether the mapping names a file that isn't kept."""
    return len(used(campaign)) < len(mapping.files_in(campaign.mapping))


def shown(campaign, address):
    """What previews show (``presenting.with_files``): the facts of each file by its place, 0 or the card's number.

    ``address(reference)`` is where a page finds the file of a campaign.
    """
    rows, found = used(campaign), {}
    for slot in mapping.slots(campaign.template.definition):
        row = rows.get(campaign.mapping.get(slot.key, {}).get("file")) if slot.media else None
        if row is not None:
            found[mapping.place_of(slot.key)] = {
                "url": address(row.reference), "name": row.file_name, "size": row.size, "kind": row.kind.lower()
            }  # fmt: skip
    return found


# ---- To the provider ------------------------------------------------------------------------------------------------


def are_ready(campaign):
    """Whether WhatsApp has every file that the messages name."""
    return not mapping.files_in(campaign.mapping) or _due(campaign) == []


def _due(campaign):
    """The files that have to be handed in; ``None`` if one that is named isn't there."""
    rows = used(campaign)
    if len(rows) < len(mapping.files_in(campaign.mapping)):
        return None
    return [row for row in rows.values() if not row.media_id or row.handed_in_at < now() - UPLOAD_LIFE]


def ask_for_upload(campaign):
    """Once this is committed somebody looks whether files have to be handed in, unless a refusal's pause still runs."""
    if not campaign.not_before or campaign.not_before <= now():
        hints.after_commit(TASK)


def run_due():
    """Upload for the running campaigns that wait for it; how many of them may go on. Call it outside any scope.

    One that fails has a growing pause of its own and is asked for again; beat asks for those that nobody announced.
    """
    [(mine,)] = bulk.fetch("SELECT pg_try_advisory_lock(%s)", [_LOCK])
    if not mine:
        return 0
    ready, ends = 0, time.monotonic() + RUN_SECONDS
    try:
        for pk, business_id in _waiting():
            if time.monotonic() > ends:
                break
            try:
                ready += hand_in(pk, business_id)
            except Exception:
                logger.exception("The files of campaign %s could not be handed in and are tried again.", pk)
    finally:
        bulk.fetch("SELECT pg_advisory_unlock(%s)", [_LOCK])
    if ready:
        hints.send(RELEASE)
    return ready


def _waiting():
    with every_business():
        rows = Campaign.objects.filter(state=CampaignState.RUNNING).exclude(not_before__gt=now())
        return [(row.pk, row.business_id) for row in rows.order_by("created_at")[:200] if not are_ready(row)]


def hand_in(pk, business_id):
    """Upload what WhatsApp doesn't have (any more); whether messages may leave now. Call it outside any scope."""
    with business_scope(business_id):
        campaign = Campaign.objects.select_related("business", "phone_number__waba", "template").get(pk=pk)
        if campaign.state != CampaignState.RUNNING or (campaign.not_before and campaign.not_before > now()):
            return False
        number, waba = campaign.phone_number, campaign.phone_number.waba
        due, number_id = _due(campaign), number.phone_number_id
        token, provider = waba.access_token, waba.provider
    if due is None:
        return gone(pk, business_id)
    line = gateway.line(access_token=token, provider=provider, subject=f"campaign:{pk}")
    for row in due:
        try:
            with default_storage.open(row.file, "rb") as opened:
                content = opened.read()
            media_id = line.upload_media(
                number_id, content=content, mime_type=row.mime_type, filename=f"{row.kind.lower()}{row.ending}"
            )
        except FileNotFoundError:
            return gone(pk, business_id)
        except ProviderError as error:
            return _refused(pk, business_id, error)
        with business_scope(business_id):
            CampaignFile.objects.filter(pk=row.pk).update(media_id=media_id, handed_in_at=now())
            template_files.handed_in(number, row.sha256, media_id, now())
    if campaign.failures:
        aftermath.number_works_again(number.pk)
        with business_scope(business_id):
            Campaign.objects.filter(pk=pk).update(failures=0, not_before=None)
    return True


_LATER = frozenset({Action.RETRY, Action.WAIT, Action.PAUSE_NUMBER, Action.PAUSE_PAIR, Action.STOP_NUMBER})
"""What is about the moment, the number or the token, and not about the file."""


def _refused(pk, business_id, error):
    """Wait, unless it is the file that the provider doesn't take."""
    if not isinstance(error, (ProviderUnavailable, OutcomeUnknown)) and error.action not in _LATER:
        return _stop(pk, business_id, "file_refused", {"details": error.details or error.message or str(error)})
    with business_scope(business_id):
        row = Campaign.objects.select_for_update().get(pk=pk)
        row.failures += 1
        pause = min(timedelta(seconds=5 * 2 ** min(row.failures, 10)), LONGEST_PAUSE)
        row.not_before = now() + max(pause, timedelta(seconds=error.retry_after or 0))
        row.save(update_fields=["failures", "not_before"])
    if error.action is Action.STOP_NUMBER:
        aftermath.number_stopped(row.phone_number_id, error.code or error.http_status, error.details or error.message)
    return False


def gone(pk, business_id):
    """Stop a campaign whose file isn't there any more. Call it outside any scope."""
    return _stop(pk, business_id, "file_gone", {})


def _stop(pk, business_id, reason, details):
    with business_scope(business_id):
        rows = Campaign.objects.select_related("business", "started_by").select_for_update(of=("self",))
        campaign = rows.get(pk=pk)
        if campaign.state == CampaignState.RUNNING:
            watching.stop(campaign, reason, details)
    return False


# ---- Into messages --------------------------------------------------------------------------------------------------


def in_place(values, rows):
    """``values`` as a send takes them: files by their digest, whose ID the sender knows when the message leaves.

    ``rows`` is what ``used`` said. However long a message waits for its turn, WhatsApp hasn't forgotten its file then.
    """
    if not rows:
        return values
    placed = _part_in_place(values, rows)
    if "cards" in values:
        placed = placed | {"cards": [_part_in_place(card, rows) for card in values["cards"]]}
    return placed


def _part_in_place(part, rows):
    header = part.get("header")
    row = rows.get(mapping.file_in(header))
    return part if row is None else part | {"header": header | {"id": f"{OWN}{row.sha256}"}}


def keep_for_messages(number, rows):
    """Let the sender know the files of messages just written, and by which IDs WhatsApp has them.

    ``rows`` is what ``used`` said. Raises ``FileNotFoundError``.
    """
    new = template_files.keep(number, rows.values())
    for row in rows.values():
        if row.sha256 in new:
            template_files.handed_in(number, row.sha256, row.media_id, row.handed_in_at)
