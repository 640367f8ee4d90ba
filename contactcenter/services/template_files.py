"""Files that a template was made with, on messages to one person: attached by themselves, uploaded once per number.

A message names them by digest, and so does a campaign's. The number keeps a copy of each, so the template's own may go;
the sender uploads a copy when WhatsApp doesn't have it (any more). What the files of a message are, a thread asks here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.files.storage import default_storage

from contactcenter.models import CampaignFile, CampaignRecipient, MessageSource, TemplateFile
from contactcenter.sender import OWN, own_digests
from templates_hsm.components import read
from templates_hsm.components.media import own_file
from templates_hsm.services import header_media
from tenants.files import store

TOP = 0
"""The place of a message's header; its cards are 1, 2 and so on."""


def of_template(template):
    """``{reference: TemplateMedia}`` of the template's own files that are there, to send or to show."""
    rows = header_media.rows_of(template.definition)
    return {reference: row for reference, row in rows.items() if default_storage.exists(row.file)}


def own_of(header, rows):
    """The file of ``rows`` (``of_template``) that a header was made with, or ``None``."""
    own = own_file(next(iter(header.handles), "")) if header is not None else None
    return rows.get(own[1]) if own else None


def filled_in(template, values):
    """``values`` with the template's own files where nobody gave another one, and the rows of those files."""
    rows, used = of_template(template), []
    if not rows:
        return values, used
    definition = read(template.definition)

    def of_part(part, given):
        row = own_of(part.header, rows)
        if row is None or given.get("header"):
            return given
        used.append(row)
        return {**given, "header": {"id": f"{OWN}{row.sha256}", "filename": row.file_name}}

    values = of_part(definition, values)
    if definition.cards:
        given = values.get("cards") or [{}] * len(definition.cards)
        if isinstance(given, list | tuple) and len(given) == len(definition.cards):
            pairs = zip(definition.cards, given, strict=True)
            values = {
                **values,
                "cards": [of_part(card, own if isinstance(own, Mapping) else {}) for card, own in pairs],
            }
    return values, used


def keep(number, rows):
    """Let ``number`` have its copy of each of these files. Call it in the transaction that writes the message.

    ``rows`` are those of a template or a campaign. Returns the digests of those that it hadn't.
    """
    wanted = {row.sha256: row for row in rows}
    known = TemplateFile.objects.filter(phone_number=number, sha256__in=wanted).values_list("sha256", flat=True)
    # In one order: two that keep the same files wait for each other's rows, never in a circle.
    new = sorted(wanted.keys() - set(known))
    for digest in new:
        row = wanted[digest]
        with default_storage.open(row.file, "rb") as opened:
            name, size, _digest = store(number.business, opened, os.path.splitext(row.file)[1])
        made, ours = TemplateFile.objects.get_or_create(
            phone_number=number,
            sha256=digest,
            defaults={
                "business_id": number.business_id,
                "file": name,
                "file_name": row.file_name,
                "mime_type": row.mime_type,
                "size": size,
            },
        )
        if not ours and made.file != name:
            default_storage.delete(name)
    return new


def handed_in(number, digest, media_id, at):
    """A campaign uploaded this file for ``number`` at a moment: its copy needn't be."""
    rows = TemplateFile.objects.filter(phone_number=number, sha256=digest)
    rows.update(media_id=media_id, handed_in_at=at)


def hand_in_anew(message):
    """Let the files of this message be uploaded again: WhatsApp may have refused it for their sake."""
    digests = own_digests(message.content)
    if digests:
        TemplateFile.objects.filter(phone_number=message.phone_number_id, sha256__in=digests).update(media_id="")


# ---- What was sent --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """A file of a message at its ``place``: ``TOP`` or the number of the card. ``file`` is its name in the storage."""

    place: int
    kind: str
    name: str
    mime_type: str
    file: str


def of_messages(messages):
    """``{pk of the message: {place: Shown}}`` for the messages whose template, or campaign, brought files."""
    templates = [message for message in messages if message.kind == "template" and isinstance(message.content, dict)]
    named = {message.pk: found for message in templates if (found := _places(message.content))}
    rows = _own_rows([message for message in templates if message.pk in named], named)
    shown = {}
    for message in templates:
        for place, digest in named.get(message.pk, {}).items():
            row = rows.get((message.phone_number_id, digest))
            if row is not None:
                shown.setdefault(message.pk, {})[place] = _shown(place, row)
    for pk, found in _of_campaigns([message for message in templates if message.pk not in named]).items():
        shown.setdefault(pk, {}).update(found)
    return shown


def _headers(content):
    """``(place, what a header carries)`` of a sent template and its cards."""
    for component in _rows(content.get("components")):
        if str(component.get("type", "")).lower() == "carousel":
            for card in _rows(component.get("cards")):
                place = card.get("card_index")
                if isinstance(place, int):
                    yield from ((place + 1, header) for at, header in _headers(card) if at == TOP)
        elif str(component.get("type", "")).lower() == "header":
            for parameter in _rows(component.get("parameters"))[:1]:
                media = parameter.get(str(parameter.get("type")))
                if isinstance(media, dict):
                    yield TOP, media


def _rows(value):
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _places(content):
    """``{place: digest}`` of the files of the template that a message names."""
    found = {place: media.get("id") for place, media in _headers(content)}
    return {
        place: name[len(OWN) :]
        for place, name in found.items()
        if isinstance(name, str) and name.startswith(OWN)
    }  # fmt: skip


def _own_rows(messages, named):
    digests = {digest for message in messages for digest in named[message.pk].values()}
    if not digests:
        return {}
    numbers = {message.phone_number_id for message in messages}
    rows = TemplateFile.objects.filter(phone_number__in=numbers, sha256__in=digests)
    return {(row.phone_number_id, row.sha256): row for row in rows}


def _of_campaigns(messages):
    """The files on cards that name them by WhatsApp's ID, as campaigns' did; their mapping knows which is where."""
    sent = [
        message.pk
        for message in messages
        if message.source == MessageSource.CAMPAIGN and any(place != TOP for place, _media in _headers(message.content))
    ]
    if not sent:
        return {}
    campaigns = {
        row.message_id: row.campaign
        for row in CampaignRecipient.objects.filter(message__in=sent).select_related("campaign")
    }
    rows = {
        (row.campaign_id, str(row.reference)): row
        for row in CampaignFile.objects.filter(campaign__in={campaign.pk for campaign in campaigns.values()})
    }
    found = {}
    for pk, campaign in campaigns.items():
        for key, rule in campaign.mapping.items():
            row = rows.get((campaign.pk, rule.get("file")))
            if row is not None and key.startswith("card.") and key.endswith(".header_link"):
                place = int(key.split(".")[1]) + 1
                found.setdefault(pk, {})[place] = _shown(place, row)
    return found


def _shown(place, row):
    kind = row.mime_type.partition("/")[0]
    kind = kind if kind in {"image", "video"} else "document"
    return Shown(place, kind, row.file_name, row.mime_type, row.file)
