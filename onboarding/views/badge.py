"""The official badge of a number: what it is, the request, where it stands, what came of earlier ones (row C6)."""

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.clock import now
from onboarding.exceptions import NotPossible
from onboarding.forms.badge import BadgeForm, BadgeSendForm
from onboarding.models import BadgeRequest, PhoneNumber
from onboarding.models import BadgeState as State
from onboarding.models.badge import WITH_BUSINESS
from onboarding.services import badge as badges
from onboarding.services import badge_checks, badge_facts
from providers.errors_text import explain
from tenants.decorators import role_required
from tenants.enums import MANAGERS

FAST, SLOW = 2, 20
"""Seconds between two looks of an open page: while a machine works, and while people think."""
LOOKS = {
    State.DRAFT: "pending",
    State.CHECKING: "wait",
    State.CHECKED: "now",
    State.WITH_US: "wait",
    State.SENDING: "wait",
    State.PENDING: "wait",
    State.APPROVED: "ok",
    State.REFUSED: "stop",
    State.WITHDRAWN: "closed",
    State.LAPSED: "closed",
}
RULES = {
    "accounts": gettext_lazy("Meta's rules for official business accounts"),
    "partners": gettext_lazy("WhatsApp's rules for partners"),
}
"""What people call the texts in which the platform's figures stand (``rule`` in badge.toml)."""


@require_http_methods(["GET", "POST"])
@role_required()
def badge(request, business_slug, reference):
    """The page of a number's badge; a POST keeps the answers and lets the links be read."""
    number = _number(request, reference)
    row = badges.latest(number)
    if request.method == "GET":
        return render(request, "onboarding/badge.html", _context(request, number, row))
    if request.role not in MANAGERS:
        raise PermissionDenied
    if row is None or row.state not in WITH_BUSINESS:
        messages.info(request, _("This request has left; its answers can't be changed any more."))
        return _back(number, business_slug)
    form = BadgeForm(request.POST)
    if not form.is_valid():
        context = _context(request, number, row, form=form)
        return render(request, "onboarding/badge.html", context, status=422)
    try:
        badges.save(row, form.answers, form.urls, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return _back(number, business_slug)


@require_GET
@never_cache
@role_required()
def state(request, business_slug, reference):
    """The part of the page that looks after itself."""
    number = _number(request, reference)
    return render(request, "onboarding/_badge_state.html", _context(request, number, badges.latest(number)))


@require_POST
@role_required(*MANAGERS)
def start(request, business_slug, reference):
    """Begin a request, or another one after a refusal."""
    number = _number(request, reference)
    try:
        badges.start(number, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return _back(number, business_slug)


@require_POST
@role_required(*MANAGERS)
def check(request, business_slug, reference):
    """Read the links and ask WhatsApp about the number once more."""
    return _do(request, business_slug, reference, badges.look_again)


@require_POST
@role_required(*MANAGERS)
def send(request, business_slug, reference):
    """Let a checked request leave."""
    number = _number(request, reference)
    row = badges.latest(number)
    form = BadgeSendForm(request.POST)
    if row is None:
        return _back(number, business_slug)
    if not form.is_valid() and row.state == State.CHECKED:
        context = _context(request, number, row, send_form=form)
        return render(request, "onboarding/badge.html", context, status=422)
    try:
        badges.send(row, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return _back(number, business_slug)


@require_POST
@role_required(*MANAGERS)
def withdraw(request, business_slug, reference):
    """Take a request back that hasn't reached WhatsApp."""
    return _do(request, business_slug, reference, lambda row: badges.withdraw(row, actor=request.user))


def _do(request, business_slug, reference, act):
    number = _number(request, reference)
    row = badges.latest(number)
    try:
        if row is not None:
            act(row)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return _back(number, business_slug)


def _number(request, reference):
    rows = PhoneNumber.objects.filter(business=request.business)
    return get_object_or_404(rows.select_related("business", "waba", "application"), reference=reference)


def _back(number, business_slug):
    return redirect("onboarding:badge", business_slug=business_slug, reference=number.reference)


# What the page shows


def _context(request, number, row, *, form=None, send_form=None):
    may_act = request.role in MANAGERS
    shown = row if row is not None and row.is_open else BadgeRequest(business=number.business, phone_number=number)
    shown.business, shown.phone_number = number.business, number
    editable = row is not None and row.state in {State.DRAFT, State.CHECKED} and may_act
    if editable and form is None:
        form = BadgeForm(initial={name: getattr(row, name) for name in badges.ANSWERS}, urls=row.urls)
    earlier = badges.earlier(row) if row is not None and row.state in {State.DRAFT, State.CHECKED} else None
    checks = badge_checks.about_number(shown)
    blocked = badges.why_not(number, row)
    figures = badge_facts.figures()
    return {
        "number": number,
        "row": row,
        "bar": bar(number, row),
        "may_act": may_act,
        "form": form if editable else None,
        "open_form": bool(form and form.is_bound) or (row is not None and row.state == State.DRAFT),
        "send_form": send_form or BadgeSendForm(),
        "checks": checks,
        "stops": [check for check in checks if check.stops],
        "evidence": badge_checks.about_evidence(row) if row is not None and row.state != State.DRAFT else [],
        "may_start": may_act and not blocked,
        "may_withdraw": may_act and _may_withdraw(row),
        "wait": wait_words(row),
        "lessons": badges.lessons(earlier if earlier is not None else row),
        "earlier": earlier,
        "earlier_links": [badge_checks.about_link(link) for link in earlier.links] if earlier is not None else [],
        "refusal": _refusal(row),
        "history": [
            {"row": old, "look": LOOKS[old.state], "lost": old.lost_at}
            for old in badges.history(number)
            if row is not None and old.pk != row.pk
        ],
        "figures": figures,
        "rule": RULES[figures.rule],
        "counting": badge_facts.expectations(counts=True),
        "not_counting": badge_facts.expectations(counts=False),
        "next_day": badge_facts.wait_after(now(), number.business.time_zone).day,
        "seconds": _seconds(row),
        "nav_key": "numbers",
    }


def _may_withdraw(row):
    return row is not None and (
        row.state in {*WITH_BUSINESS, State.WITH_US} or (row.state == State.SENDING and row.asked_at is None)
    )


def _seconds(row):
    if row is None or not row.is_open or row.state in {State.DRAFT, State.CHECKED}:
        return 0
    return FAST if row.state in {State.CHECKING, State.SENDING} else SLOW


def _refusal(row):
    """Why WhatsApp didn't take a request, in plain words, or None."""
    if row is None or row.state != State.CHECKED or not row.last_error:
        return None
    told = explain(row.last_error_code, row.last_error_subcode, row.last_error)
    return {"title": told.title, "what_to_do": told.what_to_do, "said": row.last_error}


def wait_words(row):
    """The wait after a refusal for the page: the day, whose rule it is, the other's day; None without one."""
    if row is None or row.state != State.REFUSED or row.retry_from is None:
        return None
    rule = row.wait
    return {
        "day": row.retry_from,
        "over": badges.is_due_again(row),
        "left": badges.days_left(row),
        "ours": rule.get("ours", False),
        "lifted": bool(rule.get("lifted_by")),
        "months": rule.get("house_months", 0),
        "platform_day": date.fromisoformat(rule["platform_day"]) if rule.get("platform_day") else None,
        "platform_days": rule.get("platform_days", 0),
        "platform_months": rule.get("platform_months", 0),
        "source": rule.get("source", ""),
    }


def bar(number, row):
    """The three answers at the top: where it stands, who acts next, how long it takes."""
    you, whatsapp, we, nobody = _("You"), "WhatsApp", _("We"), pgettext("who acts next", "Nobody")
    no_time = _("WhatsApp names no time")
    if row is None:
        if number.is_official:
            return _bar(_("This number has the badge"), nobody, _("Nothing to wait for"))
        return _bar(_("Not asked for"), you, no_time, duration_more=_("Preparing takes about ten minutes."), you=True)
    day = date_format
    bars = {
        State.DRAFT: lambda: _bar(_("Being prepared"), you, _("About ten minutes"), you=True),
        State.CHECKING: lambda: _bar(
            _("Being checked"),
            we,
            _("Less than a minute"),
            where_more=_("We read your links and ask WhatsApp how the number stands."),
        ),
        State.CHECKED: lambda: _bar(
            _("Checked, not sent"), you, no_time, where_more=_("Nothing has left the house yet."), you=True
        ),
        State.WITH_US: lambda: _bar(_("With our team"), we, _("One working day"), who_more=_("A person looks first.")),
        State.SENDING: lambda: _bar(_("On its way to WhatsApp"), we, _("Seconds"), where_more=_trouble(row)),
        State.PENDING: lambda: _bar(
            _("In review at WhatsApp"),
            whatsapp,
            no_time,
            where_more=_("Sent on %(day)s.") % {"day": day(localtime(row.sent_at), "DATE_FORMAT")}
            if row.sent_at
            else "",
            who_more=_("It decides alone; nobody can speed it up."),
            duration_more=_("We ask every few hours and write to you."),
        ),
        State.APPROVED: lambda: (
            _bar(_("The badge is gone"), you, no_time, where_more=_("WhatsApp took it back."), you=True)
            if row.lost_at
            else _bar(
                _("Approved"),
                nobody,
                _("Nothing to wait for"),
                where_more=_("Decided on %(day)s.") % {"day": day(localtime(row.decided_at), "DATE_FORMAT")}
                if row.decided_at
                else "",
            )
        ),
        State.REFUSED: lambda: _refused_bar(row, you, nobody),
        State.WITHDRAWN: lambda: _bar(_("Withdrawn"), you, no_time, where_more=_("You can begin anew."), you=True),
        State.LAPSED: lambda: _bar(
            _("Closed without a decision"), you, no_time, where_more=_("You can begin anew."), you=True
        ),
    }
    return bars[State(row.state)]()


def _refused_bar(row, you, nobody):
    decided = _("WhatsApp decided on %(day)s.") % {"day": date_format(localtime(row.decided_at), "DATE_FORMAT")}
    if badges.is_due_again(row):
        return _bar(pgettext("badge", "Refused"), you, _("You can ask again"), where_more=decided, you=True)
    left = badges.days_left(row)
    return _bar(
        pgettext("badge", "Refused"),
        nobody,
        ngettext("%(n)d day", "%(n)d days", left) % {"n": left},
        where_more=decided,
        duration_more=_("Again from %(day)s; we remind you.") % {"day": date_format(row.retry_from, "DATE_FORMAT")},
    )


def _trouble(row):
    return _("WhatsApp didn't answer. We ask what it has, then try again.") if row.attempts else ""


def _bar(where, who, duration, *, where_more="", who_more="", duration_more="", you=False):
    return {
        "where": where,
        "who": who,
        "duration": duration,
        "where_more": where_more,
        "who_more": who_more,
        "duration_more": duration_more,
        "you": you,
    }
