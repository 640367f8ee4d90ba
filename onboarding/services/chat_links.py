"""Links that open a chat: their addresses and pictures, and who came through which one (product row D2).

``wa.me`` links follow WhatsApp's "click to chat" rules: the whole number in digits, the greeting as ``text``.
"""

import io
import re
import secrets
from collections import Counter
from datetime import timedelta
from html import escape
from urllib.parse import urlencode

import segno
from django.db import IntegrityError, transaction

from config import bulk, hints
from config.clock import now
from onboarding.models import ChatLink, ChatStart, ShortLinkState

LONGEST_TEXT = 140
"""What Meta's own short links take as a text (docs "Message QR codes", 31 October 2025)."""
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Figures and letters that nobody mistakes for each other."""
CODE_LENGTH = 6
GREETING = LONGEST_TEXT - CODE_LENGTH - 4
"""How long a greeting may be, so that it still fits into Meta's own short link with its code."""
_CODES = re.compile(rf"#([{ALPHABET}]{{{CODE_LENGTH}}}(?:[{ALPHABET}]{{2}})?)(?![0-9A-Za-z])")
LINK_TASK = "onboarding.tasks.tend_short_links"


def new_code(length=CODE_LENGTH):
    """A code for people's messages: not secret, but not to be guessed either."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def codes_in(text):
    """The codes that a message carries, behind a # sign; three at most."""
    return _CODES.findall(text)[:3] if "#" in text else []


def create(number, *, name, greeting, actor):
    """Make a link to ``number`` with a code of its own."""
    for _ in range(5):
        try:
            with transaction.atomic():
                return ChatLink.objects.create(
                    business_id=number.business_id,
                    phone_number=number,
                    name=name,
                    greeting=greeting,
                    code=new_code(),
                    created_by=actor,
                )
        except IntegrityError:
            continue
    raise RuntimeError("No free code was found for a chat link.")


def text_of(link):
    """What stands in the person's message field: the greeting and the code."""
    return f"{link.greeting} #{link.code}".strip()


def chat_url(e164, text=""):
    """The ``wa.me`` address of a number, with a text already written."""
    digits = "".join(sign for sign in e164 if sign.isdigit())
    return f"https://wa.me/{digits}" + (f"?{urlencode({'text': text}).replace('+', '%20')}" if text else "")


def url_of(link):
    """The address that opens this link's chat."""
    return chat_url(link.phone_number.e164, text_of(link))


def button_html(url, label):
    """A button for any website: one element that needs no style sheet and no script of ours."""
    style = (
        "display:inline-block;padding:12px 20px;border-radius:8px;background:#1f2a37;color:#ffffff;"
        "font:600 16px/1.25 system-ui,sans-serif;text-decoration:none"
    )
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer" style="{style}">{escape(label)}</a>'


def picture(url, kind):
    """The QR code of an address as ``svg`` or ``png`` bytes, large enough for print."""
    out = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(out, kind=kind, scale=20 if kind == "png" else 10, border=4)
    return out.getvalue()


def note_starts(arrivals):
    """Keep who came through a link. ``arrivals``: (business, number, contact, message, when, code) of messages.

    Runs inside the transaction that stored the messages. Of a message heard twice the earliest time holds.
    """
    if not arrivals:
        return
    rows = sorted(set(arrivals))
    source, params = bulk.unnest(
        "a",
        number_id=("bigint", [row[1] for row in rows]),
        contact_id=("bigint", [row[2] for row in rows]),
        message=("text", [row[3] for row in rows]),
        at=("timestamptz", [row[4] for row in rows]),
        code=("text", [row[5] for row in rows]),
    )
    found = bulk.fetch(
        f"SELECT l.business_id, l.id, a.contact_id, a.message, a.at FROM {source} "
        "JOIN onboarding_chatlink l ON l.phone_number_id = a.number_id AND l.code = a.code",
        params,
    )
    first = {}
    for business_id, link_id, contact_id, message, at in found:
        known = first.get((link_id, message))
        if known is None or at < known[3]:
            first[link_id, message] = (business_id, contact_id, message, at)
    bulk.insert(
        ChatStart,
        {
            "business_id": [row[0] for row in first.values()],
            "link_id": [link_id for link_id, _message in first],
            "contact_id": [row[1] for row in first.values()],
            "message": [row[2][:200] for row in first.values()],
            "at": [row[3] for row in first.values()],
        },
        order=["link_id", "message"],
        conflict="(link_id, message) DO UPDATE SET at = least(onboarding_chatstart.at, EXCLUDED.at)",
    )


def newcomers(link):
    """How many people wrote to the business for the very first time through this link."""
    [(count,)] = bulk.fetch(
        "SELECT count(DISTINCT s.contact_id) FROM onboarding_chatstart s JOIN contacts_consentevent e "
        "ON e.business_id = s.business_id AND e.key = 'wrote_first:' || s.contact_id "
        "AND e.proof->>'message' = s.message WHERE s.link_id = %s",
        [link.pk],
    )
    return count


def people(links):
    """``{link: (chats, people, newest)}`` for the links given."""
    rows = bulk.fetch(
        "SELECT link_id, count(*), count(DISTINCT contact_id), max(at) FROM onboarding_chatstart "
        "WHERE link_id = ANY(%s::bigint[]) GROUP BY link_id",
        [bulk.array(sorted(link.pk for link in links))],
    )
    return {link: tuple(rest) for link, *rest in rows}


def per_day(link, days, zone):
    """``[(day, chats)]`` of the last ``days`` days of the business's calendar, the oldest first."""
    today = now().astimezone(zone).date()
    since = today - timedelta(days=days - 1)
    moments = ChatStart.objects.filter(link=link, at__gte=now() - timedelta(days=days + 1)).values_list("at", flat=True)
    counts = Counter(at.astimezone(zone).date() for at in moments.iterator(chunk_size=2000))
    return [(day, counts[day]) for n in range(days) if (day := since + timedelta(days=n))]


def origin_of(number_id, contact_id):
    """The newest ``ChatStart`` of a conversation (a number and a person), or ``None``."""
    rows = ChatStart.objects.filter(contact_id=contact_id, link__phone_number_id=number_id)
    return rows.select_related("link").order_by("-at", "-pk").first()


def want_short_link(link):
    """Ask for Meta's own short link; a worker does it. Asked again it takes over the present greeting."""
    link.short_state, link.short_error = ShortLinkState.WANTED, ""
    link.short_attempts, link.short_next_at = 0, now()
    link.save(update_fields=["short_state", "short_error", "short_attempts", "short_next_at"])
    hints.after_commit(LINK_TASK)
