"""News about accounts and numbers (WhatsApp docs "Webhooks: account_update" and its neighbours, 2025-12 to 2026-09)."""

from typing import Any

from providers.base import BusinessVerification, MessagingLimit, NameStatus, ReviewDecision
from providers.webhooks.events import (
    AccountAlert,
    AccountReview,
    AccountUpdate,
    BusinessCapability,
    PhoneNumberName,
    PhoneNumberQuality,
    Restriction,
    Security,
)
from providers.webhooks.parser.frame import Frame
from providers.webhooks.parser.values import (
    identifier,
    mapping,
    moment_or_date,
    safe,
    sequence,
    text,
    whole,
)

Item = dict[str, Any]

OF_THE_PARTNER = ("PARTNER_", "AD_ACCOUNT_LINKED", "MM_LITE_TERMS_SIGNED")
"""Events whose entry names the partner's portfolio, not the WABA."""

_CERTIFICATION = {
    "approved": BusinessVerification.VERIFIED,
    "discarded": BusinessVerification.REJECTED,
    "failed": BusinessVerification.FAILED,
    "pending": BusinessVerification.PENDING,
    "revoked": BusinessVerification.REVOKED,
}


def read_account_update(frame: Frame, value: Item) -> None:
    """Something happened to a WABA."""
    event = text(value.get("event"))
    if not event:
        return frame.unknown("unexpected_shape", "no event is named", value)
    waba = mapping(value.get("waba_info"))
    frame.waba_id = identifier(waba.get("waba_id")) or (None if event.startswith(OF_THE_PARTNER) else frame.waba_id)
    frame.display_phone_number = text(value.get("phone_number"))[:64] or frame.display_phone_number
    ban, left = mapping(value.get("ban_info")), mapping(value.get("disconnection_info"))
    state = ban.get("waba_ban_state")
    proof = mapping(value.get("partner_client_certification_info"))
    needed = mapping(value.get("partner_client_certification_needed_info"))
    verdict = text(proof.get("status"))
    frame.events.append(
        AccountUpdate(
            event=event[:100],
            entry_id=frame.entry_id,
            restrictions=[
                Restriction(
                    text(one.get("restriction_type"))[:100],
                    moment_or_date(one.get("expiration")),
                    text(one.get("remediation"))[:2000],
                )
                for one in sequence(value.get("restriction_info"))[:100]
                if type(one) is dict
            ],
            ban_state=text(next(iter(state), "") if type(state) is list else state)[:100],
            ban_date=text(ban.get("waba_ban_date"))[:100],
            violation_type=text(mapping(value.get("violation_info")).get("violation_type"))[:100],
            owner_business_id=text(waba.get("owner_business_id"))[:200],
            partner_app_id=text(waba.get("partner_app_id"))[:200],
            solution_id=text(waba.get("solution_id"))[:200],
            disconnection_reason=text(left.get("reason"))[:100],
            disconnected_by=text(left.get("initiated_by"))[:100],
            certification=_CERTIFICATION.get(verdict.lower(), BusinessVerification.UNKNOWN) if verdict else None,
            certification_word=verdict[:100],
            client_business_id=text(proof.get("client_business_id") or needed.get("client_business_id"))[:200],
            country=text(value.get("country"))[:10],
            details=safe(value),
            **frame.about_account(),
        )
    )


def read_account_review(frame: Frame, value: Item) -> None:
    """The review of a WABA."""
    if not text(value.get("decision")):
        return frame.unknown("unexpected_shape", "no decision is named", value)
    frame.events.append(AccountReview(decision=ReviewDecision(value["decision"]), **frame.about_account()))


def read_account_alert(frame: Frame, value: Item) -> None:
    """A warning or a decision, for example about the badge."""
    alert = mapping(value.get("alert_info")) or value
    if not text(alert.get("alert_type")):
        return frame.unknown("unexpected_shape", "no kind of alert is named", value)
    entity_type, entity_id = text(value.get("entity_type")), text(value.get("entity_id"))[:200]
    if entity_type == "PHONE_NUMBER" and entity_id:
        frame.phone_number_id = frame.phone_number_id or entity_id
    frame.events.append(
        AccountAlert(
            entity_type=entity_type[:100],
            entity_id=entity_id,
            alert_type=text(alert.get("alert_type"))[:200],
            severity=text(alert.get("alert_severity"))[:100],
            status=text(alert.get("alert_status"))[:100],
            description=text(alert.get("alert_description"))[:2000],
            **frame.about_account(),
        )
    )


def read_number_name(frame: Frame, value: Item) -> None:
    """A display name was decided on."""
    decision = ReviewDecision(text(value.get("decision")))
    if not text(value.get("decision")) or not _number(frame, value):
        return frame.unknown("unexpected_shape", "no decision or no number is named", value)
    status = {
        ReviewDecision.APPROVED: NameStatus.APPROVED,
        ReviewDecision.REJECTED: NameStatus.DECLINED,
        ReviewDecision.PENDING: NameStatus.PENDING_REVIEW,
        ReviewDecision.DEFERRED: NameStatus.PENDING_REVIEW,
    }.get(decision, NameStatus.UNKNOWN)
    frame.events.append(
        PhoneNumberName(
            decision=decision,
            name_status=status,
            requested_name=text(value.get("requested_verified_name"))[:256],
            rejection_reason=text(value.get("rejection_reason"))[:200],
            **frame.about_account(),
        )
    )


def read_number_quality(frame: Frame, value: Item) -> None:
    """A number's throughput or quality changed. Beside a throughput upgrade "unlimited" speaks of throughput."""
    event = text(value.get("event"))
    if not event or not _number(frame, value):
        return frame.unknown("unexpected_shape", "no event or no number is named", value)
    upgrade = event == "THROUGHPUT_UPGRADE"
    limit = value.get("max_daily_conversations_per_business") or value.get("current_limit")
    frame.events.append(
        PhoneNumberQuality(
            event=event[:100],
            limit=None if upgrade else _limit(limit),
            old_limit=None if upgrade else _limit(value.get("old_limit")),
            **frame.about_account(),
        )
    )


def read_capability(frame: Frame, value: Item) -> None:
    """How much a portfolio may do; the limit comes as a number, ``-1``, ``TIER_…`` or ``UNLIMITED``."""
    raw = value.get("max_daily_conversations_per_business", value.get("max_daily_conversation_per_phone"))
    limit = _limit(raw)
    count = whole(raw)
    numbers = whole(value.get("max_phone_numbers_per_business")) or whole(value.get("max_phone_numbers_per_waba"))
    if limit is None and numbers is None:
        return frame.unknown("unexpected_shape", "no limit is named", value)
    people = count if count is not None and count >= 0 else limit.people_per_day if limit else None
    frame.events.append(
        BusinessCapability(
            messaging_limit=limit,
            max_people_per_day=people,
            max_phone_numbers=numbers,
            **frame.about_account(),
        )
    )


def read_security(frame: Frame, value: Item) -> None:
    """A PIN was changed, or someone wants it reset."""
    if not text(value.get("event")):
        return frame.unknown("unexpected_shape", "no event is named", value)
    _number(frame, value)
    frame.events.append(
        Security(
            event=text(value["event"])[:100],
            requester=text(value.get("requester"))[:200],
            **frame.about_account(),
        )
    )


def _number(frame: Frame, value: Item) -> str:
    """The number that is meant, by its digits; remembered for the event."""
    shown = text(value.get("display_phone_number"))[:64]
    frame.display_phone_number = shown or frame.display_phone_number
    return shown


def _limit(value: Any) -> MessagingLimit | None:
    word = text(value)
    return MessagingLimit(word) if word else None
