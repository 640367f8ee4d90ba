"""News from the provider about accounts and numbers (onboarding reference §10). Each is safe to hear twice and late."""

from onboarding.models import NewsKind, NewsSource, PhoneNumber, ProviderRoute, Waba
from onboarding.services import account_news, badge, number_news, numbers, renamings
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
    """A display name was approved or refused. Polls tell so too, but not why a name was refused."""
    number = numbers.number_of(waba, _digits(event))
    if number is None:
        return
    if event.decision in {ReviewDecision.APPROVED, ReviewDecision.REJECTED}:
        at, reason = number_news.moment_of(event), event.rejection_reason or ""
        if account_news.is_outdated(waba, NewsKind.NAME, at, number):
            PhoneNumber.objects.filter(pk=number.pk, name_rejection_reason="").update(name_rejection_reason=reason)
        if not account_news.is_from_before(waba, at):
            _name_decided(waba, number, event, at, reason)
    numbers.touch(waba)


def _name_decided(waba, number, event, at, reason):
    # A renaming knows by its own names what is late, and one that was begun elsewhere is told by no poll.
    if number.registered_at and renamings.heard(number, event.requested_name, event.name_status, reason):
        return
    if account_news.is_outdated(waba, NewsKind.NAME, at, number):
        return
    PhoneNumber.objects.filter(pk=number.pk).update(name_rejection_reason=reason)
    number.name_rejection_reason = reason
    changes = {"name_status": str(event.name_status)}
    if event.decision == ReviewDecision.APPROVED and event.requested_name:
        changes["display_name"] = event.requested_name
    numbers.apply(number, changes, NewsSource.WEBHOOK, at)


def quality_changed(waba, event):
    number = numbers.number_of(waba, _digits(event))
    if number is None:
        return
    at = number_news.moment_of(event)
    if event.event == "THROUGHPUT_UPGRADE":
        kind, changes = NewsKind.THROUGHPUT, {"throughput": 1000}
    else:
        kind, changes = NewsKind.LIMIT, {} if event.limit is None else {"messaging_limit": str(event.limit)}
    if changes and not account_news.is_outdated(waba, kind, at, number):
        numbers.apply(number, changes, NewsSource.WEBHOOK, at)
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
