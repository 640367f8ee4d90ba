"""News from the provider about accounts and numbers (onboarding reference §10). Each is safe to hear twice and late."""

from config.clock import now
from onboarding.models import PhoneNumber, ProviderRoute, Waba
from onboarding.services import badge, numbers
from providers.base import ReviewDecision
from providers.webhooks import dispatch
from providers.webhooks.events import (
    AccountAlert,
    AccountReview,
    AccountUpdate,
    BusinessCapability,
    PhoneNumberName,
    PhoneNumberQuality,
    Security,
)
from tenants import audit, live


def listen():
    """Subscribe to what onboarding understands (called once when the app is ready)."""
    for kind, handle in _HANDLERS.items():
        dispatch.subscribe(kind, handler=_each(handle))


def _each(handle):
    def handler(batch):
        accounts = _accounts({heard.event.waba_id for heard in batch if heard.event.waba_id})
        for heard in sorted(batch, key=lambda heard: (heard.event.at_ms or 0, heard.delivery_id)):
            waba = accounts.get(heard.event.waba_id)
            if waba is None:
                dispatch.keep_unknown(heard, "no business has this account")
            else:
                handle(waba, heard.event)

    return handler


def _accounts(waba_ids):
    routes = ProviderRoute.objects.filter(kind=ProviderRoute.Kind.WABA, provider_id__in=waba_ids)
    owners = {route.target_pk: route.provider_id for route in routes}
    rows = Waba.objects.select_related("business").filter(pk__in=owners)
    return {owners[waba.pk]: waba for waba in rows}


def _digits(event):
    return "".join(sign for sign in event.display_phone_number or "" if sign.isdigit())


def name_decided(waba, event):
    number = numbers.number_of(waba, _digits(event))
    if number is None:
        return
    if event.decision in {ReviewDecision.APPROVED, ReviewDecision.REJECTED}:
        PhoneNumber.objects.filter(pk=number.pk).update(name_rejection_reason=event.rejection_reason or "")
        number.name_rejection_reason = event.rejection_reason or ""
        changes = {"name_status": str(event.name_status)}
        if event.decision == ReviewDecision.APPROVED and event.requested_name:
            changes["display_name"] = event.requested_name
        numbers.apply(number, changes)
    numbers.touch(waba)


def quality_changed(waba, event):
    number = numbers.number_of(waba, _digits(event))
    if number is None:
        return
    if event.event == "THROUGHPUT_UPGRADE":
        numbers.apply(number, {"throughput": 1000})
    elif event.limit is not None:
        numbers.apply(number, {"messaging_limit": str(event.limit)})
    numbers.touch(waba)


def account_updated(waba, event):
    if event.restrictions:
        waba.restrictions = [
            {"type": restriction.type, "expires_at_ms": restriction.expires_at_ms, "text": restriction.remediation}
            for restriction in event.restrictions
        ]
    states = {
        "DISABLE": "disabled",
        "SCHEDULE_FOR_DISABLE": "disabling",
        "REINSTATE": "active",
    }
    if event.ban_state in states:
        waba.status = states[event.ban_state]
    elif event.event in {"ACCOUNT_DELETED", "PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED", "ACCOUNT_OFFBOARDED"}:
        waba.status = "disconnected"
    waba.next_poll_at = now()
    waba.save(update_fields=["restrictions", "status", "next_poll_at"])
    audit.record(
        audit.to_translate("news from Meta"),
        event.event,
        business=waba.business,
        violation=event.violation_type,
        ban=event.ban_state,
    )
    live.emit("account", business_id=waba.business_id, waba=str(waba.reference))


def account_reviewed(waba, event):
    waba.account_review = str(event.decision)
    waba.save(update_fields=["account_review"])
    numbers.touch(waba)


def capability_changed(waba, event):
    if event.messaging_limit is not None:
        waba.messaging_limit = str(event.messaging_limit)
        waba.save(update_fields=["messaging_limit"])
    live.emit("account", business_id=waba.business_id, waba=str(waba.reference))


def noted(waba, event):
    """Alerts and PIN news: kept in the audit trail, and a reason to look."""
    subject = getattr(event, "alert_type", "") or getattr(event, "event", "")
    audit.record(
        audit.to_translate("news from Meta"), subject, business=waba.business, details=getattr(event, "description", "")
    )
    numbers.touch(waba)


def alerted(waba, event):
    """An alert; about a badge it may be the decision."""
    if event.alert_type.startswith("OBA_"):
        badge.heard(waba, event)
    noted(waba, event)


_HANDLERS = {
    PhoneNumberName: name_decided,
    PhoneNumberQuality: quality_changed,
    AccountUpdate: account_updated,
    AccountReview: account_reviewed,
    BusinessCapability: capability_changed,
    AccountAlert: alerted,
    Security: noted,
}
