"""Open lists of words: what a provider may say about a business, a number or a template (see ``providers.base``)."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Self

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


class OpenEnum(StrEnum):
    """An enumeration that can meet words it doesn't know; each subclass has a member ``UNKNOWN``."""

    @classmethod
    def _missing_(cls, value: object) -> Self:
        word = _NOT_A_WORD.sub("_", value.lower()).strip("_") if isinstance(value, str) else ""
        word = cls.aliases().get(word, word)
        member = cls._value2member_map_.get(word, cls._value2member_map_["unknown"])
        return member  # type: ignore[return-value]

    @classmethod
    def aliases(cls) -> Mapping[str, str]:
        """Other spellings that were seen for a word, in lower case."""
        return {}


class BusinessVerification(OpenEnum):
    """Whether Meta knows the company behind a portfolio (SDK 26: ``verification_status``, ten words)."""

    NOT_VERIFIED = "not_verified"
    PENDING = "pending"
    PENDING_NEED_MORE_INFO = "pending_need_more_info"
    PENDING_SUBMISSION = "pending_submission"
    VERIFIED = "verified"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    REVOKED = "revoked"
    INELIGIBLE = "ineligible"
    UNKNOWN = "unknown"

    @classmethod
    def aliases(cls) -> Mapping[str, str]:
        return {"unverified": "not_verified"}


class ReviewDecision(OpenEnum):
    """The review of an account or of a display name."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    RESTRICTED = "restricted"
    LIMIT_REACHED = "limit_reached"
    UNKNOWN = "unknown"


class NameStatus(OpenEnum):
    """Where the review of a display name stands (WhatsApp docs, "Display names", 2026-03)."""

    APPROVED = "approved"
    AVAILABLE_WITHOUT_REVIEW = "available_without_review"
    DECLINED = "declined"
    EXPIRED = "expired"
    PENDING_REVIEW = "pending_review"
    NONE = "none"
    UNKNOWN = "unknown"

    @classmethod
    def aliases(cls) -> Mapping[str, str]:
        return {
            "non_exists": "none",
            "rejected": "declined",
            "pending": "pending_review",
        }

    @property
    def is_usable(self) -> bool:
        """Whether customers may see the name."""
        return self in {NameStatus.APPROVED, NameStatus.AVAILABLE_WITHOUT_REVIEW}


class CodeVerification(OpenEnum):
    """Whether the owner of a number proved it with a code."""

    NOT_VERIFIED = "not_verified"
    VERIFIED = "verified"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @classmethod
    def aliases(cls) -> Mapping[str, str]:
        return {"unverified": "not_verified"}


class NumberStatus(OpenEnum):
    """The state of a number at the provider; only ``CONNECTED`` can send. Meta publishes no complete list."""

    CONNECTED = "connected"
    PENDING = "pending"
    DISCONNECTED = "disconnected"
    FLAGGED = "flagged"
    RESTRICTED = "restricted"
    RATE_LIMITED = "rate_limited"
    BANNED = "banned"
    DELETED = "deleted"
    MIGRATED = "migrated"
    UNVERIFIED = "unverified"
    UNKNOWN = "unknown"


class Quality(OpenEnum):
    """Meta's judgement of a number or a template."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    NOT_RATED = "not_rated"
    UNKNOWN = "unknown"

    @classmethod
    def aliases(cls) -> Mapping[str, str]:
        return {"na": "not_rated", "high": "green", "medium": "yellow", "low": "red"}


class MessagingLimit(OpenEnum):
    """How many people a portfolio may write to first within 24 hours."""

    TIER_50 = "tier_50"
    TIER_250 = "tier_250"
    TIER_1K = "tier_1k"
    TIER_2K = "tier_2k"
    TIER_10K = "tier_10k"
    TIER_100K = "tier_100k"
    UNLIMITED = "unlimited"
    UNTIERED = "untiered"
    UNKNOWN = "unknown"

    @classmethod
    def aliases(cls) -> Mapping[str, str]:
        return {
            "tier_unlimited": "unlimited",
            "tier_not_set": "untiered",
            "1": "unlimited",  # "-1": the sign is no letter
            "50": "tier_50",
            "250": "tier_250",
            "1000": "tier_1k",
            "2000": "tier_2k",
            "10000": "tier_10k",
            "100000": "tier_100k",
        }

    @property
    def people_per_day(self) -> int | None:
        """The limit as a number; ``None`` when there is none or it isn't known."""
        return {
            "tier_50": 50,
            "tier_250": 250,
            "tier_1k": 1_000,
            "tier_2k": 2_000,
            "tier_10k": 10_000,
            "tier_100k": 100_000,
        }.get(self.value)


class TemplateState(OpenEnum):
    """Where a message template stands; the last four but one only occur as news, never in a list."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    PAUSED = "paused"
    DISABLED = "disabled"
    IN_APPEAL = "in_appeal"
    PENDING_DELETION = "pending_deletion"
    DELETED = "deleted"
    LIMIT_EXCEEDED = "limit_exceeded"
    ARCHIVED = "archived"
    FLAGGED = "flagged"
    REINSTATED = "reinstated"
    LOCKED = "locked"
    UNARCHIVED = "unarchived"
    UNKNOWN = "unknown"


class TemplateKind(OpenEnum):
    """The category of a template, which decides its price."""

    MARKETING = "marketing"
    UTILITY = "utility"
    AUTHENTICATION = "authentication"
    UNKNOWN = "unknown"


class Badge(OpenEnum):
    """Whether a number carries the mark of an Official Business Account."""

    NOT_STARTED = "not_started"
    PENDING = "pending"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class Health(OpenEnum):
    """Whether a number, account, portfolio, app or template can take part in sending."""

    AVAILABLE = "available"
    LIMITED = "limited"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class Acceptance(OpenEnum):
    """What the provider said when it took a message."""

    ACCEPTED = "accepted"
    HELD = "held_for_quality_assessment"
    PAUSED = "paused"
    UNKNOWN = "unknown"
