"""The numbers of a business and what Meta says about each (product row C7)."""

from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from onboarding.enums import ApplicationStatus as Status
from onboarding.models import PhoneNumber
from onboarding.services import answers, channels
from onboarding.views import number_life
from providers.base import BusinessVerification, MessagingLimit, NameStatus, NumberStatus, Quality
from tenants import live
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_GET
@role_required()
def numbers(request, business_slug):
    """Every number with its state, quality and limit."""
    last_event = live.current_number()
    rows = [described(number) | {"standing": number_life.standing(number)} for number in _numbers(request.business)]
    application = answers.current(request.business)
    context = {
        "numbers": rows,
        "last_event": last_event,
        "application": application,
        "under_way": application is not None and application.status not in {Status.LIVE, Status.REJECTED},
        "may_act": request.role in MANAGERS,
    }
    return render(request, "onboarding/numbers.html", context)


@require_GET
@role_required()
def number(request, business_slug, reference):
    """One number: what Meta says about it, and what that means."""
    return page(request, get_object_or_404(_numbers(request.business), reference=reference))


def page(request, number, pin=""):
    """The page of a number; ``pin`` is shown on it when it has just been revealed."""
    context = {"row": described(number), "number": number, "may_act": request.role in MANAGERS, "nav_key": "numbers"}
    return render(request, "onboarding/number.html", context | number_life.page_context(request, number, pin))


def _numbers(business):
    rows = PhoneNumber.objects.filter(business=business).select_related("waba", "application", "channel")
    return rows.prefetch_related("channel__items").order_by("pk")


def described(number):
    """A number with the provider's words in ours: (look, word, advice) for state, name and quality, and the limit."""
    return {
        "number": number,
        "state": _state(number),
        "name": NAME_WORDS[NameStatus(number.name_status)]() if number.name_status else ("pending", _("Not asked"), ""),
        "quality": QUALITY_WORDS[Quality(number.quality_rating or "not_rated")](),
        "limit": limit_text(number.messaging_limit or (number.waba.messaging_limit if number.waba else "")),
        "verification": verification_text(number.waba.business_verification if number.waba else ""),
    }


def _state(number):
    if number.live_at and NumberStatus(number.status or "unknown") in {NumberStatus.CONNECTED, NumberStatus.UNKNOWN}:
        if failing := channels.broken(number):
            what = ", ".join(str(item.get_kind_display()) for item in failing)
            return "stop", _("Live, but broken"), _("To be put right: %(what)s.") % {"what": what}
        return "ok", _("Live"), ""
    if not number.registered_at and not number.status:
        return "pending", _("Being set up"), ""
    return STATE_WORDS[NumberStatus(number.status or "unknown")]()


STATE_WORDS = {
    NumberStatus.CONNECTED: lambda: ("ok", _("Connected"), _("A real message has not gone both ways yet.")),
    NumberStatus.PENDING: lambda: ("pending", _("Being set up"), ""),
    NumberStatus.UNVERIFIED: lambda: ("wait", _("Not confirmed"), _("Enter the code to confirm the number.")),
    NumberStatus.DISCONNECTED: lambda: (
        "stop", _("Disconnected"), _("It can't send or receive. Our team registers it again; write to us."),
    ),
    NumberStatus.FLAGGED: lambda: (
        "warn",
        _("Flagged"),
        _("Many people blocked or reported it. Write only to people who agreed; it recovers within a week."),
    ),
    NumberStatus.RESTRICTED: lambda: (
        "stop", _("Restricted"), _("You can answer, not write first, until Meta lifts the restriction."),
    ),
    NumberStatus.RATE_LIMITED: lambda: (
        "wait", _("Slowed down"), _("It sent more than it may at once. We wait and go on by ourselves."),
    ),
    NumberStatus.BANNED: lambda: (
        "stop", _("Banned"), _("Meta has banned it. Open Business Support in Meta Business Suite to appeal."),
    ),
    NumberStatus.DELETED: lambda: ("closed", _("Deleted at Meta"), ""),
    NumberStatus.MIGRATED: lambda: ("closed", _("Moved to another account"), ""),
    NumberStatus.UNKNOWN: lambda: ("unknown", _("Not known"), _("Meta has not told us yet.")),
}  # fmt: skip
NAME_WORDS = {
    NameStatus.APPROVED: lambda: ("ok", pgettext("display name", "Approved"), _("Customers see it in the chat.")),
    NameStatus.AVAILABLE_WITHOUT_REVIEW: lambda: ("ok", _("Usable without review"), ""),
    NameStatus.PENDING_REVIEW: lambda: ("wait", _("In review at Meta"), _("Until then customers see the number.")),
    NameStatus.DECLINED: lambda: (
        "stop",
        pgettext("display name", "Refused"),
        _("Customers see the number. Propose another name."),
    ),
    NameStatus.EXPIRED: lambda: ("stop", _("Expired"), _("The approval ran out; our team asks again.")),
    NameStatus.NONE: lambda: ("pending", _("Not asked"), ""),
    NameStatus.UNKNOWN: lambda: ("unknown", _("Not known"), ""),
}
QUALITY_WORDS = {
    Quality.GREEN: lambda: ("ok", _("High"), _("People rarely block or report this number.")),
    Quality.YELLOW: lambda: (
        "warn", _("Medium"), _("Some people blocked or reported it in the last days. Look at your last templates."),
    ),
    Quality.RED: lambda: (
        "stop", _("Low"), _("Many people blocked or reported it. Stop campaigns and write only to people who agreed."),
    ),
    Quality.NOT_RATED: lambda: ("pending", _("Not rated yet"), _("Meta rates once enough messages were sent.")),
    Quality.UNKNOWN: lambda: ("unknown", _("Not known"), ""),
}  # fmt: skip


def limit_text(word):
    """How many people may be written to first in 24 hours, in words."""
    from config.templatetags.ui import number as figure

    limit = MessagingLimit(word or "unknown")
    if limit == MessagingLimit.UNLIMITED:
        return _("No limit")
    if limit.people_per_day:
        return _("%(n)s people in 24 hours") % {"n": figure(limit.people_per_day)}
    return _("Not known yet")


def verification_text(word):
    """Whether Meta has verified the company, in words."""
    state = BusinessVerification(word or "unknown")
    if state == BusinessVerification.VERIFIED:
        return "ok", _("Verified")
    if state == BusinessVerification.UNKNOWN:
        return "unknown", _("Not known yet")
    if state in {BusinessVerification.REJECTED, BusinessVerification.FAILED, BusinessVerification.REVOKED}:
        return "stop", pgettext("company", "Refused")
    if state in {BusinessVerification.PENDING, BusinessVerification.PENDING_SUBMISSION}:
        return "wait", _("In review at Meta")
    return "wait", _("Not verified")
