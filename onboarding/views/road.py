"""The timeline as a page shows it: chapters, who acts, what may be done now, the three answers and the small chart."""

import json

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.clock import now
from config.templatetags.ui import moment
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind, StepState
from onboarding.services import estimates, overview
from onboarding.services.steps import may_ask_again
from onboarding.views.chosen import address

ACTIVATION = {StepKind.NUMBER_ADDED, StepKind.CODE_REQUESTED, StepKind.CODE_VERIFIED, StepKind.REGISTERED}
"""Steps at which the activation page says what to do."""

CHAPTERS = {
    StepKind.WABA: "account",
    StepKind.WEBHOOKS: "account",
    StepKind.NUMBER_ADDED: "account",
    StepKind.CODE_REQUESTED: "activation",
    StepKind.CODE_VERIFIED: "activation",
    StepKind.REGISTERED: "activation",
    StepKind.PROFILE: "live",
    StepKind.ROUND_TRIP: "live",
}
"""Technical steps that are one step to the person who waits for them."""


def _chapter_title(chapter):
    return {
        "account": _("Account and number at WhatsApp"),
        "activation": _("Number activated with a code"),
        "live": _("Channel connected and live"),
    }[chapter]


_DECIDED_BY_PART = ("state", "who", "who_text", "when", "body", "kind", "error", "step")


def path(application):
    """The way to live as a person counts it: technical steps that belong together are one entry."""
    entries, open_chapter = [], None
    for entry in overview.timeline(application):
        chapter = CHAPTERS.get(entry["kind"]) if entry["kind"] else None
        if chapter is None:
            open_chapter = None
            entries.append(dict(entry))
        elif chapter != open_chapter:
            open_chapter = chapter
            entries.append(entry | {"title": _chapter_title(chapter), "parts": [entry]})
        else:
            entries[-1]["parts"].append(entry)
    for entry in entries:
        parts = entry.get("parts")
        if parts:
            deciding = next((part for part in parts if part["state"] != "done"), parts[-1])
            entry |= {name: deciding[name] for name in _DECIDED_BY_PART}
            if deciding["state"] == "todo" and parts[0]["state"] == "done":
                entry["state"], entry["when"] = "waiting", parts[0]["when"]
    return entries


def timeline(application, *, may_act):
    """The path for ``ui/_timeline.html``; with links to what a manager can do now."""
    slug = application.business.slug
    said = overview.said_by_provider(application)
    steps = []
    for entry in path(application):
        mine = entry["who"] == overview.YOU
        state = entry["state"]
        if state in {"current", "blocked"} and mine:
            state = "current"
        elif state == "current":
            state = "waiting"
        step = {
            "title": entry["title"],
            "state": state,
            "who": "" if state in {"done", "todo"} else _who(entry, mine),
            "when": moment(entry["when"]) if entry["when"] else "",
            "error": entry["error"],
            "body": entry["body"],
        }
        if state in {"current", "waiting", "blocked"}:
            step |= _details(entry, may_act)
            if entry["when"]:
                step["when"] = format_html(_("since {when}"), when=moment(entry["when"]))
            step["details"] = [pair for kind in _kinds(entry) for pair in said.get(kind, ())]
        link = _link(entry, application, slug, may_act)
        if link:
            step["url"], step["link"] = link
        steps.append(step)
    return steps


def _kinds(entry):
    return [part["kind"] for part in entry["parts"]] if entry.get("parts") else [entry["kind"]]


def _who(entry, mine):
    """Who acts next, so that waiting for Meta can't be taken for something broken."""
    if mine:
        return _("Your turn")
    if entry["state"] == "blocked":
        return _("Stuck, our team is on it") if entry["step"] is not None else entry["who_text"]
    return {overview.META: _("Waiting for Meta")}.get(entry["who"], entry["who_text"])


def _details(entry, may_act):
    """What else stands at a step that is open: when we look again, how long it usually takes, its parts."""
    row, facts = entry["step"], []
    if row is not None and row.next_attempt_at and row.next_attempt_at > now():
        if row.last_error or entry["state"] == "blocked":
            words = _("We try again by ourselves: {when}.")
        else:
            words = _("We ask Meta again by ourselves: {when}.")
        facts.append(format_html(words, when=moment(row.next_attempt_at)))
    usual = estimates.of_stage(_STAGES.get(entry["kind"], "")) if entry["kind"] in _STAGES else None
    if usual is not None:
        words = {"median": usual.median_days, "p90": usual.p90_days, "cases": usual.cases}
        if usual.p90_days <= 1:
            facts.append(_("Usually within a day (%(cases)d cases).") % words)
        else:
            facts.append(_("Usually %(median)d to %(p90)d days (median and 90 %%; %(cases)d cases).") % words)
    found = {"facts": facts}
    if may_act and row is not None and may_ask_again(row) and not _has_own_section(row):
        found["again"] = row.kind
        found["again_text"] = _("Ask Meta now") if not row.last_error else _("Try again now")
    parts = entry.get("parts", ())
    if len(parts) > 1:
        found["parts"] = [
            {"title": part["title"], "done": part["state"] == "done", "stuck": part["state"] == "blocked"}
            for part in parts
        ]
    return found


def _has_own_section(row):
    """The way to a verified company stands below the path, with its own button."""
    open_states = {StepState.WAITING_FOR_META, StepState.WAITING_FOR_BUSINESS}
    return row.kind == StepKind.BUSINESS_VERIFICATION and row.state in open_states


_STAGES = {
    StepKind.BUSINESS_VERIFICATION: estimates.VERIFICATION,
    StepKind.WABA: estimates.ACCOUNT,
    StepKind.WEBHOOKS: estimates.ACCOUNT,
    StepKind.NUMBER_ADDED: estimates.ACCOUNT,
    StepKind.NAME_REVIEW: estimates.NAME,
    StepKind.CODE_REQUESTED: estimates.ACTIVATION,
    StepKind.CODE_VERIFIED: estimates.ACTIVATION,
    StepKind.REGISTERED: estimates.ACTIVATION,
    StepKind.ROUND_TRIP: estimates.LIVE,
}


def _link(entry, application, slug, may_act):
    if not entry["kind"] and entry["when"] and entry["when"] == application.signed_at:
        return reverse("onboarding:signature", args=[slug]), _("See the signed statement")
    mine = may_act and entry["who"] == overview.YOU and entry["state"] in {"current", "blocked"}
    if mine and entry["kind"] in ACTIVATION:
        return address("onboarding:activation", application), _("Activate the number")
    if mine and entry["kind"] == StepKind.WABA:
        return address("onboarding:connect", application), _("Connect with Facebook")
    if mine and entry["kind"] == StepKind.BUSINESS_VERIFICATION:
        return "#verify", _("See the exact way")
    if mine and entry["kind"] == StepKind.NAME_REVIEW:
        return address("onboarding:propose_name", application), _("Propose another name")
    if may_act and entry["kind"] in {StepKind.PROFILE, StepKind.ROUND_TRIP} and _pin_waits(application):
        return address("onboarding:activation", application), _("See your two-step PIN")
    if entry["kind"] in {StepKind.PROFILE, StepKind.ROUND_TRIP} and entry["state"] != "todo":
        number = application.phone_numbers.exclude(registered_at=None).first()
        if number is not None:
            title = _("See the checklist") if number.live_at else _("Set the channel up")
            return reverse("onboarding:channel", args=[slug, number.reference]), title
    return None


def _pin_waits(application):
    return application.phone_numbers.exclude(pin="").filter(pin_shown_at=None).exists()


def place(application):
    """``(number of the first open entry, how many there are, that entry)``."""
    entries = path(application)
    number = next((i for i, entry in enumerate(entries, 1) if entry["state"] != "done"), len(entries))
    return number, len(entries), entries[number - 1]


def answers_bar(application):
    """The three answers of the status page, as arguments for the ``answers`` tag."""
    number, total, here = place(application)
    actor = overview.next_actor(application)
    words = {"you": _("You"), "us": _("Our team"), "meta": _("Meta"), "system": _("We, by ourselves")}
    duration, more = _duration(application)
    day = days_since_submission(application)
    if day is not None:
        more = _("%(explanation)s Today is day %(day)d.") % {"explanation": more, "day": day}
    active = {"current", "waiting", "blocked"}
    acting = next((entry for entry in path(application) if entry["who"] == actor and entry["state"] in active), here)
    who_more = acting["title"] if actor else _("Everything is done.")
    if application.status == Status.CHANGES_REQUESTED:
        who_more = _("Correct what our reviewer asks for.")
    return {
        "where": _("Step %(place)d of %(total)d") % {"place": number, "total": total},
        "where_more": here["title"],
        "who": words.get(actor, _("Nobody")),
        "who_more": who_more,
        "you": actor == "you",
        "duration": duration,
        "duration_more": more,
    }


def _duration(application):
    """How long it takes and where that comes from; once live, how long it took."""
    if application.status == Status.LIVE and application.live_at and application.submitted_at:
        days = max(1, (application.live_at - application.submitted_at).days)
        took = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
        return took, _("From sending your application to the first answer that arrived.")
    estimate = estimates.for_application(application)
    return estimate.text, estimate.explanation


def days_since_submission(application):
    """Which day it is, counted from the submission; None before it or after the end."""
    if not application.submitted_at or application.status in {Status.REJECTED, Status.LIVE}:
        return None
    return (now() - application.submitted_at).days + 1


def estimate_chart(application):
    """Where the marks of the small chart stand, in its own units (260 wide); None when there is nothing to draw."""
    day = days_since_submission(application)
    if day is None:
        return None
    estimate = estimates.for_application(application)
    longest = max(estimate.p90_days * 1.3, day * 1.1)

    def x(days):
        return round(4 + 252 * min(days, longest) / longest)

    return {
        "day": day,
        "estimate": estimate,
        "today": x(day),
        "today_label": min(max(x(day), 34), 222),
        "half": x(estimate.median_days),
        "most": x(estimate.p90_days),
        "span": x(estimate.p90_days) - x(estimate.median_days),
        "done": x(day) - 4,
    }


def state_mark(application):
    """A short text that changes when anything on the status page would."""
    steps = application.steps.values_list("kind", "state", "attempts", "last_error_code").order_by("kind")
    return json.dumps([application.status, *map(list, steps)], default=str)
