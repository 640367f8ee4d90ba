"""The timeline: where an application stands, who acts next, since when (product row C2)."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from onboarding.enums import ApplicationStatus, StepKind, StepState
from onboarding.services import steps
from providers.errors_text import explain

US, YOU, META, SYSTEM = "us", "you", "meta", "system"


def timeline(application):
    """The whole path as a list of dicts for ``ui/_timeline.html``: title, state, who, who_text, when, body, kind."""
    path = [_signed(application), _submitted(application), _review(application)]
    known = steps.by_kind(application)
    path += [_step(known[kind]) for kind in StepKind if kind in known]
    if application.status == ApplicationStatus.REJECTED:
        path = [entry for entry in path if entry["state"] == "done"] + [
            _entry(
                pgettext("application", "Rejected"), "blocked", "", application.decided_at, application.rejection_reason
            )
        ]
    return path


def next_actor(application):
    """Who acts next: ``you``, ``us``, ``meta`` or ``""`` when nobody has to."""
    entries = [entry for entry in timeline(application) if entry["state"] in {"current", "waiting", "blocked"}]
    order = (YOU, US, META, SYSTEM)
    actors = {entry["who"] for entry in entries}
    return next((actor for actor in order if actor in actors), "")


def position(application):
    """``(number of the first open entry, number of entries)``, both counted from 1."""
    path = timeline(application)
    done = sum(1 for entry in path if entry["state"] == "done")
    return min(done + 1, len(path)), len(path)


def _entry(title, state, who, when, body="", kind="", error=""):
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
    }


def _signed(application):
    by = _("Signed by %(name)s.") % {"name": application.signed_name} if application.signed_at else ""
    return _entry(
        _("Policies accepted and signed"),
        "done" if application.signed_at else "current",
        YOU,
        application.signed_at,
        by,
    )


def _submitted(application):
    return _entry(_("Application sent"), "done" if application.submitted_at else "todo", YOU, application.submitted_at)


def _review(application):
    status = application.status
    if status == ApplicationStatus.SUBMITTED:
        return _entry(
            _("Review by a person"), "current", US, application.status_changed_at, _("Usually within a working day.")
        )
    if status == ApplicationStatus.CHANGES_REQUESTED:
        return _entry(
            _("Review by a person"),
            "blocked",
            YOU,
            application.status_changed_at,
            _("We need a correction from you; the rest is fine."),
        )
    if status in {ApplicationStatus.APPROVED, ApplicationStatus.LIVE}:
        return _entry(_("Review by a person"), "done", US, application.decided_at)
    return _entry(_("Review by a person"), "todo", US, None)


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
    return _entry(
        kind.label,
        _STATE[state],
        _WHO.get(state, YOU if kind in steps.STARTS_WITH_BUSINESS else SYSTEM),
        step.done_at if state == StepState.DONE else (step.since if state != StepState.WAITING else None),
        body_of(step),
        kind=step.kind,
        error=error_of(step),
    )


def body_of(step):
    """One sentence on what happens in a step now."""
    state, kind = StepState(step.state), StepKind(step.kind)
    if state == StepState.BROKEN:
        return _("Something is stuck on our side or at Meta. Our team was told; you don't need to do anything.")
    if state == StepState.DUE and step.attempts and step.last_error:
        return _("Meta doesn't answer at the moment. We go on trying by ourselves; nothing is lost.")
    if kind == StepKind.BUSINESS_VERIFICATION and state in {StepState.WAITING_FOR_META, StepState.WAITING_FOR_BUSINESS}:
        return _(
            "Meta hasn't verified your company yet. Start it in the Security Center of Meta Business Suite; "
            "we look every few hours and go on by ourselves."
        )
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
        StepKind.ROUND_TRIP: _("We say that you are live once a real message came in and was answered."),
    }
    return texts.get(kind, "") if state != StepState.DONE else ""


def error_of(step):
    """The provider's last refusal in plain words, or empty."""
    if not step.last_error or StepState(step.state) in {StepState.DONE, StepState.WAITING}:
        return ""
    if step.last_error_code is None:
        return step.last_error if StepState(step.state) == StepState.WAITING_FOR_BUSINESS else ""
    text = explain(step.last_error_code, details=step.last_error)
    return f"{text.title}. {text.what_to_do}"
