"""Our team's look at a template before Meta sees it (product row E4): a house rule, a queue, notes beside each part.

While a template waits it has a status of its own; nothing is handed in before somebody approved exactly this text.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from onboarding.rulebook.house import house_rule
from templates_hsm.exceptions import NotPossible
from templates_hsm.models import MessageTemplate, ReviewState, TemplateReview, TemplateStatus
from templates_hsm.services import notices, templates
from tenants import audit
from tenants.tenancy import business_scope

RULE = "template_review"
LONGEST_NOTE = 2000


def is_needed(template):
    """Whether our team has to approve this text first: the house asks for it and nobody approved exactly this."""
    if not house_rule(RULE):
        return False
    last = latest(template)
    return last is None or last.state != ReviewState.APPROVED or last.definition != template.written


def latest(template):
    """The newest ``TemplateReview`` of a template, or ``None``."""
    return template.reviews.select_related("decided_by").order_by("-asked_at", "-pk").first()


def ask(template, *, actor):
    """Put a template into our team's queue. It must be checked before and locked by the caller.

    Changes of an approved one leave its status alone: it is sent with the text in force meanwhile.
    """
    TemplateReview.objects.create(
        business_id=template.business_id, template=template, asked_by=actor, definition=template.written
    )
    if not template.is_changed_in_place:
        templates.move(template, TemplateStatus.HOUSE_REVIEW, actor=actor)
    audit.record(audit.to_translate("template given to our team"), template, actor=actor)
    return template


@transaction.atomic
def decide(review_pk, *, approve, by, note="", notes=()):
    """Approve (and hand in at Meta) or send back. ``notes`` are ``(slot, text)``; sending back needs words.

    Raises ``NotPossible`` when it was decided or taken back meanwhile, ``HasErrors`` when our check refuses it now.
    """
    review = TemplateReview.objects.select_related("business").get(pk=review_pk)
    with business_scope(review.business):
        return _decide(review.pk, approve, by, note, notes)


def _decide(review_pk, approve, by, note, notes):
    review = TemplateReview.objects.select_for_update(of=("self",)).select_related("template").get(pk=review_pk)
    template = _locked(review.template)
    if review.state != ReviewState.WAITING:
        raise NotPossible(_("It was decided or taken back in the meantime."))
    notes = [{"slot": slot, "text": text.strip()[:LONGEST_NOTE]} for slot, text in notes if text.strip()]
    note = note.strip()[:LONGEST_NOTE]
    if not approve and not note and not notes:
        raise NotPossible(_("Say what to correct: a note, or words beside a part."))
    review.state = ReviewState.APPROVED if approve else ReviewState.SENT_BACK
    review.note, review.notes, review.decided_by, review.decided_at = note, notes, by, now()
    review.save(update_fields=["state", "note", "notes", "decided_by", "decided_at"])
    if not template.is_changed_in_place:
        templates.move(template, TemplateStatus.DRAFT, actor=by)
    if approve:
        audit.record(audit.to_translate("template approved by our team"), template, actor=by, note=note)
    else:
        audit.record(audit.to_translate("template sent back by our team"), template, actor=by, note=note)
    if approve:
        templates.submit(template, actor=by)
    notices.tell(template, "reviewed" if approve else "sent_back", key=f"review:{review.pk}", review=review)
    return review


@transaction.atomic
def withdraw(template, *, actor):
    """The business takes it back to change it. Raises ``NotPossible`` when our team was faster."""
    row = _locked(template)
    waiting = TemplateReview.objects.select_for_update().filter(template=row, state=ReviewState.WAITING).first()
    if waiting is None or not (row.status == TemplateStatus.HOUSE_REVIEW or row.is_changed_in_place):
        raise NotPossible(_("Our team decided in the meantime."))
    waiting.state, waiting.decided_at = ReviewState.WITHDRAWN, now()
    waiting.save(update_fields=["state", "decided_at"])
    if not row.is_changed_in_place:
        templates.move(row, TemplateStatus.DRAFT, actor=actor)
    audit.record(audit.to_translate("template taken back from our team"), row, actor=actor)
    return row


def _locked(template):
    rows = MessageTemplate.objects.select_for_update(of=("self",)).select_related("business", "waba")
    return rows.get(pk=template.pk)
