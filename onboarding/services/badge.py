"""The official badge of a number (product row C6): begin, answer, check, send, withdraw, decide, ask again.

Clicks only write wishes; ``services.badge_worker`` reads links and asks WhatsApp outside any scope. One row is one
attempt. A refusal closes the way until the later of the house's day and the platform's (``badge_facts.wait_after``).
"""

from datetime import UTC, date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding.exceptions import NotPossible
from onboarding.models import BadgeRequest, BadgeState, PhoneNumber
from onboarding.models.badge import OPEN, WITH_BUSINESS
from onboarding.rulebook.house import house_rule
from onboarding.services import badge_checks, badge_facts, badge_links, badge_mail
from tenants import audit, live

TASK = "onboarding.tasks.tend_badges"
ANSWERS = ("website", "country", "language", "parent_brand", "more")
OLD_NEWS = timedelta(hours=1)
"""News dated this long before the request was sent is about an earlier attempt; less is a difference of clocks."""


# What there is


def latest(number):
    """The newest attempt for a number, or None."""
    return history(number).first()


def history(number):
    """All attempts for a number, the newest first."""
    rows = BadgeRequest.objects.filter(phone_number=number)
    related = ("business", "phone_number__waba", "phone_number__application", "created_by", "confirmed_by")
    return rows.select_related(*related).order_by("-attempt")


def why_not(number, last):
    """Why no new attempt can begin for a number whose newest one is ``last``; empty when one can."""
    if number.is_official:
        return _("This number has the badge.")
    if last is None:
        return ""
    if last.is_open:
        return _("A request for this number is under way.")
    if last.retry_from and now() < last.retry_at:
        return _("A new request can leave from %(day)s.") % {"day": date_format(last.retry_from, "DATE_FORMAT")}
    return ""


def earlier(row):
    """The attempt before this one that WhatsApp decided or closed, or None."""
    return (
        BadgeRequest.objects.filter(phone_number_id=row.phone_number_id, attempt__lt=row.attempt)
        .exclude(state=BadgeState.WITHDRAWN)
        .order_by("-attempt")
        .first()
    )


def lessons(previous):
    """What has to be better than in a refused attempt, in sentences. WhatsApp gives no reasons; these are ours."""
    if previous is None or previous.state != BadgeState.REFUSED:
        return []
    found = [previous.advice] if previous.advice else []
    weak = [link for link in previous.links if not badge_links.counts(link)]
    most = badge_facts.figures().most_links
    if previous.links and weak:
        found.append(
            _("Replace the links that didn't count (%(n)d of %(all)d last time); each says what is wrong with it.")
            % {"n": len(weak), "all": len(previous.links)}
        )
    if len(previous.links) < most:
        found.append(_("Use all %(most)d places for links; last time there were %(n)d.") % {
            "most": most, "n": len(previous.links)
        })  # fmt: skip
    if previous.links and not weak:
        found.append(_("Bring articles from other and better known media, newer than those of last time."))
    if not previous.more:
        found.append(_("Tell in the additional information since when and where the brand is known."))
    found.append(_("The same request with the same proof has little chance: wait until there is something new."))
    return found


# What the business does


@transaction.atomic
def start(number, *, actor):
    """Begin an attempt, filled in with the last one's answers or the application's. Raises ``NotPossible``."""
    PhoneNumber.objects.select_for_update().get(pk=number.pk)
    last = latest(number)
    reason = why_not(number, last)
    if reason:
        raise NotPossible(reason)
    row = BadgeRequest(
        business=number.business,
        phone_number=number,
        attempt=last.attempt + 1 if last else 1,
        created_by=actor,
        **_first_answers(number, last),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as exc:
        raise NotPossible(_("A request for this number is under way.")) from exc
    _note("badge request begun", row, actor)
    tell(row)
    return row


def _first_answers(number, last):
    if last is not None:
        return {name: getattr(last, name) for name in ANSWERS} | {"links": [_bare(link["url"]) for link in last.links]}
    application = number.application
    language = {"pt-br": "pt"}.get(number.business.language, number.business.language)
    return {
        "website": application.website if application else "",
        "country": (application.country if application else "") or number.business.country,
        "language": language[:2],
    }


def _bare(url):
    return {"url": url}


@transaction.atomic
def save(row, answers, urls, *, actor):
    """Write the answers and let a worker read the links. Raises ``NotPossible`` once the request has left."""
    locked = lock(row)
    _still_ours(locked)
    known = {link["url"]: link for link in locked.links if link.get("read_at")}
    for name in ANSWERS:
        setattr(locked, name, answers[name])
    locked.links = [known.get(url, _bare(url)) for url in urls]
    _note("badge request answered", locked, actor)
    _check(locked)
    return locked


@transaction.atomic
def look_again(row):
    """Read links and ask WhatsApp about the number once more. Raises ``NotPossible`` once the request has left."""
    locked = lock(row)
    _still_ours(locked)
    _check(locked)
    return locked


def _check(row):
    row.attempts = 0
    row.last_error, row.last_error_code, row.last_error_subcode = "", None, None
    put(row, BadgeState.CHECKING, next_attempt_at=now())
    hints.after_commit(TASK)


@transaction.atomic
def send(row, *, actor):
    """Send a checked request to WhatsApp, or to our team first where the house wants so.

    Raises ``NotPossible`` when it isn't checked, something required is missing, or somebody was faster.
    """
    locked = lock(row)
    if locked.state != BadgeState.CHECKED:
        raise NotPossible(_("This request isn't ready to be sent. Load the page again."))
    stopping = badge_checks.stopping(locked)
    if stopping:
        raise NotPossible(_("It can't leave yet: %(reason)s.") % {"reason": stopping[0].title})
    locked.confirmed_by, locked.confirmed_at = actor, now()
    _note("badge request sent", locked, actor, links=locked.urls)
    if house_rule("badge_needs_our_look"):
        put(locked, BadgeState.WITH_US)
    else:
        _let_go(locked)
    return locked


def _let_go(row):
    row.attempts, row.asked_at = 0, None
    put(row, BadgeState.SENDING, next_attempt_at=now())
    hints.after_commit(TASK)


@transaction.atomic
def withdraw(row, *, actor):
    """Take a request back that hasn't reached WhatsApp. Raises ``NotPossible`` when it has or may have."""
    locked = lock(row)
    if locked.state not in {*WITH_BUSINESS, BadgeState.WITH_US} and not (
        locked.state == BadgeState.SENDING and locked.asked_at is None
    ):
        raise NotPossible(_("WhatsApp has this request; it can't be taken back. Its decision comes by itself."))
    put(locked, BadgeState.WITHDRAWN)
    _note("badge request withdrawn", locked, actor)
    return locked


# What our team does


@transaction.atomic
def pass_on(row, *, actor):
    """Our team has looked: the request leaves. Raises ``NotPossible`` when it isn't with us."""
    locked = _with_us(row, actor)
    audit.record(audit.to_translate("badge request passed on"), locked, actor=actor, business=locked.business)
    _let_go(locked)
    return locked


@transaction.atomic
def give_back(row, advice, *, actor):
    """Our team advises to change something first; the business reads ``advice``. Raises ``NotPossible``."""
    advice = advice.strip()
    if not advice:
        raise NotPossible(_("Write what should be better; the business reads it."))
    locked = _with_us(row, actor)
    locked.advice = advice
    put(locked, BadgeState.CHECKED)
    audit.record(audit.to_translate("badge request given back"), locked, actor=actor, business=locked.business)
    badge_mail.returned(locked)
    return locked


@transaction.atomic
def lift_wait(row, *, actor):
    """Let a refused business ask again as soon as the platform allows it. Raises ``NotPossible``."""
    locked = lock(row)
    if locked.state != BadgeState.REFUSED or not locked.wait.get("ours"):
        raise NotPossible(_("There is no wait of ours to lift."))
    day = date.fromisoformat(locked.wait["platform_day"])
    locked.retry_from, locked.retry_at = day, badge_facts.first_moment(day, locked.business.time_zone)
    locked.wait = locked.wait | {"ours": False, "lifted_by": str(actor)}
    locked.save(update_fields=["retry_from", "retry_at", "wait"])
    audit.record(audit.to_translate("wait for the badge lifted"), locked, actor=actor, business=locked.business)
    tell(locked)
    return locked


def _with_us(row, actor):
    locked = lock(row)
    if locked.state != BadgeState.WITH_US:
        raise NotPossible(_("This request isn't with our team any more. Load the page again."))
    locked.looked_by, locked.looked_at = actor, now()
    return locked


# What WhatsApp decides


def decided(row, *, approved, at=None):
    """WhatsApp has decided on a request. ``at`` is its own time; without one it is now. Safe to hear twice and late.

    Returns whether this was news.
    """
    locked = lock(row)
    at = at or now()
    is_there = locked.state == BadgeState.PENDING or (locked.state == BadgeState.SENDING and locked.asked_at)
    if not is_there or (locked.asked_at and at < locked.asked_at - OLD_NEWS):
        return False
    locked.decided_at = min(at, now())
    locked.sent_at = locked.sent_at or locked.asked_at
    locked.provider_status = "approved" if approved else "rejected"
    if approved:
        put(locked, BadgeState.APPROVED)
        PhoneNumber.objects.filter(pk=locked.phone_number_id).update(is_official=True)
    else:
        wait = badge_facts.wait_after(locked.decided_at, locked.business.time_zone)
        locked.retry_from, locked.retry_at, locked.wait = wait.day, wait.starts_at, wait.as_json()
        put(locked, BadgeState.REFUSED)
    verb = audit.to_translate("badge approved") if approved else audit.to_translate("badge refused")
    audit.record(verb, locked, business=locked.business, again_from=str(locked.retry_from or ""))
    (badge_mail.approved if approved else badge_mail.refused)(locked)
    return True


def lapsed(row):
    """WhatsApp closed a request without deciding on it; a new one may begin at once."""
    locked = lock(row)
    if locked.state != BadgeState.PENDING:
        return False
    put(locked, BadgeState.LAPSED)
    audit.record(audit.to_translate("badge request closed by WhatsApp"), locked, business=locked.business)
    return True


def heard(waba, event):
    """An alert about a badge (``account_alerts``, Meta page of 12 December 2025): decide, or have a look at once."""
    rows = BadgeRequest.objects.filter(phone_number__waba=waba, state__in=[BadgeState.SENDING, BadgeState.PENDING])
    approved = {"OBA_APPROVED": True, "OBA_REJECTED": False}.get(event.alert_type)
    row = rows.filter(phone_number__phone_number_id=event.entity_id).first() if event.entity_id else None
    if row is None or approved is None:
        rows.filter(state=BadgeState.PENDING).update(next_attempt_at=now())
        return
    decided(row, approved=approved, at=datetime.fromtimestamp(event.at_ms / 1000, UTC) if event.at_ms else None)


def follow(number):
    """A number's report says whether it has the badge: a request that waits is decided, a lost badge is noticed."""
    row = BadgeRequest.objects.filter(phone_number=number).order_by("-attempt").first()
    if row is None:
        return
    if number.is_official:
        if row.state == BadgeState.PENDING:
            decided(row, approved=True)
        BadgeRequest.objects.filter(pk=row.pk, state=BadgeState.APPROVED).update(confirmed_official=True)
    elif row.state == BadgeState.APPROVED and row.confirmed_official and row.lost_at is None:
        locked = lock(row)
        locked.lost_at = now()
        locked.save(update_fields=["lost_at"])
        audit.record(audit.to_translate("badge lost"), locked, business=locked.business)
        badge_mail.lost(locked)
        tell(locked)


# How


def lock(row):
    """The row for update, with what belongs to it."""
    rows = BadgeRequest.objects.select_for_update(of=("self",)).select_related(
        "business", "phone_number__waba", "phone_number__application", "created_by", "confirmed_by"
    )
    return rows.get(pk=row.pk)


def _still_ours(row):
    if row.state not in WITH_BUSINESS:
        raise NotPossible(_("This request has left; its answers can't be changed any more."))


def put(row, state, *, next_attempt_at=None):
    """Write a row whole in a new state and tell open pages; ``since`` moves only when the state does."""
    if row.state != state:
        row.state, row.since = state, now()
        row.looks = 0
    row.next_attempt_at = next_attempt_at
    row.save()
    tell(row)


def _note(verb, row, actor, **details):
    verbs = {
        "badge request begun": audit.to_translate("badge request begun"),
        "badge request answered": audit.to_translate("badge request answered"),
        "badge request sent": audit.to_translate("badge request sent"),
        "badge request withdrawn": audit.to_translate("badge request withdrawn"),
    }
    audit.record(verbs[verb], row, actor=actor, business=row.business, **details)


def tell(row):
    """Let open pages know that something about the badge changed."""
    live.emit("number", business_id=row.business_id, number=str(row.phone_number.reference), badge=str(row.state))


def is_due_again(row):
    """Whether the wait after a refusal is over."""
    return row.state == BadgeState.REFUSED and row.retry_at is not None and row.retry_at <= now()


def days_left(row):
    """Days until a refused business may ask again, 0 when it may."""
    return max(0, (row.retry_from - localdate(now())).days) if row.retry_from else 0


def has_open(number):
    """Whether an attempt is under way for a number."""
    return BadgeRequest.objects.filter(phone_number=number, state__in=OPEN).exists()
