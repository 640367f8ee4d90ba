"""Who a campaign is for: the records of a list, or the contacts that a filter holds, read in bounded pieces."""

import os
import uuid
from contextlib import closing
from datetime import timedelta
from functools import lru_cache
from itertools import islice

import phonenumbers
from django.core.files.storage import default_storage

from config import bulk
from config.clock import now
from contactcenter.campaigns import files as files_of
from contactcenter.campaigns import mapping
from contactcenter.models import Audience
from contacts.imports import cells, files, reading
from contacts.names import fold
from contacts.numbers import regions_by_code

SHOWN = 5


# ---- A list ---------------------------------------------------------------------------------------------------------


def take_in(campaign, upload):
    """Keep an uploaded list for a campaign and guess its columns; raises ``reading.NotCsv``. The caller saves.

    The file lies under the business's reference with a name of ours, and is never served as it is.
    """
    if upload.size > files.LARGEST:
        raise reading.NotCsv("too_large")
    _read(campaign, upload.file)
    campaign.file_name, campaign.file_size = os.path.basename(upload.name)[:200], upload.size
    campaign.file_digest = files.digest_of(upload.file)
    upload.file.seek(0)
    name = f"{campaign.business.reference}/campaigns/{uuid.uuid4().hex}.csv"
    campaign.file.name = default_storage.save(name, upload.file)
    return campaign


def take_again(campaign):
    """Go back to the list that is kept; raises ``reading.NotCsv`` if it isn't there any more. The caller saves."""
    try:
        with campaign.file.storage.open(campaign.file.name, "rb") as stored:
            _read(campaign, stored.file)
    except OSError as exc:
        raise reading.NotCsv("gone") from exc
    return campaign


def _read(campaign, file):
    """Make a list the campaign's audience, and no filter of before, with its columns guessed."""
    shape = reading.shape_of(file)
    first = next(iter(files.sample(file, shape, 1)), [])
    country = campaign.business.country
    named = cells.has_header(first, country)
    campaign.audience, campaign.segment, campaign.filter = Audience.CSV, None, {}
    campaign.encoding, campaign.delimiter, campaign.has_header = shape.encoding, shape.delimiter, named
    campaign.headers = [cell.strip()[:100] for cell in first] if named else [""] * max(shape.columns, 1)
    campaign.country = country
    found = cells.guess(campaign.headers) if named else files.guess_by_content(first, country)
    campaign.columns = {field: found[field] for field in ("phone", "name") if field in found}
    campaign.mapping = guess_mapping(campaign)


def guess_mapping(campaign):
    """What each variable is likely to be filled with: a column of its name, a name, or nothing yet."""
    headers = [fold(header) for header in campaign.headers] if campaign.audience == Audience.CSV else []
    guessed = {}
    for slot in mapping.slots(campaign.template.definition):
        name = fold(slot.name.replace("_", " "))
        before = campaign.mapping.get(slot.key, {})
        if before.get("from") in mapping.FILES:
            guessed[slot.key] = before
        elif slot.media and files_of.own_of(slot) is not None:
            guessed[slot.key] = {"from": mapping.OWN, "text": ""}
        elif slot.media:
            guessed[slot.key] = {"from": mapping.TEXT, "text": ""}
        elif name in headers:
            guessed[slot.key] = {"from": mapping.COLUMN, "column": headers.index(name), "text": ""}
        elif slot.greets or name in NAMES:
            guessed[slot.key] = {"from": mapping.FIRST_NAME, "text": ""}
        else:
            guessed[slot.key] = {"from": mapping.TEXT, "text": ""}
    left = [at for at in range(len(headers)) if at not in campaign.columns.values()]
    empty = [
        key
        for key, rule in guessed.items()
        if rule == {"from": mapping.TEXT, "text": ""} and not key.endswith("header_link")
    ]
    taken = {rule.get("column") for rule in guessed.values()}
    for key, at in zip(empty, [at for at in left if at not in taken], strict=False):
        guessed[key] = {"from": mapping.COLUMN, "column": at, "text": ""}
    return guessed


NAMES = {"name", "first name", "customer name", "nombre", "primer nombre", "nome", "primeiro nome", "cliente"}


def body_of(campaign, file):
    """The records of the list without its header."""
    header_is_past = not campaign.has_header
    # Closed in time: a generator that outlives its file can't let go of it.
    with closing(reading.records(file, shape_of(campaign))) as records:
        for record in records:
            if header_is_past or record.problem:
                yield record
            else:
                header_is_past = True


def shape_of(campaign):
    """How the file is written."""
    return reading.Shape(campaign.encoding, campaign.delimiter, len(campaign.headers))


def first_rows(campaign):
    """The cells of the first readable records; raises ``OSError`` if the file is gone."""
    with campaign.file.storage.open(campaign.file.name, "rb") as stored:
        with closing(body_of(campaign, stored.file)) as records:
            return list(islice((record.cells for record in records if not record.problem), SHOWN))


# ---- Contacts -------------------------------------------------------------------------------------------------------

RULES = ("countries", "languages", "wrote_within", "silent_for")


def rules_of(campaign):
    """The filter that holds: the segment's as it is now, or the campaign's own."""
    if campaign.audience == Audience.SEGMENT and campaign.segment_id:
        return campaign.segment.rules
    return campaign.filter


def _where(rules, at):
    words, parameters = ["c.business_id = %s", "c.merged_into_id IS NULL"], []
    if rules.get("languages"):
        words.append("left(c.language, 2) = ANY(%s)")
        parameters.append(list(rules["languages"]))
    if rules.get("wrote_within"):
        words.append("c.last_seen_at >= %s")
        parameters.append(at - timedelta(days=rules["wrote_within"]))
    if rules.get("silent_for"):
        words.append("(c.last_seen_at IS NULL OR c.last_seen_at < %s)")
        parameters.append(at - timedelta(days=rules["silent_for"]))
    return " AND ".join(words), parameters


def count_contacts(business_id, rules):
    """How many contacts are gone through for this filter; countries are looked at one by one later."""
    where, parameters = _where(rules, now())
    [(count,)] = bulk.fetch(f"SELECT count(*) FROM contacts_contact c WHERE {where}", [business_id, *parameters])
    return count


def next_contacts(business_id, rules, after, size):
    """The keys of the next contacts that the filter looks at, behind the key ``after``."""
    where, parameters = _where(rules, now())
    rows = bulk.fetch(
        f"SELECT c.id FROM contacts_contact c WHERE {where} AND c.id > %s ORDER BY c.id LIMIT %s",
        [business_id, *parameters, after, size],
    )
    return [pk for (pk,) in rows]


def in_countries(number, countries):
    """Whether a number (digits) is of one of these countries; nobody without a number is."""
    return not countries or bool(number) and region_of(number) in countries


def region_of(number):
    """The country of a number, two letters, or ``""``. Shared calling codes are asked of the library."""
    for length in (1, 2, 3):
        regions = regions_by_code().get(number[:length])
        if regions:
            return regions[0] if len(regions) == 1 else _region_slow(number)
    return ""


@lru_cache(maxsize=20_000)
def _region_slow(number):
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(f"+{number}")) or ""
    except phonenumbers.NumberParseException:
        return ""
