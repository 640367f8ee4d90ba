"""What Meta says about a whole account: restrictions, bans, violations, limits, alerts, PINs, and whether it may send.

Told by webhook (``onboarding/heard.py``) and seen by poll (``services/polls.py``), whichever comes first. Each webhook
may come twice, late or never: its line of history has a key of its own words and time, and what is older than the last
word on the same thing is history alone. What polls tell as well is also too old when it is from before the account was
here: all that we know of it was asked later. ``waba.restrictions`` is what the gate reads.
"""

from datetime import UTC, datetime, timedelta

from django.db.models import Q

from config.clock import now
from onboarding.models import NewsKind, NewsSource, NumberNews, PhoneNumber
from onboarding.services import number_news, numbers, pins
from onboarding.services.number_news import key_of, moment_of
from providers.base import Health, ProviderError
from tenants import audit

BAN_STATES = {"DISABLE": "disabled", "SCHEDULE_FOR_DISABLE": "disabling", "REINSTATE": "active"}
LEFT = {"ACCOUNT_DELETED", "PARTNER_REMOVED", "PARTNER_APP_UNINSTALLED", "ACCOUNT_OFFBOARDED"}
BACK = {"ACCOUNT_RECONNECTED"}
STOP_MESSAGES = {"RESTRICTED_BIZ_INITIATED_MESSAGING", "RESTRICTED_CUSTOMER_INITIATED_MESSAGING"}
SETTLING = timedelta(minutes=10)
"""Health may lag behind a restriction; only older ones are taken to be lifted by it."""


def updated(waba, event):
    """An ``account_update``: a restriction, a ban, a violation, an account that came or went."""
    at = moment_of(event)
    fields = {"next_poll_at"}
    if event.event == "ACCOUNT_RESTRICTION" or event.restrictions:
        fields |= _restricted(waba, event, at)
    if event.ban_state:
        fields |= _banned(waba, event, at)
    elif event.event in LEFT | BACK:
        fields |= _left(waba, event, at)
    if event.violation_type:
        number = numbers.number_of(waba, _digits(event.display_phone_number)) if event.display_phone_number else None
        _note(waba, NewsKind.VIOLATION, event.violation_type, event, at, number=number)
    waba.next_poll_at = now()
    waba.save(update_fields=sorted(fields))
    audit.record(
        audit.to_translate("news from Meta"),
        event.event,
        business=waba.business,
        violation=event.violation_type,
        ban=event.ban_state,
    )


def _restricted(waba, event, at):
    late = _is_late(waba, NewsKind.RESTRICTION, at)
    for one in event.restrictions:
        until = datetime.fromtimestamp(one.expires_at_ms / 1000, UTC) if one.expires_at_ms else None
        _note(waba, NewsKind.RESTRICTION, one.type, event, at, until=until, details=one.remediation, more=until)
    if not event.restrictions:
        _note(waba, NewsKind.RESTRICTION, "NONE", event, at)
    if late:
        return set()
    waba.restrictions = [
        {"type": one.type, "expires_at_ms": one.expires_at_ms, "text": one.remediation} for one in event.restrictions
    ]
    return {"restrictions"}


def _banned(waba, event, at):
    late = _is_late(waba, NewsKind.BAN, at)
    _note(waba, NewsKind.BAN, event.ban_state, event, at, details=event.ban_date)
    if late or event.ban_state not in BAN_STATES:
        return set()
    waba.status = BAN_STATES[event.ban_state]
    return {"status"}


def _left(waba, event, at):
    late = _is_late(waba, NewsKind.ACCOUNT, at)
    number_news.note(
        NewsKind.ACCOUNT,
        event.event,
        waba=waba,
        at=at,
        source=NewsSource.WEBHOOK,
        before=event.disconnection_reason,
        key=key_of(event.event, waba.waba_id, event.at_ms or at.date()),
    )
    if late:
        return set()
    waba.status = "active" if event.event in BACK else "disconnected"
    return {"status"}


def reviewed(waba, event):
    """An ``account_review_update``."""
    at = moment_of(event)
    if not is_outdated(waba, NewsKind.REVIEW, at) and waba.account_review != str(event.decision):
        before, waba.account_review = {"account_review": waba.account_review}, str(event.decision)
        waba.save(update_fields=["account_review"])
        number_news.account_changed(waba, before, {"account_review": waba.account_review}, NewsSource.WEBHOOK, at)
    numbers.touch(waba)


def capability_changed(waba, event):
    """A ``business_capability_update``: the limit of the portfolio, which every number of the account has.

    No poll tells how many numbers an account may have, so of that an old word is better than none.
    """
    at = moment_of(event)
    outdated = is_outdated(waba, NewsKind.LIMIT, at)
    if event.max_phone_numbers and (waba.max_numbers is None or not outdated):
        waba.max_numbers = event.max_phone_numbers
        waba.save(update_fields=["max_numbers"])
    if outdated:
        numbers.touch(waba)
    if outdated or event.messaging_limit is None:
        return
    word = str(event.messaging_limit)
    if waba.messaging_limit != word:
        before, waba.messaging_limit = {"messaging_limit": waba.messaging_limit}, word
        waba.save(update_fields=["messaging_limit"])
        number_news.account_changed(waba, before, {"messaging_limit": word}, NewsSource.WEBHOOK, at)
    PhoneNumber.objects.filter(waba=waba).exclude(messaging_limit=word).update(messaging_limit=word)


def alerted(waba, event):
    """An ``account_alerts`` notice about an account, a number or the portfolio."""
    number = None
    if event.entity_type == "PHONE_NUMBER" and event.entity_id:
        number = PhoneNumber.objects.filter(waba=waba, phone_number_id=event.entity_id).first()
    if event.status != "NONE" or not event.alert_type.startswith("INCREASED"):
        _note(waba, NewsKind.ALERT, event.alert_type, event, moment_of(event), number=number, details=event.description)
    audit.record(audit.to_translate("news from Meta"), event.alert_type, business=waba.business)
    numbers.touch(waba)


def security_changed(waba, event):
    """A ``security`` notice; a PIN that we changed ourselves is no news."""
    at = moment_of(event)
    number = numbers.number_of(waba, _digits(event.display_phone_number)) if event.display_phone_number else None
    if not (event.event == "PIN_CHANGED" and number is not None and pins.is_ours(number, at)):
        _note(waba, NewsKind.SECURITY, event.event, event, at, number=number)
    audit.record(audit.to_translate("news from Meta"), event.event, business=waba.business)
    numbers.touch(waba)


# Polls


def ask_health(line, waba_id):
    """Whether the account may send, as the provider says; ``None`` when it doesn't answer this question."""
    try:
        return line.fetch_health(waba_id)
    except ProviderError:
        return None


def store_health(waba, report):
    """Note a change in whether the account may send; a restriction that was lifted early ends here."""
    if report is None or report.state == Health.UNKNOWN:
        return
    problems = [
        {"entity": one.entity_type, "code": one.code, "text": one.description, "way_out": one.possible_solution}
        for one in report.problems
    ]
    found = {"state": str(report.state), "problems": problems}
    fields = set()
    if found != waba.health:
        before, waba.health = waba.health.get("state", ""), found
        fields.add("health")
        if before != found["state"] and (before or report.state == Health.BLOCKED):
            number_news.note(
                NewsKind.HEALTH,
                found["state"],
                waba=waba,
                before=before,
                details=" ".join(dict.fromkeys(one["text"] for one in problems if one["text"])),
                source=NewsSource.POLL,
                key=f"health:{waba.pk}:{found['state']}:{now().isoformat()}",
            )
    if waba.restrictions and not any(one["entity"] == "WABA" for one in problems):
        fields |= _lifted(waba)
    if fields:
        waba.save(update_fields=sorted(fields))


def _lifted(waba):
    """Drop restrictions of messages that should hold by their dates, while Meta says that the account is well."""
    present = now()
    kept = [
        row
        for row in waba.restrictions
        if row.get("type") not in STOP_MESSAGES
        or (row.get("expires_at_ms") or float("inf")) <= present.timestamp() * 1000
    ]
    newest = NumberNews.objects.filter(waba=waba, kind=NewsKind.RESTRICTION).order_by("-noted_at").first()
    if len(kept) == len(waba.restrictions) or (newest and newest.noted_at > present - SETTLING):
        return set()
    waba.restrictions = kept
    number_news.note(
        NewsKind.RESTRICTION,
        "NONE",
        waba=waba,
        source=NewsSource.POLL,
        key=f"restriction:{waba.pk}:lifted:{present.isoformat()}",
    )
    return {"restrictions"}


def status_of(waba, word):
    """The account's status out of a poll; an announced ban stays announced while the account still works."""
    word = (word or "").lower()
    return None if not word or (waba.status == "disabling" and word == "active") else word


def active_restrictions(waba, at=None):
    """``[(type, until or None)]`` of what the account may not do now."""
    present = (at or now()).timestamp() * 1000
    return [
        (
            row.get("type", ""),
            datetime.fromtimestamp(row["expires_at_ms"] / 1000, UTC) if row.get("expires_at_ms") else None,
        )
        for row in waba.restrictions
        if row.get("expires_at_ms") is None or row["expires_at_ms"] > present
    ]


def _note(waba, kind, what, event, at, *, number=None, until=None, details="", more=""):
    return number_news.note(
        kind,
        what,
        waba=waba,
        number=number,
        at=at,
        until=until,
        details=details,
        source=NewsSource.WEBHOOK,
        key=key_of(kind, waba.waba_id, what, number.pk if number else "", event.at_ms or at.date(), more, details),
    )


def is_from_before(waba, at):
    """Whether something happened before the account was here; providers tell times in whole seconds."""
    return at < waba.created_at.replace(microsecond=0)


def is_outdated(waba, kind, at, number=None):
    """Whether what polls tell too was seen or told later than ``at``, about the account or this number of it."""
    if is_from_before(waba, at):
        return True
    about = Q(phone_number=None) | Q(phone_number=number) if number else Q(phone_number=None)
    return NumberNews.objects.filter(about, waba=waba, kind=kind, at__gt=at).exists()


def _is_late(waba, kind, at):
    """Whether something newer of this kind was heard before."""
    return NumberNews.objects.filter(waba=waba, phone_number=None, kind=kind, at__gt=at).exists()


def _digits(shown):
    return "".join(sign for sign in shown or "" if sign.isdigit())
