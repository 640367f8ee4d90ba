"""What reviewers do: take an application, note what they think, decide, and change their mind before it leaves.

A decision is a row that leaves the house when its minute is over (``REVIEW_UNDO_SECONDS``). Until then the application
is in review for everybody else: no mail, no status, no step at the provider, so undoing leaves nothing behind. The
sweep ``let_go_due`` finds what is due, whatever happened to the worker before it. No decision is taken over a
colleague's: the row of the application is locked, and what the reviewer had seen is compared with what is there.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from config.faults import fault_point
from onboarding.enums import ApplicationStatus as Status
from onboarding.exceptions import NotPossible, TransitionNotAllowed
from onboarding.models import OnboardingApplication, ReviewDecision, ReviewMark
from onboarding.rulebook.house import house_rule
from onboarding.services import applications
from onboarding.services.moves import note
from tenants import audit
from tenants.tenancy import acting_for, every_business

logger = logging.getLogger(__name__)

Verb, State = ReviewDecision.Verb, ReviewDecision.State
TASK = "onboarding.tasks.let_decisions_go"


class Overtaken(NotPossible):
    """Somebody else was first, or the application changed after the page was opened; the message says who or what."""


# Who has it


@transaction.atomic
def claim(application, *, actor):
    """Take an application off the queue. Raises ``Overtaken`` with the colleague's name when it is taken."""
    if not applications.claim(application, actor=actor):
        application.refresh_from_db(fields=["claimed_by", "claimed_at"])
        raise Overtaken(_("%(name)s has just taken this application.") % {"name": application.claimed_by})
    _audit(audit.to_translate("application taken"), application, actor)


@transaction.atomic
def take_over(application, *, actor, seen_holder):
    """Take an application from the colleague whose name the page showed (their primary key).

    Raises ``Overtaken`` when somebody else has it by now. A decision on its way isn't touched.
    """
    mine = OnboardingApplication.objects.filter(pk=application.pk, claimed_by_id=seen_holder)
    before = application.claimed_by
    if seen_holder is None or not mine.update(claimed_by=actor, claimed_at=now()):
        application.refresh_from_db(fields=["claimed_by", "claimed_at"])
        who = application.claimed_by or _("Nobody")
        raise Overtaken(_("%(name)s has it by now. Load the page again.") % {"name": who})
    application.claimed_by = actor
    note(application, "taken over", actor=actor, before=str(before or ""))
    _audit(audit.to_translate("application taken over"), application, actor, before=str(before or ""))


@transaction.atomic
def release(application, *, actor):
    """Put one's own application back on the queue. Raises ``NotPossible`` for a colleague's."""
    locked = _locked(application)
    if locked.claimed_by_id != actor.pk:
        raise NotPossible(_("You don't have this application."))
    applications.release(application, actor=actor)
    _audit(audit.to_translate("application put back"), application, actor)


# What a page had seen


def seen_by_now(application):
    """A mark of everything that a decision rests on; a form carries it and ``decide`` compares it."""
    last = application.decisions.order_by("-pk").values_list("pk", flat=True).first()
    return f"{application.version}.{application.status}.{last or 0}"


def open_decision(application):
    """The decision that is on its way or waits for a second reviewer, or None."""
    rows = application.decisions.filter(state__in=ReviewDecision.OPEN)
    return rows.select_related("reviewer", "second").first()


# Marks, answer by answer


def marks(application):
    """The marks that still count, by field: those about the answers as they are now."""
    saved = applications.answers(application)
    return {
        mark.field: mark
        for mark in application.marks.select_related("by")
        if mark.field in saved and mark.value == saved[mark.field]
    }


def save_marks(application, notes, right, *, actor):
    """Keep what a reviewer noted so far. ``notes`` maps fields to words, ``right`` names the fields that are right.

    A note wins over a tick. Raises ``Overtaken`` when a colleague has the application.
    """
    with transaction.atomic():
        locked = _locked(application)
        _nobody_elses(locked, actor)
        _write_marks(locked, notes, right, actor)


def _write_marks(application, notes, right, actor):
    known, saved = marks(application), applications.answers(application)
    for field, value in saved.items():
        text = (notes.get(field) or "").strip()
        is_right = field in right and not text
        mark = known.get(field)
        if mark is not None and (mark.note, mark.is_right) == (text, is_right):
            continue
        if mark is None and not text and not is_right:
            continue
        ReviewMark.objects.update_or_create(
            application=application,
            field=field,
            defaults={
                "business": application.business,
                "value": value,
                "note": text,
                "is_right": is_right,
                "by": actor,
                "at": now(),
            },
        )


# Decisions


def decide(application, verb, *, actor, seen, notes=None, right=(), reason=""):
    """Decide, and let the decision leave when its minute is over; returns the ``ReviewDecision``.

    ``notes`` maps fields to what should change, ``reason`` is read by a business that is refused. Raises ``Overtaken``
    when a colleague was first or the answers changed since ``seen`` (see ``seen_by_now``), ``TransitionNotAllowed``
    when the application isn't in review, and ``ValueError`` when words are missing. With the house rule
    ``refusals_need_two`` a refusal waits for a colleague first.
    """
    verb = Verb(verb)
    notes = {field: text.strip() for field, text in (notes or {}).items() if text and text.strip()}
    with transaction.atomic():
        locked = _locked(application)
        _check_first(locked, actor, seen)
        _check_words(verb, notes, reason)
        _write_marks(locked, notes, right, actor)
        if locked.claimed_by_id is None:
            OnboardingApplication.objects.filter(pk=locked.pk).update(claimed_by=actor, claimed_at=now())
        waits = verb == Verb.REJECT and house_rule("refusals_need_two")
        decision = ReviewDecision.objects.create(
            business=locked.business,
            application=locked,
            verb=verb,
            notes=notes if verb == Verb.CHANGES else {},
            reason=reason.strip() if verb == Verb.REJECT else "",
            state=State.SECOND if waits else State.LEAVING,
            reviewer=actor,
            made_at=now(),
            leaves_at=None if waits else _leaves_at(),
        )
        note(locked, "decided", actor=actor, verb=str(verb), waits=bool(waits))
        _audit(audit.to_translate("application decided"), locked, actor, decision=str(verb))
        _announce(decision)
    application.refresh_from_db(fields=["claimed_by", "claimed_at", "status", "version"])
    return decision


def _check_first(application, actor, seen):
    """Nobody overwrites a colleague's decision or one about other answers."""
    open_one = open_decision(application)
    if open_one is not None:
        words = {"name": open_one.reviewer, "what": open_one.get_verb_display()}
        raise Overtaken(_("%(name)s has just decided: %(what)s. Your decision wasn't kept.") % words)
    _nobody_elses(application, actor)
    if application.status != Status.SUBMITTED:
        words = {"status": Status(application.status).label}
        raise TransitionNotAllowed(_("This application isn't in review any more: %(status)s.") % words)
    if seen != seen_by_now(application):
        raise Overtaken(_("Something changed since you opened this page. Look at it again, then decide."))


def _check_words(verb, notes, reason):
    if verb == Verb.CHANGES and not notes:
        raise ValueError(_("Say for at least one answer what should change."))
    if verb == Verb.APPROVE and notes:
        raise ValueError(_("You noted a change. Ask for it, or clear the note before you approve."))
    if verb == Verb.REJECT and not reason.strip():
        raise ValueError(_("Give the reason; the business reads it."))


def confirm(decision, *, actor):
    """A second reviewer agrees with a refusal; its minute begins. Raises ``NotPossible`` for its author."""
    with transaction.atomic():
        locked = _locked_decision(decision, State.SECOND)
        if locked.reviewer_id == actor.pk:
            raise NotPossible(_("A colleague has to confirm your refusal."))
        locked.second, locked.second_at = actor, now()
        locked.state, locked.leaves_at = State.LEAVING, _leaves_at()
        locked.save(update_fields=["second", "second_at", "state", "leaves_at"])
        note(locked.application, "refusal confirmed", actor=actor)
        _audit(audit.to_translate("refusal confirmed"), locked.application, actor)
        _announce(locked)
    return locked


def decline(decision, *, actor, why):
    """A second reviewer doesn't agree: the application is in review again, with the reason for the colleague."""
    if not why.strip():
        raise ValueError(_("Tell your colleague why you don't confirm it."))
    with transaction.atomic():
        locked = _locked_decision(decision, State.SECOND)
        if locked.reviewer_id == actor.pk:
            raise NotPossible(_("Undo your own decision instead."))
        locked.second, locked.second_at, locked.second_note = actor, now(), why.strip()
        locked.state, locked.settled_at = State.DECLINED, now()
        locked.save(update_fields=["second", "second_at", "second_note", "state", "settled_at"])
        note(locked.application, "refusal declined", actor=actor, reason=why.strip())
        _audit(audit.to_translate("refusal not confirmed"), locked.application, actor)
    return locked


def undo(decision, *, actor):
    """Take a decision back while it is still in the house.

    Its author and the one who confirmed it may. Raises ``NotPossible`` once it left, with the time when it did.
    """
    with transaction.atomic():
        locked = _locked_decision(decision, *ReviewDecision.OPEN)
        if actor.pk not in {locked.reviewer_id, locked.second_id}:
            raise NotPossible(_("Only %(name)s can undo this decision.") % {"name": locked.reviewer})
        locked.state, locked.settled_at = State.UNDONE, now()
        locked.save(update_fields=["state", "settled_at"])
        note(locked.application, "undone", actor=actor, verb=locked.verb)
        _audit(audit.to_translate("decision undone"), locked.application, actor, decision=locked.verb)
    return locked


def _locked_decision(decision, *states):
    """The decision's row, held until the transaction ends, in one of ``states``; else ``NotPossible`` with why not."""
    rows = ReviewDecision.objects.select_for_update(of=("self",))
    locked = rows.select_related("application__business", "reviewer", "second").get(pk=decision.pk)
    if locked.state in states:
        return locked
    when = date_format(localtime(locked.settled_at), "H:i:s") if locked.settled_at else ""
    if locked.state == State.LEFT:
        raise NotPossible(_("Too late: the decision left the house at %(time)s.") % {"time": when})
    raise NotPossible(_("This decision has changed: %(state)s.") % {"state": locked.get_state_display()})


def _leaves_at():
    return now() + timedelta(seconds=settings.REVIEW_UNDO_SECONDS)


def _announce(decision):
    """Without a minute to wait it leaves at once; otherwise the sweep is soon enough."""
    if decision.state == State.LEAVING and not settings.REVIEW_UNDO_SECONDS:
        hints.after_commit(TASK)


# Leaving the house


def let_go_due():
    """Let the decisions go whose minute is over; returns how many left and how many were overtaken."""
    with every_business():
        due = ReviewDecision.objects.filter(state=State.LEAVING, leaves_at__lte=now())
        pks = list(due.order_by("leaves_at").values_list("pk", flat=True)[:100])
    states = [_let_go_safely(pk) for pk in pks]
    return {"left": states.count(State.LEFT), "overtaken": states.count(State.OVERTAKEN)}


def _let_go_safely(pk):
    """One decision that can't leave holds no other up; it stays due."""
    try:
        return let_go(pk)
    except Exception:
        logger.exception("Review decision %s could not leave", pk)
        return None


def let_go(pk):
    """Carry one due decision out, all or nothing; returns its new state, or None when another worker has it."""
    with acting_for(ReviewDecision, pk):
        rows = ReviewDecision.objects.select_for_update(skip_locked=True, of=("self",))
        decision = (
            rows.filter(pk=pk, state=State.LEAVING, leaves_at__lte=now())
            .select_related("application__business", "reviewer", "second")
            .first()
        )
        if decision is None:
            return None
        application = decision.application
        with translation.override(application.business.language or None):
            try:
                with transaction.atomic():
                    _carry_out(decision, application)
            except TransitionNotAllowed:
                decision.state = State.OVERTAKEN
                note(application, "overtaken", actor=decision.reviewer, verb=decision.verb)
            else:
                decision.state = State.LEFT
        decision.settled_at = now()
        decision.save(update_fields=["state", "settled_at"])
        fault_point("review.before_commit")
    return decision.state


def _carry_out(decision, application):
    if decision.verb == Verb.APPROVE:
        applications.approve(application, actor=decision.reviewer)
    elif decision.verb == Verb.CHANGES:
        applications.request_changes(application, decision.notes, actor=decision.reviewer)
        application.marks.exclude(note="").delete()
    else:
        applications.reject(application, decision.reason, actor=decision.reviewer)


# Within the house


def _locked(application):
    rows = OnboardingApplication.objects.select_for_update(of=("self",))
    return rows.select_related("business", "claimed_by").get(pk=application.pk)


def _nobody_elses(application, actor):
    if application.claimed_by_id not in {None, actor.pk}:
        words = {"name": application.claimed_by}
        raise Overtaken(_("%(name)s has this application. Take it over first, or leave it to them.") % words)


def _audit(verb, application, actor, **details):
    """What staff do among themselves isn't the business's to read; the decision itself is, once it left."""
    audit.record(verb, application.code, actor=actor, business=application.business, staff_only=True, **details)
