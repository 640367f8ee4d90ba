"""The worker's side of badge requests: reads links, sends, looks how WhatsApp decided, reminds. Waits in no scope.

A row is taken under a lease by moving ``next_attempt_at``. The request can't be repeated blindly, so ``asked_at`` is
written before its first byte, and whoever comes after a lost answer asks WhatsApp first what it has.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel import Locale
from django.conf import settings
from django.utils.translation import gettext_noop

from config.clock import now
from onboarding import gateway
from onboarding.models import BadgeRequest, BadgeState
from onboarding.services import badge, badge_links, badge_mail, numbers
from providers import incidents
from providers.base import Action, Badge, OutcomeUnknown, ProviderError, ProviderUnavailable
from tenants import audit
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
LONGEST_PAUSE = timedelta(minutes=30)
CALM = timedelta(hours=6)
STUCK_AFTER_ATTEMPTS = 6
TRUSTED_AFTER = timedelta(days=1)
"""A refusal that stood there before the request is only believed after this time, unless it was pending meanwhile."""
UNDER_WAY = {Badge.PENDING, Badge.UNDER_REVIEW}


@dataclass(slots=True)
class Case:
    """Plain values of one request, read inside a scope so that the question can be asked outside it."""

    pk: int
    state: str
    number_id: str
    token: str
    provider: str
    waba_id: str
    urls: list
    names: list
    own_sites: list
    request: dict
    was_asked: bool
    sent_at: datetime | None = None
    was_seen_pending: bool = False
    before: str = ""


def run_due():
    """Work on every request that is due; returns how many were dealt with."""
    with every_business():
        due = BadgeRequest.objects.filter(next_attempt_at__lte=now()).order_by("next_attempt_at")
        pks = list(due.values_list("pk", flat=True)[:50])
    for pk in pks:
        run(pk)
    return len(pks)


def run(pk):
    """Take one due request and do what its state asks for."""
    with acting_for(BadgeRequest, pk) as row:
        at = now()
        if not BadgeRequest.objects.filter(pk=pk, next_attempt_at__lte=at).update(next_attempt_at=at + LEASE):
            return
        case = read(row)
    act = {
        BadgeState.CHECKING: _check,
        BadgeState.SENDING: _send,
        BadgeState.PENDING: _look,
    }.get(case.state)
    if act is None:
        with acting_for(BadgeRequest, pk):
            BadgeRequest.objects.filter(pk=pk).update(next_attempt_at=None)
        return
    try:
        act(case)
    except ProviderError as error:
        _failed(case, error)


def read(row):
    """The values that the question needs."""
    number = row.phone_number
    waba, application = number.waba, number.application
    return Case(
        pk=row.pk,
        state=row.state,
        number_id=number.phone_number_id or "",
        token=waba.access_token if waba else "",
        provider=waba.provider if waba else "",
        waba_id=(waba.waba_id or "") if waba else "",
        urls=row.urls,
        names=[number.display_name, application.brand if application else "", row.parent_brand],
        own_sites=[site for site in (row.website, application.website if application else "") if site],
        request={
            "website": row.website,
            "country": _in_english("territories", row.country),
            "language": _in_english("languages", row.language),
            "parent_brand": row.parent_brand,
            "links": row.urls,
            "more": row.more,
        },
        was_asked=row.asked_at is not None,
        sent_at=row.sent_at,
        was_seen_pending=row.was_seen_pending,
        before=row.provider_status,
    )


def _in_english(kind, code):
    """A country or language as the request wants it: its English name (docs of 5 April 2026)."""
    return getattr(Locale("en"), kind).get(code, code)


def _line(case):
    return gateway.line(access_token=case.token, provider=case.provider, subject=f"badge:{case.pk}")


# Checking


def _check(case):
    links = badge_links.read_all(case.urls, names=case.names, own_sites=case.own_sites)
    report, account, trouble = None, None, ""
    try:
        if case.number_id:
            line = _line(case)
            report = line.fetch_phone_number(case.number_id)
            account = line.fetch_waba(case.waba_id) if case.waba_id else None
    except ProviderError as error:
        trouble = str(error)[:200]
    with acting_for(BadgeRequest, case.pk) as found:
        row = badge.lock(found)
        if row.state != BadgeState.CHECKING or row.urls != case.urls:
            return  # answered anew or withdrawn meanwhile; a new check is due
        number = row.phone_number
        if report is not None:
            numbers.store_report(number, report)
        if account is not None and account.business_verification is not None:
            number.waba.business_verification = str(account.business_verification)
            number.waba.save(update_fields=["business_verification"])
        row.links = links
        row.facts = {"trouble": trouble, "at": now().isoformat()}
        if report is not None:
            row.facts |= {"pin": report.is_pin_enabled, "on_app": report.is_on_business_app}
        row.checked_at = now()
        badge.put(row, BadgeState.CHECKED)


# Sending


def _send(case):
    line = _line(case)
    report = line.fetch_official_account(case.number_id)
    if report.badge in UNDER_WAY or report.badge == Badge.APPROVED or report.is_official:
        _taken(case, report)
        return
    with acting_for(BadgeRequest, case.pk) as found:
        row = badge.lock(found)
        if row.state != BadgeState.SENDING:
            return
        row.asked_at = row.asked_at or now()
        row.provider_status = str(report.badge or "")
        row.save(update_fields=["asked_at", "provider_status"])
    line.request_official_account(case.number_id, **case.request)
    try:
        after = line.fetch_official_account(case.number_id)
    except ProviderError:
        after = None  # it was taken all the same; the polls will tell
    _taken(case, after, before=str(report.badge or ""))


def _taken(case, report, before=None):
    """WhatsApp has the request (it may have decided already)."""
    with acting_for(BadgeRequest, case.pk) as found:
        row = badge.lock(found)
        if row.state != BadgeState.SENDING:
            return  # the decision came by webhook, faster than our own answer
        row.asked_at = row.asked_at or now()
        row.sent_at = row.asked_at
        row.last_error, row.last_error_code, row.last_error_subcode, row.attempts = "", None, None, 0
        row.was_seen_pending = report is not None and report.badge in UNDER_WAY
        row.provider_status = before if before is not None else str(report.badge or "")
        badge.put(row, BadgeState.PENDING, next_attempt_at=now() + timedelta(seconds=settings.POLL_SECONDS))
        audit.record(audit.to_translate("badge request at WhatsApp"), row, business=row.business)
        badge_mail.sent(row)
        incidents.close_incident(f"badge:{row.pk}")


# Looking


def _look(case):
    report = _line(case).fetch_official_account(case.number_id)
    with acting_for(BadgeRequest, case.pk) as found:
        row = badge.lock(found)
        if row.state != BadgeState.PENDING:
            return
        word = report.badge
        if report.is_official or word == Badge.APPROVED:
            badge.decided(row, approved=True)
        elif word == Badge.REJECTED and _is_about(row):
            badge.decided(row, approved=False)
        elif word in {Badge.EXPIRED, Badge.CANCELLED} and _is_about(row):
            badge.lapsed(row)
        else:
            row.was_seen_pending = row.was_seen_pending or word in UNDER_WAY
            if word in UNDER_WAY:
                row.provider_status = str(word)
            row.looks = min(row.looks + 1, 1000)
            row.attempts = 0
            row.next_attempt_at = now() + min(timedelta(seconds=settings.POLL_SECONDS) * 2 ** min(row.looks, 12), CALM)
            row.save(update_fields=["was_seen_pending", "provider_status", "looks", "attempts", "next_attempt_at"])
        incidents.close_incident(f"badge:{row.pk}")


def _is_about(row):
    """Whether an end that WhatsApp shows is that of this attempt and not still the last one's."""
    stood_before = row.provider_status in {"rejected", "expired", "cancelled"}
    return row.was_seen_pending or not stood_before or now() - row.sent_at > TRUSTED_AFTER


# When no answer or a no comes


def _failed(case, error):
    again = isinstance(error, (ProviderUnavailable, OutcomeUnknown)) or error.action in {Action.RETRY, Action.WAIT}
    with acting_for(BadgeRequest, case.pk) as found:
        row = badge.lock(found)
        if row.state != case.state:
            return
        row.attempts = min(row.attempts + 1, 1000)
        pause = min(timedelta(seconds=5 * 2 ** min(row.attempts, 10)), LONGEST_PAUSE)
        if error.retry_after:
            pause = max(pause, timedelta(seconds=min(error.retry_after, 24 * 3600)))
        row.last_error = (error.details or error.message or str(error))[:400]
        row.last_error_code, row.last_error_subcode = error.code, error.subcode
        if row.state == BadgeState.SENDING and not again:
            if case.was_asked:
                logger.info("Badge request %s was refused after an unknown outcome: %s", case.pk, error)
            row.asked_at = None
            badge.put(row, BadgeState.CHECKED)
            badge_mail.not_taken(row)
            audit.record(
                audit.to_translate("badge request not taken"), row, business=row.business, reason=row.last_error
            )
            return
        row.next_attempt_at = now() + pause
        row.save()
        if row.attempts >= STUCK_AFTER_ATTEMPTS:
            incidents.open_incident(
                f"badge:{row.pk}", gettext_noop("A badge request gets no answer"), f"{row}: {row.last_error}"
            )


# Reminding


def remind_due():
    """Tell each refused business once that its day has come; returns how many attempts were dealt with.

    However long nobody ran this: the rows stay due.
    """
    with every_business():
        due = BadgeRequest.objects.filter(state=BadgeState.REFUSED, reminded_at=None, retry_at__lte=now())
        pks = list(due.order_by("retry_at").values_list("pk", flat=True)[:200])
    for pk in pks:
        _remind(pk)
    return len(pks)


def _remind(pk):
    with acting_for(BadgeRequest, pk) as found:
        row = badge.lock(found)
        if row.state != BadgeState.REFUSED or row.reminded_at or row.retry_at > now():
            return
        row.reminded_at = now()
        row.save(update_fields=["reminded_at"])
        later = BadgeRequest.objects.filter(phone_number_id=row.phone_number_id, attempt__gt=row.attempt).exists()
        if not later and not row.phone_number.is_official:
            badge_mail.again(row)
        badge.tell(row)
