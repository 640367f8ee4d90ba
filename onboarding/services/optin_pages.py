"""Pages on which people agree to hear from a business (product row D3): their texts, and what people send in.

The opt-in has to name the business and say that the person agrees to hear from it (Meta, "Get opt-in", 3 November
2025). What stands on a page is kept in dated versions, and each consent points to the very one that was shown.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from config import bulk
from config.clock import now
from contacts import numbers
from contacts.models import ConsentKind, ConsentSource, Identity, IdentityKind
from contacts.services import consent, people, wordings
from onboarding.models import (
    OnboardingApplication,
    OptInPage,
    OptInSubmission,
    OptInTally,
    OptInText,
    PhoneNumber,
)
from onboarding.services import chat_links
from tenants.tenancy import every_business

LANGUAGES = ("es", "pt-br", "en")
CODE_LENGTH = 8
VIA = {
    "sms": ConsentSource.SMS_LINK,
    "email": ConsentSource.SMS_LINK,
    "web": ConsentSource.WEB_FORM,
    "qr": ConsentSource.WEB_FORM,
}
"""Where a link to the page stood, and what the ledger calls that."""
PER_ADDRESS = (10, 40)
"""How often one network address may send a business's pages in: in an hour, in a day."""
PER_PAGE = 600
"""How often one page may be sent in by everybody together in an hour."""


def names_of(business):
    """The names under which people know a business: its own, its brands, the display names of its numbers."""
    found = [business.name]
    found += OnboardingApplication.objects.filter(business=business).values_list("brand", flat=True)
    found += PhoneNumber.objects.filter(business=business).values_list("display_name", flat=True)
    return list(dict.fromkeys(filter(None, found)))


def create(business, *, name, phone_number, confirms_by_message, actor):
    """A page without texts; it stays closed until somebody opens it."""
    return OptInPage.objects.create(
        business=business,
        token=secrets.token_urlsafe(18),
        name=name,
        phone_number=phone_number,
        confirms_by_message=confirms_by_message and phone_number is not None,
        created_by=actor,
    )


def url_of(page, via=""):
    """The public address of a page; ``via`` tells where the link stands."""
    return f"{settings.PUBLIC_URL}/o/{page.token}/" + (f"?via={via}" if via else "")


def texts_of(page):
    """The newest text of each language: ``{language: OptInText}``."""
    rows = page.texts.select_related("agreement", "promotions", "created_by").order_by("number")
    newest = {row.language: row for row in rows}
    return {language: newest[language] for language in LANGUAGES if language in newest}


def write_text(page, language, *, title, introduction, agreement, promotions, actor):
    """Add the next version of a page's text; the same words again add nothing. Returns the text that holds."""
    old = page.texts.filter(language=language).select_related("agreement", "promotions").order_by("-number").first()
    same = old is not None and (old.title, old.introduction, old.agreement.text) == (title, introduction, agreement)
    if same and (old.promotions.text if old.promotions_id else "") == promotions:
        return old

    def version(text):
        return wordings.keep(page.business_id, text, language=language, actor=actor)

    OptInPage.objects.select_for_update().get(pk=page.pk)
    newest = page.texts.filter(language=language).aggregate(Max("number"))["number__max"] or 0
    return OptInText.objects.create(
        business_id=page.business_id,
        page=page,
        language=language,
        number=newest + 1,
        title=title,
        introduction=introduction,
        agreement=version(agreement),
        promotions=version(promotions) if promotions else None,
        created_by=actor,
    )


def find(token):
    """The open page under a public address and its business, or ``None``. The only look across businesses here."""
    with every_business():
        return OptInPage.objects.select_related("business", "phone_number").filter(token=token, is_open=True).first()


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a page in, as far as the network tells."""

    ip: str | None
    user_agent: str
    via: str


def count_attempt(page, ip):
    """Count one sending-in before anything else happens; returns whether it may go on.

    Call it in a transaction of its own: the count has to stay when what follows fails. Without an address everybody
    counts as one, so whoever hides it gains nothing.
    """
    at = now()
    hour = at.replace(minute=0, second=0, microsecond=0)
    address = hashlib.sha256(f"{settings.SECRET_KEY}:{ip or 'nobody'}".encode()).hexdigest()
    everybody = f"page:{page.pk}"
    rows = bulk.fetch(
        "INSERT INTO onboarding_optintally (business_id, place, hour, count) "
        "SELECT %s, place, %s, 1 FROM unnest(%s::text[]) AS t(place) ORDER BY place "
        "ON CONFLICT (business_id, place, hour) DO UPDATE SET count = onboarding_optintally.count + 1 "
        "RETURNING place, count",
        [page.business_id, hour, bulk.array(sorted([address, everybody]))],
    )
    counts = dict(rows)
    day = OptInTally.objects.filter(place=address, hour__gt=hour - timedelta(hours=24))
    in_a_day = sum(day.values_list("count", flat=True))
    per_hour, per_day = PER_ADDRESS
    return counts[address] <= per_hour and in_a_day <= per_day and counts[everybody] <= PER_PAGE


def submit(page, text, *, phone, name, promotions, sender):
    """Keep what somebody sent in, and count it if it needs no confirmation. Returns the ``OptInSubmission``.

    Whoever once asked to stop has to confirm by a message from that number, whatever the page says: anybody can type
    anybody's number. The caller shows the same page in every case.
    """
    row = _stored(page, text, phone=phone, name=name, promotions=promotions, sender=sender)
    if not page.confirms_by_message:
        contact = people.find(page.business_id, phone=phone)
        if contact is None or not consent.have_stopped({contact.pk}):
            contact = contact or people.get_or_make(page.business_id, phone=phone)
            if name and not contact.name:
                people.rename(contact, name)
            consent.add(lines_of(row, contact.pk, row.at))
            OptInSubmission.objects.filter(pk=row.pk).update(counted_at=row.at, contact=contact)
    return row


def _stored(page, text, *, phone, name, promotions, sender):
    for _ in range(5):
        try:
            with transaction.atomic():
                return OptInSubmission.objects.create(
                    business_id=page.business_id,
                    page=page,
                    text=text,
                    phone=phone,
                    name=name,
                    promotions=promotions,
                    via=sender.via,
                    ip=sender.ip,
                    user_agent=sender.user_agent,
                    code=chat_links.new_code(CODE_LENGTH),
                )
        except IntegrityError:
            continue
    raise RuntimeError("No free code was found for a submission.")


def lines_of(row, contact_id, at, message=""):
    """The lines of the ledger that a submission makes for a contact."""
    proof: dict[str, Any] = {
        "page": str(row.page.reference),
        "submission": str(row.reference),
        "text_version": f"{row.text.language} {row.text.number}",
        "via": row.via,
        "sent_in_at": row.at.isoformat(),
        "network_address": row.ip,
        "browser": row.user_agent,
    }
    if message:
        proof["message"] = message
    source = VIA.get(row.via, ConsentSource.WEB_FORM)
    key = f"optin_page:{row.reference}"
    lines = [
        consent.Line(
            row.business_id, contact_id, ConsentKind.OPT_IN, source, key, at, proof,
            version_id=row.text.agreement_id,
        )
    ]  # fmt: skip
    if row.text.promotions_id:
        # A box left empty is an answer too: notices yes, promotions no.
        kind = ConsentKind.OPT_IN if row.promotions else ConsentKind.OPT_OUT
        lines.append(
            consent.Line(
                row.business_id, contact_id, kind, source, f"{key}:marketing", at, proof | {"box": row.promotions},
                scope=consent.MARKETING, version_id=row.text.promotions_id,
            )
        )  # fmt: skip
    return lines


def note_confirmations(arrivals):
    """Count what people sent in and now confirm. ``arrivals`` as in ``chat_links.note_starts``.

    Only a message from the very number that was typed in confirms; anybody can type anybody's number.
    """
    arrivals = [row for row in arrivals if len(row[5]) == CODE_LENGTH]
    if not arrivals:
        return
    rows = OptInSubmission.objects.filter(
        business_id__in={row[0] for row in arrivals}, code__in={row[5] for row in arrivals}
    ).select_related("page", "text")
    waiting = {(row.business_id, row.code): row for row in rows}
    lines = []
    for business_id, _number, contact_id, message, at, code in sorted(arrivals, key=lambda row: (row[4], row[3])):
        row = waiting.get((business_id, code))
        if row is None or numbers.plain_form(row.phone) not in _numbers_of(contact_id):
            continue
        lines += lines_of(row, contact_id, at, message)
        _count(row, contact_id, at)
    consent.add(lines)


def _numbers_of(contact_id):
    kinds = [IdentityKind.WA_ID, IdentityKind.PHONE, IdentityKind.ALIAS]
    values = Identity.objects.filter(contact_id=contact_id, kind__in=kinds).values_list("value", flat=True)
    return {numbers.plain_form(value) for value in values}


def _count(row, contact_id, at):
    if row.counted_at is None or at < row.counted_at:
        row.counted_at = at
        OptInSubmission.objects.filter(pk=row.pk).update(counted_at=at, contact_id=contact_id)
