"""What messages and settings say about consent: lines for the opt-in ledger."""

from contacts.models import ConsentKind, ConsentSource
from contacts.services import consent

STOPPED_MARKETING = 131050
"""Meta's error for somebody who stopped marketing messages from this business (docs "Error codes", May 2026)."""
PREFERENCES = {"stop": ConsentKind.OPT_OUT, "resume": ConsentKind.OPT_IN, "signup": ConsentKind.OPT_IN}
"""What people set inside WhatsApp. A sign-up through a link (docs "In-App Signup", 3 July 2026) is a first opt-in, so
it counts for everything; stop and resume are about promotions only."""
WITH_WORDS = {"text": True, "button": False}
"""Types of messages in which somebody may ask to stop, and whether they typed the words themselves."""


def note_messages(rows):
    """For stored inbound messages: who writes first agrees to be answered, and some words mean stop or start."""
    lines = []
    for row in rows:
        if row.kind == "call":
            continue
        lines.append(consent.first_line(row.business_id, row.contact_id, row.at, message=row.provider_id))
        if row.kind in WITH_WORDS and (kind := consent.wish_in(row.text, typed=WITH_WORDS[row.kind])):
            lines.append(
                consent.Line(
                    row.business_id, row.contact_id, kind, ConsentSource.KEYWORD,
                    f"keyword:{row.number_id}:{row.provider_id}"[:200], row.at,
                    {"message": row.provider_id, "text": row.text},
                )
            )  # fmt: skip
    consent.add(lines)


def note_preferences(items):
    """For what people set inside WhatsApp (field ``user_preferences``). Returns the items nobody understands."""
    lines, strange = [], []
    for item in items:
        event = item.event
        kind = PREFERENCES.get(event.value)
        if kind is None or not event.category.startswith("marketing"):
            strange.append(item)
            continue
        who = event.person.bsuid or event.person.wa_id or event.person.parent_bsuid
        key = f"preference:{item.number_id}:{event.value}:{event.at_ms}:{who}"
        proof = {"category": event.category, "value": event.value, "detail": event.detail}
        if event.value == "signup":
            proof["signup"] = event.signup_id
            lines.append(
                consent.Line(
                    item.business_id, item.contact_id, kind, ConsentSource.PLATFORM, f"{key[:196]}:all", item.at, proof
                )
            )  # fmt: skip
        lines.append(
            consent.Line(
                item.business_id, item.contact_id, kind, ConsentSource.PLATFORM, key[:200], item.at, proof,
                scope=consent.MARKETING,
            )
        )  # fmt: skip
    consent.add(lines)
    return strange


def note_refusals(refusals):
    """For messages that Meta didn't deliver because the person stopped marketing.

    ``refusals`` holds (business, contact, number, provider ID, when).
    """
    consent.add(
        [
            consent.Line(
                business_id, contact_id, ConsentKind.OPT_OUT, ConsentSource.PLATFORM,
                f"refused:{number_id}:{provider_id}"[:200], at,
                {"message": provider_id, "error": STOPPED_MARKETING}, scope=consent.MARKETING,
            )
            for business_id, contact_id, number_id, provider_id, at in refusals
        ]
    )  # fmt: skip
