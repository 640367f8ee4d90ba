"""The timeline: where an application stands, who acts next, since when (product row C2).

A list of entries. Other modules add theirs with ``add_source``: a function from an application to entries made by
``entry``, shown after the steps at the provider.
"""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.services import steps, verification
from providers.errors_text import explain

US, YOU, META, SYSTEM = "us", "you", "meta", "system"
_SOURCES = []


def add_source(source):
    """Let ``source(application)`` add entries to every timeline."""
    _SOURCES.append(source)


def timeline(application):
    """The whole path as a list of dicts for ``ui/_timeline.html``: title, state, who, who_text, when, body, kind."""
    path = [_signed(application), _submitted(application), _review(application)]
    known = steps.by_kind(application)
    path += [_step(known[kind]) for kind in StepKind if kind in known]
    for source in _SOURCES:
        path += source(application)
    if application.status == ApplicationStatus.REJECTED:
        path = [line for line in path if line["state"] == "done"] + [
            entry(
                pgettext("application", "Rejected"), "blocked", "", application.decided_at, application.rejection_reason
            )
        ]
    return path


def next_actor(application):
    """Who acts next: ``you``, ``us``, ``meta`` or ``""`` when nobody has to."""
    entries = [line for line in timeline(application) if line["state"] in {"current", "waiting", "blocked"}]
    order = (YOU, US, META, SYSTEM)
    actors = {line["who"] for line in entries}
    return next((actor for actor in order if actor in actors), "")


def position(application):
    """``(number of the first open entry, number of entries)``, both counted from 1."""
    path = timeline(application)
    done = sum(1 for line in path if line["state"] == "done")
    return min(done + 1, len(path)), len(path)


def entry(title, state, who, when, body="", kind="", error="", step=None):
    """One line of the timeline: ``state`` is done, current, waiting (for Meta), blocked or todo; ``step`` its row."""
    words = {US: _("Our team"), YOU: _("You"), META: _("Meta"), SYSTEM: _("We, by ourselves")}
    return {
        "title": title,
        "state": state,
        "who": who,
        "who_text": words.get(who, ""),
        "when": when,
        "body": body,
        "kind": kind,
        "error": error,
        "step": step,
    }


def _signed(application):
    by = _("Signed by %(name)s.") % {"name": application.signed_name} if application.signed_at else ""
    return entry(
        _("Policies accepted and signed"),
        "done" if application.signed_at else "current",
        YOU,
        application.signed_at,
        by,
    )


def _submitted(application):
    return entry(_("Application sent"), "done" if application.submitted_at else "todo", YOU, application.submitted_at)


def _review(application):
    status = application.status
    if status == ApplicationStatus.SUBMITTED:
        return entry(
            _("Review by a person"), "current", US, application.status_changed_at, _("Usually within a working day.")
        )
    if status == ApplicationStatus.CHANGES_REQUESTED:
        return entry(
            _("Review by a person"),
            "blocked",
            YOU,
            application.status_changed_at,
            _("We need a correction from you; the rest is fine."),
        )
    if status in {ApplicationStatus.APPROVED, ApplicationStatus.LIVE}:
        return entry(_("Review by a person"), "done", US, application.decided_at)
    return entry(_("Review by a person"), "todo", US, None)


_STATE = {
    StepState.WAITING: "todo",
    StepState.DUE: "current",
    StepState.WAITING_FOR_META: "waiting",
    StepState.WAITING_FOR_BUSINESS: "current",
    StepState.BROKEN: "blocked",
    StepState.DONE: "done",
}
_WHO = {
    StepState.DUE: SYSTEM,
    StepState.WAITING_FOR_META: META,
    StepState.WAITING_FOR_BUSINESS: YOU,
    StepState.BROKEN: US,
}


def _step(step):
    state = StepState(step.state)
    kind = StepKind(step.kind)
    return entry(
        kind.label,
        _STATE[state],
        _WHO.get(state, YOU if kind in steps.STARTS_WITH_BUSINESS else SYSTEM),
        step.done_at if state == StepState.DONE else (step.since if state != StepState.WAITING else None),
        body_of(step),
        kind=step.kind,
        error=error_of(step),
        step=step,
    )


def body_of(step):
    """One sentence on what happens in a step now."""
    state, kind = StepState(step.state), StepKind(step.kind)
    if state == StepState.BROKEN:
        return _("Something is stuck on our side or at Meta. Our team was told; you don't need to do anything.")
    if state == StepState.DUE and step.attempts and step.last_error:
        return _("Meta doesn't answer at the moment. We go on trying by ourselves; nothing is lost.")
    if kind == StepKind.BUSINESS_VERIFICATION and state in {StepState.WAITING_FOR_META, StepState.WAITING_FOR_BUSINESS}:
        return " ".join(verification.meaning(step.data.get("verification")))
    if kind == StepKind.REGISTERED and state == StepState.WAITING_FOR_META:
        return _("Meta has the registration and still looks at the account. That is normal and can take two days.")
    if kind == StepKind.WABA and state == StepState.WAITING_FOR_BUSINESS:
        return _("You chose to connect it yourself, in Facebook's window.")
    texts = {
        StepKind.WABA: _("We open the WhatsApp Business Account in your company's name."),
        StepKind.WEBHOOKS: _("Messages of your customers will arrive here."),
        StepKind.NUMBER_ADDED: _("We add the number with its display name."),
        StepKind.NAME_REVIEW: _("Meta checks that the display name belongs to your company; from minutes to 3 days."),
        StepKind.CODE_REQUESTED: _("You get a code by SMS or call and enter it here. Five minutes."),
        StepKind.CODE_VERIFIED: _("Enter the six digits."),
        StepKind.REGISTERED: _("We register the number with a two-step PIN."),
        StepKind.PROFILE: _("Website, e-mail and address appear in your profile."),
        StepKind.ROUND_TRIP: _("Send one word from any phone. You are live once it came in and our answer arrived."),
    }
    return texts.get(kind, "") if state != StepState.DONE else ""


def error_of(step, *, for_staff=False):
    """The provider's last refusal in plain words with what to do, or empty."""
    if not step.last_error or StepState(step.state) in {StepState.DONE, StepState.WAITING}:
        return ""
    if step.last_error_code is None:
        return step.last_error if StepState(step.state) == StepState.WAITING_FOR_BUSINESS else ""
    text = explain(step.last_error_code, details=step.last_error)
    if StepState(step.state) == StepState.BROKEN and not for_staff:
        return f"{text.title}."  # what our team has to do is no advice to the business
    return f"{text.title}. {text.what_to_do}"


def said_by_provider(application):
    """Kind of step -> ``(name of Meta's field, its word)``: the states as WhatsApp itself calls them."""
    number = application.phone_numbers.select_related("waba").first()
    waba = number.waba if number else None
    known = steps.by_kind(application)
    said = {}

    def add(kind, name, word):
        if word and kind in known:
            said.setdefault(kind, []).append((name, str(word)))

    checked = known.get(StepKind.BUSINESS_VERIFICATION)
    add(StepKind.BUSINESS_VERIFICATION, "verification_status", checked.data.get("verification") if checked else "")
    if waba:
        add(StepKind.WABA, "account_review_status", (waba.account_review or "").upper())
        add(StepKind.WABA, "status", (waba.status or "").upper())
    if number:
        add(StepKind.NAME_REVIEW, "name_status", (number.name_status or "").upper())
        add(StepKind.NAME_REVIEW, "rejection_reason", number.name_rejection_reason)
        add(StepKind.CODE_VERIFIED, "code_verification_status", (number.code_verification or "").upper())
        add(StepKind.REGISTERED, "status", (number.status or "").upper())
    for kind, step in known.items():
        if step.last_error_code is not None and step.state != StepState.DONE:
            add(kind, "error.code", step.last_error_code)
    return said
