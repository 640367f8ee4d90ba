"""Looking at accounts and numbers, the net under the webhooks: one round per WABA, adaptive.

How often is ``poll_budget``'s: the older what is under way, the longer the pauses, and never beyond the hour's budget.
"""

import random
from datetime import timedelta

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext_noop

from config.clock import now
from config.faults import fault_point
from onboarding import gateway
from onboarding.enums import StepState
from onboarding.models import NewsSource, OnboardingStep, Waba
from onboarding.services import account_news, number_news, numbers, poll_budget
from providers import incidents
from providers.base import ProviderError
from tenants import audit
from tenants.tenancy import acting_for, every_business

LEASE = timedelta(minutes=2)
CALM = timedelta(hours=6)
TROUBLED = timedelta(minutes=15)
"""While an account or number may not do all it should: lifting is told by no webhook."""
STUCK_AFTER_FAILURES = 5
QUESTIONS = 3
"""Of one round: the account, its numbers, its health."""


def poll_due(limit=20):
    """Look at every account that is due; return how many were seen and how many didn't answer."""
    with every_business():
        pks = list(
            Waba.objects.filter(next_poll_at__lte=now()).order_by("next_poll_at").values_list("pk", flat=True)[:limit]
        )
    return {"polled": len(pks), "failed": sum(not poll(pk) for pk in pks)}


def poll(pk):
    """Ask for one account and its numbers, and store what changed. Returns whether the provider answered."""
    with acting_for(Waba, pk) as waba:
        if not poll_budget.claim(waba, "next_poll_at", QUESTIONS, LEASE):
            return True
        waba_id, token, provider, business = waba.waba_id, waba.access_token, waba.provider, waba.business.slug
    asked = []
    line = gateway.line(
        access_token=token, provider=provider, subject=f"waba:{pk}", business=business, step="poll", asked=asked
    )
    try:
        account, reports = line.fetch_waba(waba_id), line.list_phone_numbers(waba_id)
        health = account_news.ask_health(line, waba_id)
    except ProviderError as error:
        with acting_for(Waba, pk) as waba:
            poll_budget.settle(waba, QUESTIONS, len(asked))
            failed(waba, error)
        return False
    with acting_for(Waba, pk) as waba:
        poll_budget.settle(waba, QUESTIONS, len(asked))
        store(waba, account, reports)
        account_news.store_health(waba, health)
        fault_point("accounts.poll_before_commit")
    return True


def store(waba, account, reports):
    """Write what the provider said, and when to look again: soon while something is under way, rarely otherwise."""
    changes = {
        "business_verification": account.business_verification,
        "account_review": account.account_review,
        "messaging_limit": account.messaging_limit,
        "status": account_news.status_of(waba, account.status),
    }
    changed = {
        field: str(value)
        for field, value in changes.items()
        if value is not None and getattr(waba, field) != str(value)
    }
    before = {field: getattr(waba, field) for field in changed}
    for field, value in changed.items():
        setattr(waba, field, value)
    if changed:
        number_news.account_changed(waba, before, changed, NewsSource.POLL)
        audit.record(audit.to_translate("account changed at Meta"), waba.name, business=waba.business, after=changed)
    by_digits = {report.digits: report for report in reports}
    for number in waba.phone_numbers.select_related("business"):
        report = by_digits.get(number.e164.lstrip("+"))
        if report is not None:
            changed |= numbers.store_report(number, report)
    waba.poll_failures = 0
    waba.next_poll_at = now() + _pause(waba, bool(changed))
    waba.save(update_fields=[*(set(changed) & set(changes)), "poll_failures", "next_poll_at"])
    incidents.close_incident(f"poll:waba:{waba.pk}")


def failed(waba, error):
    """No answer: look again after a growing pause; after some of them staff is told."""
    waba.poll_failures += 1
    pause = timedelta(seconds=settings.POLL_SECONDS) * 2 ** min(waba.poll_failures, 8)
    waba.next_poll_at = now() + min(pause, CALM)
    waba.save(update_fields=["poll_failures", "next_poll_at"])
    poll_budget.heed(waba, error)
    if waba.poll_failures >= STUCK_AFTER_FAILURES:
        incidents.open_incident(
            f"poll:waba:{waba.pk}", gettext_noop("An account gets no answer from Meta"), f"{waba}: {error}"
        )


def _pause(waba, changed):
    steps = OnboardingStep.objects.filter(application__phone_numbers__waba=waba, state=StepState.WAITING_FOR_META)
    since = steps.aggregate(since=Max("since"))["since"]
    troubled = waba.restrictions or waba.phone_numbers.filter(status__in=["banned", "restricted", "flagged"]).exists()
    if changed:
        pause = timedelta(seconds=settings.POLL_SECONDS)
    elif since is not None:
        pause = poll_budget.pause_since(since)
    else:
        pause = TROUBLED if troubled else CALM
    return pause * random.uniform(0.9, 1.2)
