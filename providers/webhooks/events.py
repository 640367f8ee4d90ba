"""What the outside told us, in our own words: the typed events that ``parser.parse_delivery`` makes of a delivery.

Times are milliseconds since 1970 as the provider gave them, or ``None`` with the reason in ``time_problem``
(``missing`` or ``absurd``). Texts hold no NUL and no lone surrogate: each became U+FFFD, so PostgreSQL takes them.
Identifiers are at most 512 characters. Everything in ``content``, ``piece`` and ``details`` is JSON-safe.
"""

from dataclasses import dataclass, field
from typing import Any

from providers.base import (
    BusinessVerification,
    MessagingLimit,
    NameStatus,
    Quality,
    ReviewDecision,
    TemplateKind,
    TemplateState,
)

STATUS_RANKS = {"sent": 1, "delivered": 2, "read": 3, "played": 4}
"""How far a message came. ``failed`` is no step of this ladder, see ``StatusUpdate.ladder``."""

LADDER = {"sent": 10, "failed": 15, "delivered": 20, "read": 30, "played": 40}
"""The same as one order in which the greatest wins: a failure beats ``sent``, yet a later delivery beats it."""


@dataclass(slots=True)
class Identity:
    """A person on WhatsApp; any part may be missing (since April 2026 the number too)."""

    wa_id: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    profile_name: str | None = None

    def __bool__(self) -> bool:
        return bool(self.wa_id or self.bsuid or self.parent_bsuid)


@dataclass(slots=True)
class ErrorInfo:
    """An error inside a webhook."""

    code: int | None
    title: str = ""
    details: str = ""


@dataclass(slots=True)
class Pricing:
    """What a message costs, as the provider classed it."""

    type: str = ""
    category: str = ""
    billable: bool | None = None
    model: str = ""


@dataclass(slots=True, kw_only=True)
class Event:
    """One thing that happened. ``position`` (entry, change, item) orders the events of a delivery."""

    waba_id: str | None = None
    phone_number_id: str | None = None
    display_phone_number: str | None = None
    position: tuple[int, int, int] = (0, 0, 0)
    at_ms: int | None = None
    time_problem: str = ""


@dataclass(slots=True, kw_only=True)
class Unknown(Event):
    """A piece that isn't used.

    ``kind`` is ``unreadable`` (not JSON), ``unexpected_shape``, ``unknown_field``, ``too_many``, or
    ``recognised_but_unused``; only the last one is nothing to look at.
    """

    kind: str = "unexpected_shape"
    reason: str = ""
    field: str = ""
    piece: Any = None


@dataclass(slots=True, kw_only=True)
class Message(Event):
    """What messages in both directions have. ``text`` is what a person would read of it, empty for bare files."""

    provider_id: str
    type: str
    text: str = ""
    content: dict[str, Any] = field(default_factory=dict)
    context_id: str | None = None
    context_from: str | None = None
    group_id: str | None = None
    errors: list[ErrorInfo] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class InboundMessage(Message):
    """Someone wrote to a business number."""

    sender: Identity
    forwarded: bool = False
    often_forwarded: bool = False
    referral: dict[str, Any] | None = None
    referred_product: dict[str, str] | None = None


@dataclass(slots=True, kw_only=True)
class MessageEcho(Message):
    """The business wrote in the WhatsApp Business app. ``target_id`` is set when it edited or deleted a message."""

    recipient: Identity
    target_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Reaction(Event):
    """Someone reacted to a message; without an emoji they took it back."""

    provider_id: str
    sender: Identity
    target_id: str
    emoji: str | None = None
    group_id: str | None = None


@dataclass(slots=True, kw_only=True)
class Edit(Event):
    """Someone changed a message of theirs (coexistence, within 15 minutes)."""

    provider_id: str
    sender: Identity
    target_id: str
    type: str = ""
    text: str = ""
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Revoke(Event):
    """Someone deleted a message of theirs (coexistence, within two days)."""

    provider_id: str
    sender: Identity
    target_id: str


@dataclass(slots=True, kw_only=True)
class SystemChange(Event):
    """A person has another number, ID or phone. ``old`` and ``new`` are the same person; link, never overwrite."""

    provider_id: str
    kind: str
    old: Identity
    new: Identity
    body: str = ""
    identity_hash: str = ""


@dataclass(slots=True, kw_only=True)
class StatusUpdate(Event):
    """What became of a message of ours."""

    provider_id: str
    status: str
    rank: int
    recipient: Identity
    pricing: Pricing | None = None
    conversation_id: str = ""
    conversation_origin: str = ""
    conversation_expires_at_ms: int | None = None
    errors: list[ErrorInfo] = field(default_factory=list)
    reference: str = ""
    group_id: str | None = None
    participant: Identity | None = None

    @property
    def ladder(self) -> int:
        """The number to take the greatest of; unknown words are 0 and change nothing."""
        return LADDER.get(self.status, 0)


@dataclass(slots=True, kw_only=True)
class AccountError(Event):
    """A fault of the number or account as a whole, not of one message."""

    error: ErrorInfo


@dataclass(slots=True, kw_only=True)
class CallEvent(Event):
    """A call; one that a person made opens the customer service window like a message."""

    provider_id: str
    event: str
    direction: str = ""
    person: Identity
    status: str = ""
    started_at_ms: int | None = None
    ended_at_ms: int | None = None
    duration_seconds: int | None = None
    errors: list[ErrorInfo] = field(default_factory=list)
    reference: str = ""

    @property
    def is_inbound(self) -> bool:
        return self.direction == "user_initiated"


@dataclass(slots=True, kw_only=True)
class UserPreference(Event):
    """A person stopped, resumed or signed up for a kind of message."""

    person: Identity
    category: str
    value: str
    detail: str = ""
    signup_id: str = ""


@dataclass(slots=True, kw_only=True)
class TemplateEvent(Event):
    """What news about templates has in common."""

    template_id: str
    name: str = ""
    language: str = ""


@dataclass(slots=True, kw_only=True)
class TemplateStatus(TemplateEvent):
    """A template's review, pause or end; ``word`` is what the provider said."""

    state: TemplateState
    word: str
    reason: str = ""
    category: TemplateKind | None = None
    title: str = ""
    description: str = ""
    rejection_reason: str = ""
    recommendation: str = ""
    disabled_at_ms: int | None = None


@dataclass(slots=True, kw_only=True)
class TemplateQuality(TemplateEvent):
    """People's reactions changed a template's quality."""

    previous: Quality | None
    new: Quality


@dataclass(slots=True, kw_only=True)
class TemplateComponents(TemplateEvent):
    """A template's text was changed, here or in WhatsApp Manager."""

    body: str = ""
    header: str = ""
    footer: str = ""
    buttons: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class TemplateCategory(TemplateEvent):
    """A template's category: ``coming`` (to become ``correct`` at ``effective_at_ms``), ``done``, or ``detected``."""

    phase: str
    current: TemplateKind | None
    previous: TemplateKind | None = None
    correct: TemplateKind | None = None
    effective_at_ms: int | None = None


@dataclass(slots=True, kw_only=True)
class PhoneNumberName(Event):
    """A display name was decided on; the number is told by its digits only."""

    decision: ReviewDecision
    name_status: NameStatus
    requested_name: str = ""
    rejection_reason: str = ""


@dataclass(slots=True, kw_only=True)
class PhoneNumberQuality(Event):
    """A number's throughput or (older) quality changed."""

    event: str
    limit: MessagingLimit | None = None
    old_limit: MessagingLimit | None = None


@dataclass(slots=True)
class Restriction:
    """Something that an account may not do until a moment."""

    type: str
    expires_at_ms: int | None = None
    remediation: str = ""


@dataclass(slots=True, kw_only=True)
class AccountUpdate(Event):
    """Something happened to a WABA. ``entry_id`` may be a partner's portfolio; ``details`` is all that was said."""

    event: str
    entry_id: str | None = None
    restrictions: list[Restriction] = field(default_factory=list)
    ban_state: str = ""
    ban_date: str = ""
    violation_type: str = ""
    owner_business_id: str = ""
    partner_app_id: str = ""
    solution_id: str = ""
    disconnection_reason: str = ""
    disconnected_by: str = ""
    certification: BusinessVerification | None = None
    certification_word: str = ""
    client_business_id: str = ""
    country: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class AccountReview(Event):
    """The review of a WABA was decided; only ``APPROVED`` allows use."""

    decision: ReviewDecision


@dataclass(slots=True, kw_only=True)
class AccountAlert(Event):
    """Something staff or the business should know, such as the decision about a badge."""

    entity_type: str
    entity_id: str
    alert_type: str
    severity: str = ""
    status: str = ""
    description: str = ""


@dataclass(slots=True, kw_only=True)
class BusinessCapability(Event):
    """How many people a portfolio may write to, and how many numbers it may have."""

    messaging_limit: MessagingLimit | None = None
    max_people_per_day: int | None = None
    max_phone_numbers: int | None = None


@dataclass(slots=True, kw_only=True)
class Security(Event):
    """A number's PIN was changed, or someone asked to reset it."""

    event: str
    requester: str = ""
