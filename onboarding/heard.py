"""News from the provider about accounts and numbers (onboarding reference §10). Each is safe to hear twice and late."""

from onboarding.models import NewsSource, PhoneNumber, ProviderRoute, Waba
from onboarding.services import account_news, badge, numbers, renamings
from providers.base import ReviewDecision
from providers.webhooks import early, subscribers
from providers.webhooks.events import (
    AccountAlert,
    AccountReview,
    AccountUpdate,
    BusinessCapability,
    PhoneNumberName,
    PhoneNumberQuality,
    Security,
)
from tenants.tenancy import every_business


def listen():
    """Subscribe to what onboarding understands (called once when the app is ready)."""
    for kind, handle in _HANDLERS.items():
        subscribers.subscribe(kind, handler=_each(handle))


def _each(handle):
    def handler(batch):
        accounts = _accounts({heard.event.waba_id for heard in batch if heard.event.waba_id})
        for heard in sorted(batch, key=lambda heard: (heard.event.at_ms or 0, heard.delivery_id)):
            waba = accounts.get(heard.event.waba_id)
            if waba is None:
                subscribers.keep_early(heard, "no business has this account")
            else:
                handle(waba, heard.event)

    return handler


def hear_early_news():
    """Take in what came about accounts before they were ours; returns how many events."""
    return early.hear_again(lambda waba_ids: set(_accounts(waba_ids)), every_business)


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
    if event.decision in {ReviewDecision.APPROVED, ReviewDecision.REJECTED} and not (
        number.registered_at
        and renamings.heard(number, event.requested_name, event.name_status, event.rejection_reason)
    ):
        PhoneNumber.objects.filter(pk=number.pk).update(name_rejection_reason=event.rejection_reason or "")
        number.name_rejection_reason = event.rejection_reason or ""
        changes = {"name_status": str(event.name_status)}
        if event.decision == ReviewDecision.APPROVED and event.requested_name:
            changes["display_name"] = event.requested_name
        numbers.apply(number, changes, NewsSource.WEBHOOK)
    numbers.touch(waba)


def quality_changed(waba, event):
    number = numbers.number_of(waba, _digits(event))
    if number is None:
        return
    if event.event == "THROUGHPUT_UPGRADE":
        numbers.apply(number, {"throughput": 1000}, NewsSource.WEBHOOK)
    elif event.limit is not None:
        numbers.apply(number, {"messaging_limit": str(event.limit)}, NewsSource.WEBHOOK)
    numbers.touch(waba)


def alerted(waba, event):
    """An alert; about a badge it may be the decision."""
    if event.alert_type.startswith("OBA_"):
        badge.heard(waba, event)
    account_news.alerted(waba, event)


_HANDLERS = {
    PhoneNumberName: name_decided,
    PhoneNumberQuality: quality_changed,
    AccountUpdate: account_news.updated,
    AccountReview: account_news.reviewed,
    BusinessCapability: account_news.capability_changed,
    AccountAlert: alerted,
    Security: account_news.security_changed,
}
