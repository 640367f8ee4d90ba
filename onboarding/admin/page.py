"""Everything that the page of one application shows a reviewer."""

from django.urls import reverse
from django.utils.translation import gettext as _

from config.clock import now
from config.templatetags.ui import ago
from onboarding.admin import signup, wording
from onboarding.admin.documents import download_url
from onboarding.display_name.fetch import readable_text
from onboarding.enums import ApplicationStatus as Status
from onboarding.enums import StepKind
from onboarding.models import CannedReason, OnboardingApplication, Reminder, ReviewDecision
from onboarding.services import (
    applications,
    canned,
    documents,
    duplicates,
    name_checks,
    overview,
    queue,
    review,
    screenings,
    steps,
    thread,
    turns,
)
from onboarding.services.highlight import marked
from onboarding.views.numbers import verification_text

Verb, State = ReviewDecision.Verb, ReviewDecision.State
SHOWN_OF_A_PAGE = 6000
SHOWN_EVENTS = 60


def context(application, user, *, may_change, typed=None):
    """The template's values for an annotated application; ``typed`` holds what a refused form had in it."""
    typed = typed or {}
    decision = review.open_decision(application)
    in_review = application.status == Status.SUBMITTED
    holder = application.claimed_by
    is_mine = holder is None or holder.pk == user.pk
    language = application.business.language
    return {
        "application": application,
        "age": queue.age(application),
        "risk": queue.RISKS[application.risk],
        "risk_reasons": queue.reasons(application),
        "answers": _answers(application, typed, language),
        "changes": _last_changes(application),
        "screening": _screening(application),
        "name": _name(application),
        "documents": [
            {"row": row, "kind": row.get_kind_display(), "url": download_url(row)}
            for row in documents.current(application)
        ],
        "missing_documents": [documents.title(paper) for paper in documents.missing(application)],
        "verification": _verification(application),
        "timeline": _timeline(application),
        "with_business": _with_business(application),
        "signups": signup.facts(application),
        "history": wording.history(_events(application)),
        "duplicates": _duplicates(application),
        "thread": thread.messages(application),
        "message": typed.get("message", ""),
        "canned_reject": canned.offered(CannedReason.Use.REJECT, language=language),
        "canned_message": canned.offered(CannedReason.Use.MESSAGE, language=language),
        "reason": typed.get("reason", _last_reason(application, user)),
        "second_note": typed.get("why", ""),
        "seen": review.seen_by_now(application),
        "decision": decision,
        "decision_notes": _notes(decision),
        "leaves_in": _seconds_left(decision),
        "last_decision": _last_decision(application),
        "holder_is_me": holder is not None and holder.pk == user.pk,
        "may_change": may_change,
        "may_decide": may_change and in_review and decision is None and is_mine,
        "may_take": may_change and in_review,
        "may_undo": may_change and decision is not None and user.pk in {decision.reviewer_id, decision.second_id},
        "may_confirm": may_change
        and decision is not None
        and decision.state == State.SECOND
        and decision.reviewer_id != user.pk,
        "mark": page_mark(application),
        "next": _next(application, user),
    }


def page_mark(application):
    """A short text that changes when a colleague does something or the business writes."""
    last = application.messages.order_by("-pk").values_list("pk", flat=True).first()
    decision = application.decisions.order_by("-pk").values_list("pk", "state").first()
    return f"{review.seen_by_now(application)}/{application.claimed_by_id or 0}/{decision}/{last}"


def _answers(application, typed, language):
    offered = canned.offered(CannedReason.Use.CHANGES, language=language)
    marks, before = review.marks(application), application.submitted_snapshot or {}
    rows = []
    for field, value in applications.answers(application).items():
        mark = marks.get(field)
        note = typed.get(f"note_{field}", mark.note if mark else "")
        right = f"right_{field}" in typed if typed else bool(mark and mark.is_right)
        rows.append(
            {
                "field": field,
                "label": wording.label_of(field),
                "value": wording.value_text(field, value),
                "was": wording.difference(field, before[field], value)
                if field in before and before[field] != value
                else None,
                "note": note,
                "right": right,
                "by": mark.by if mark else None,
                "canned": [row for row in offered if row["field"] in {"", field}],
            }
        )
    return rows


def _last_changes(application):
    event = application.events.filter(kind="submitted").order_by("-at", "-pk").first()
    changed = (event.data or {}).get("changed", {}) if event else {}
    asked = {
        request.field: request
        for request in application.change_requests.exclude(answered_at=None).order_by("answered_at")
    }
    return [
        wording.difference(field, old, new) | {"asked": getattr(asked.get(field), "note", "")}
        for field, (old, new) in changed.items()
    ]


def _screening(application):
    result = application.screenings.order_by("-at", "-pk").first()
    if result is None:
        return None
    return screenings.explained(result) | {"result": result, "text": wording.verdict_text(result)}


def _name(application):
    check = application.name_checks.order_by("-requested_at", "-pk").first()
    if check is None:
        return None
    names = [application.display_name, application.brand, application.legal_name]
    return {
        "check": check,
        "text": wording.name_text(check),
        "evidence": [
            (name_checks.place_name(piece["where"]), marked(piece["snippet"], names)) for piece in check.evidence
        ],
        "snapshot": marked(readable_text(check.snapshot)[:SHOWN_OF_A_PAGE], names) if check.snapshot else [],
    }


def _verification(application):
    step = steps.by_kind(application).get(StepKind.BUSINESS_VERIFICATION)
    if step is None:
        return None
    return {"text": verification_text(step.data.get("verification"))[1], "error": overview.error_of(step)}


def _timeline(application):
    """The path with what only staff see of a step: Meta's raw words, the next try, and whether it can be pushed."""
    said, path = overview.said_by_provider(application), overview.timeline(application)
    for line in path:
        row = line["step"]
        if row is None or line["state"] in {"done", "todo"}:
            continue
        line["own_words"] = said.get(row.kind, [])
        line["error"], line["last_error"] = overview.error_of(row, for_staff=True), row.last_error
        line["next_at"] = row.next_attempt_at
        line["may_push"] = steps.may_ask_again(row, by_staff=True)
    return path


def _with_business(application):
    """What the business is asked for, since when, and how often it was reminded; None when the ball isn't there."""
    turn = turns.turn_of(application)
    if turn is None:
        return None
    row = Reminder.objects.filter(application=application, turn=turn.what).first()
    told = ""
    if row and row.ended_at:
        told = _("Reminded %(n)d times, no more to come.") % {"n": row.sent}
    elif row and row.sent:
        told = _("Reminded %(n)d times so far.") % {"n": row.sent}
    return {"what": turns.name_of(turn.what), "when": ago(turn.since), "reminders": told}


def _events(application):
    return application.events.select_related("actor").order_by("-at", "-pk")[:SHOWN_EVENTS]


def _duplicates(application):
    found = []
    for other, kinds in duplicates.of(application):
        found.append(
            {
                "application": other,
                "status": other.get_status_display(),
                "kinds": [str(kind.label) for kind in sorted(kinds)],
                "is_serious": bool(kinds & duplicates.SERIOUS),
                "url": address(other),
            }
        )
    return found


def _last_reason(application, user):
    last = application.decisions.order_by("-pk").first()
    kept = last is not None and last.state in {State.UNDONE, State.DECLINED} and last.reviewer_id == user.pk
    return last.reason if kept else ""


def _last_decision(application):
    """The last one that is over and that a reviewer should know of: undone, not confirmed, overtaken."""
    last = application.decisions.select_related("reviewer", "second").order_by("-pk").first()
    return last if last is not None and last.state not in {State.SECOND, State.LEAVING, State.LEFT} else None


def _notes(decision):
    return [(wording.label_of(field), text) for field, text in decision.notes.items()] if decision else []


def _seconds_left(decision):
    if decision is None or decision.leaves_at is None:
        return None
    return max(0, round((decision.leaves_at - now()).total_seconds()))


def _next(application, user):
    """The next one in the queue that is free or mine."""
    waiting = OnboardingApplication.objects.filter(status=Status.SUBMITTED).exclude(pk=application.pk)
    free = waiting.filter(claimed_by=None) | waiting.filter(claimed_by=user)
    following = free.exclude(decisions__state__in=ReviewDecision.OPEN).order_by("status_changed_at", "pk").first()
    return address(following) if following else None


def address(application):
    """Where the page of an application is."""
    return reverse("admin:onboarding_onboardingapplication_change", args=[application.pk])


def said(decision):
    """What a reviewer is told right after deciding."""
    if decision.state == State.SECOND:
        return _("Kept. A colleague has to confirm the refusal; nothing has left the house.")
    return _("Decided: %(what)s. It leaves in %(seconds)d s; until then you can undo it.") % {
        "what": decision.get_verb_display(),
        "seconds": _seconds_left(decision) or 0,
    }
