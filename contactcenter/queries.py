"""What the inbox reads: lists by key, bounded counts, and one page of a thread. No query here counts without end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.dateparse import parse_datetime

from config import bulk
from config.clock import now
from contactcenter.models import Conversation, ConversationStatus, Message, MessageStatus, Note, Reaction
from contactcenter.services import template_files
from contactcenter.services.messages import resend_key
from contacts.models import Contact, Identity, IdentityKind
from contacts.services import search
from onboarding.models import PhoneNumber
from sessions_24h.models import CustomerServiceWindow
from tenants.tenancy import current_scope

PAGE = 30
THREAD_PAGE = 40
COUNT_LIMIT = 100
NEWS = 100
RECENT = timedelta(minutes=15)
FOUND_CONTACTS = 100
CLOSING_SOON = timedelta(hours=2)
_MAY_BE_SENT_AGAIN = frozenset({MessageStatus.FAILED, MessageStatus.UNKNOWN})
VIEWS = ("mine", "unassigned", "all")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list ordered by a moment and a key; written into addresses as text."""

    at: datetime
    pk: int

    def __str__(self):
        return f"{self.at.isoformat()}~{self.pk}"

    @classmethod
    def read(cls, text):
        """The cursor that ``text`` holds, or ``None`` for anything else."""
        moment, _, pk = (text or "").replace(" ", "+").partition("~")
        try:
            at = parse_datetime(moment)
        except ValueError:
            return None
        if at is None or at.tzinfo is None or not pk.isdecimal() or len(pk) > 18:
            return None
        return cls(at, int(pk))

    def rows_before(self, rows, moment):
        """``rows`` that stand after this place when the newest ``moment`` comes first."""
        return rows.filter(**{f"{moment}__lte": self.at}).filter(Q(**{f"{moment}__lt": self.at}) | Q(pk__lt=self.pk))

    def rows_after(self, rows, moment):
        """``rows`` newer than this place."""
        return rows.filter(**{f"{moment}__gte": self.at}).filter(Q(**{f"{moment}__gt": self.at}) | Q(pk__gt=self.pk))


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the inbox somebody wants to see; ``read`` takes anything and keeps what makes sense."""

    view: str = ""
    status: str = ConversationStatus.OPEN
    number: str = ""
    waiting: bool = False
    closing: bool = False
    query: str = ""

    @classmethod
    def read(cls, data):
        view, status = data.get("view", ""), data.get("status", "")
        return cls(
            view=view if view in VIEWS else "",
            status=status if status in ConversationStatus.values else ConversationStatus.OPEN,
            number=data.get("number", "")[:40],
            waiting=bool(data.get("waiting")),
            closing=bool(data.get("closing")),
            query=data.get("q", "").strip()[:100],
        )

    @property
    def narrowed(self):
        """Whether more than the view was chosen."""
        return bool(self.status != ConversationStatus.OPEN or self.number or self.waiting or self.closing)

    def parameters(self, **changes):
        """The query parameters that lead to this view, with ``changes``; empty ones are left out."""
        values = {
            "view": self.view,
            "status": "" if self.status == ConversationStatus.OPEN else self.status,
            "number": self.number,
            "waiting": "1" if self.waiting else "",
            "closing": "1" if self.closing else "",
            "q": self.query,
        }
        return {name: value for name, value in (values | changes).items() if value}


def of_view(rows, view, user):
    """``rows`` of one tab: mine, unassigned or all."""
    if view == "mine":
        return rows.filter(assignee=user)
    if view == "unassigned":
        return rows.filter(assignee=None)
    return rows


def conversations(filters, user):
    """The conversations that ``filters`` ask for, unordered and without what a row shows.

    A search looks at people in every state and tab, because whoever searches wants to find.
    """
    rows = Conversation.objects.all()
    if filters.query:
        people = search(filters.query, limit=FOUND_CONTACTS)
        rows = rows.filter(contact__in=[person.pk for person in people])
    else:
        rows = of_view(rows.filter(status=filters.status), filters.view, user)
    if filters.number:
        rows = rows.filter(phone_number__in=_numbers_called(filters.number))
    if filters.waiting:
        rows = rows.filter(waiting_since__isnull=False)
    if filters.closing:
        ends = _window_of_row().filter(expires_at__gt=now(), expires_at__lte=now() + CLOSING_SOON)
        rows = rows.filter(Exists(ends))
    return rows


def _numbers_called(reference):
    digits = reference.replace("-", "")
    return PhoneNumber.objects.filter(reference=reference) if len(digits) == 32 and _is_hex(digits) else []


def _is_hex(text):
    return all(sign in "0123456789abcdefABCDEF" for sign in text)


def _window_of_row():
    return CustomerServiceWindow.objects.filter(phone_number=OuterRef("phone_number"), contact=OuterRef("contact"))


class ListedConversation(NamedTuple):
    """What a row of the list shows; ``address`` is the person's number, ``window_ends`` the end of their window."""

    pk: int
    reference: UUID
    channel: str
    status: str
    last_activity_at: datetime
    last_message_text: str
    last_message_kind: str
    last_message_direction: str
    unread_count: int
    waiting_since: datetime | None
    name: str
    username: str
    window_ends: datetime | None
    address: str | None


_LISTED = f"""
SELECT c.id, c.reference, c.channel, c.status, c.last_activity_at, c.last_message_text, c.last_message_kind,
    c.last_message_direction, c.unread_count, c.waiting_since, p.name, p.username, w.expires_at, a.value
FROM {Conversation._meta.db_table} c
JOIN {Contact._meta.db_table} p ON p.id = c.contact_id
LEFT JOIN {CustomerServiceWindow._meta.db_table} w
    ON w.phone_number_id = c.phone_number_id AND w.contact_id = c.contact_id
LEFT JOIN LATERAL (
    SELECT value FROM {Identity._meta.db_table} i
    WHERE i.contact_id = c.contact_id AND i.kind IN ('{IdentityKind.WA_ID}', '{IdentityKind.PHONE}')
    ORDER BY i.id LIMIT 1
) a ON true
WHERE c.id = ANY(%s::bigint[])
ORDER BY c.last_activity_at DESC, c.id DESC
"""
"""One statement for every row that an open page asks for after a message: the query builder took ten times as long."""


def listed(rows):
    """The conversations among ``rows`` (a query) as the list shows them, the latest activity first."""
    keys = list(rows.values_list("pk", flat=True))
    return [ListedConversation(*row) for row in bulk.fetch(_LISTED, [bulk.array(keys)])] if keys else []


def conversation_page(filters, user, *, after=None):
    """One page of the list, the latest activity first: ``(rows, cursor of the next page or None)``."""
    rows = conversations(filters, user)
    if after is not None:
        rows = after.rows_before(rows, "last_activity_at")
    page = listed(rows.order_by("-last_activity_at", "-pk")[: PAGE + 1])
    more = page[PAGE - 1] if len(page) > PAGE else None
    return page[:PAGE], Cursor(more.last_activity_at, more.pk) if more else None


def as_counted(number):
    """A bounded count as people read it: ``7`` or ``99+``."""
    return f"{COUNT_LIMIT - 1}+" if number >= COUNT_LIMIT else str(number)


_OPEN = f"SELECT 1 FROM {Conversation._meta.db_table} WHERE business_id = %(business)s AND status = 'open' AND "
_COUNTS = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM ({rows} LIMIT %(limit)s) AS counted)"
    for rows in (
        _OPEN + "assignee_id = %(user)s",
        _OPEN + "assignee_id IS NULL",
        _OPEN + "unread_count > 0 AND (assignee_id = %(user)s OR assignee_id IS NULL)",
    )
)
"""One statement, because every page of a business asks: the query builder took five times as long as the database."""


class OpenCounts(NamedTuple):
    """How many open conversations are mine and nobody's, and how many of these have unread messages."""

    mine: int
    unassigned: int
    unread: int


def open_counts(user):
    """The counts for a person, each at most ``COUNT_LIMIT``: nobody waits for an exact thousand."""
    rows = bulk.fetch(_COUNTS, {"business": current_scope().business_id, "user": user.pk, "limit": COUNT_LIMIT})
    return OpenCounts(*rows[0])


@dataclass(slots=True)
class ThreadPage:
    """Messages and notes of a stretch of a thread, the oldest first; ``earlier`` and ``before`` bound it."""

    messages: list
    notes: list
    earlier: Cursor | None = None
    before: Cursor | None = None
    previous: Message | None = None
    reactions: dict = field(default_factory=dict)
    quoted: dict = field(default_factory=dict)
    resent: set = field(default_factory=set)
    files: dict = field(default_factory=dict)
    """What ``template_files.of_messages`` says."""


def _messages(conversation):
    """The messages that stand in a thread; reactions stand on the message that they are about."""
    rows = Message.objects.filter(conversation=conversation).exclude(kind="reaction")
    return rows.select_related("author", "template", "media")


def thread_page(conversation, *, before=None):
    """The newest messages of a conversation, or those before a cursor."""
    rows = _messages(conversation)
    if before is not None:
        rows = before.rows_before(rows, "at")
    found = list(rows.order_by("-at", "-pk")[: THREAD_PAGE + 1])
    more = len(found) > THREAD_PAGE
    messages = found[:THREAD_PAGE][::-1]
    notes = Note.objects.filter(conversation=conversation).select_related("author").order_by("-at", "-pk")
    if more:
        notes = notes.filter(at__gte=messages[0].at)
    if before is not None:
        notes = notes.filter(at__lt=before.at)
    page = ThreadPage(messages, list(notes[: 5 * THREAD_PAGE])[::-1], before=before)
    if more:
        page.earlier, page.previous = Cursor(messages[0].at, messages[0].pk), found[THREAD_PAGE]
    return _with_what_belongs(conversation, page)


def thread_news(conversation, *, seen, references=(), notes_since=None):
    """What an open page lacks: messages that came after the cursor ``seen``, and those named.

    A message may become visible after one that is newer, so the last minutes are read again, and so are rows with
    a later key whatever their time. The page puts each where it belongs.
    """
    rows = _messages(conversation)
    found = {}
    if seen is not None:
        recent = rows.filter(at__gte=seen.at - RECENT).order_by("-at", "-pk")[:NEWS]
        late = rows.filter(pk__gt=seen.pk).order_by("pk")[:NEWS]
        found = {message.pk: message for message in [*recent, *late]}
    if references:
        named = rows.filter(reference__in=list(references)[:NEWS])
        found |= {message.pk: message for message in named}
    messages = sorted(found.values(), key=lambda message: (message.at, message.pk))
    notes = Note.objects.filter(conversation=conversation).select_related("author").order_by("-at", "-pk")
    if notes_since is not None:
        notes = notes.filter(at__gte=notes_since - RECENT)
    page = ThreadPage(messages, list(notes[:NEWS])[::-1] if seen is not None or notes_since is not None else [])
    if messages:
        first = Cursor(messages[0].at, messages[0].pk)
        page.previous = first.rows_before(_messages(conversation), "at").order_by("-at", "-pk").first()
    return _with_what_belongs(conversation, page)


def _with_what_belongs(conversation, page):
    """Reactions to these messages and the messages that they answer."""
    ids = [message.provider_id for message in page.messages if message.provider_id]
    number = conversation.phone_number_id
    if ids:
        for reaction in Reaction.objects.filter(phone_number=number, target_provider_id__in=ids).exclude(emoji=""):
            page.reactions.setdefault(reaction.target_provider_id, []).append(reaction)
    answered = {message.reply_to_provider_id for message in page.messages} - {""}
    known = {message.provider_id: message for message in page.messages if message.provider_id}
    page.quoted = {name: known[name] for name in answered & known.keys()}
    missing = answered - known.keys()
    if missing:
        others = Message.objects.filter(phone_number=number, provider_id__in=missing).select_related("author")
        page.quoted |= {message.provider_id: message for message in others}
    page.resent = _sent_again(page.messages)
    page.files = template_files.of_messages(page.messages)
    return page


def _sent_again(messages):
    """The references of those failed or doubtful messages that somebody has sent again."""
    keys = {resend_key(one): one.reference for one in messages if one.status in _MAY_BE_SENT_AGAIN}
    if not keys:
        return set()
    again = Message.objects.filter(business_id=messages[0].business_id, idempotency_key__in=list(keys))
    return {keys[key] for key in again.values_list("idempotency_key", flat=True)}


def history(contact, *, other_than=None):
    """The conversations of a person, the latest first."""
    rows = Conversation.objects.filter(contact=contact).select_related("phone_number")
    if other_than is not None:
        rows = rows.exclude(pk=other_than.pk)
    return list(rows.order_by("-last_activity_at")[:20])


def addresses(contact):
    """The numbers of a person in their order, each once, with ``+``."""
    kinds = [IdentityKind.WA_ID, IdentityKind.PHONE]
    values = Identity.objects.filter(contact=contact, kind__in=kinds).order_by("pk").values_list("value", flat=True)
    return [f"+{value}" for value in dict.fromkeys(values)]


def name_of(contact: Contact | ListedConversation, address=""):
    """What a person is called in the inbox: their name, else the username, else the number."""
    if contact.name:
        return contact.name
    if contact.username:
        return f"@{contact.username}"
    return f"+{address.lstrip('+')}" if address else ""
