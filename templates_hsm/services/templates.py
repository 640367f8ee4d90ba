"""The life of a message template: drafts, handing in, and what Meta decides, by poll or webhook."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from config import hints
from config.clock import now
from onboarding.models import Waba
from onboarding.rulebook import house
from providers.base import Quality, TemplateState
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.models import IN_PLACE, MessageTemplate, ReviewState, TemplateStatus
from templates_hsm.services import checks, header_media, quotas, versions
from templates_hsm.signals import category_moved, template_changed
from tenants import audit, live

EDITABLE = {TemplateStatus.DRAFT, TemplateStatus.REFUSED, TemplateStatus.REJECTED}
"""Changed freely here: nobody sends their text. Those of ``IN_PLACE`` keep theirs until Meta has taken the new one."""
CHANGED = ("category", "parameter_format", "components")
"""What Meta lets an edit change; the name and the language never (Meta, Message templates, 31 October 2025)."""
DECIDED = {TemplateStatus.APPROVED, TemplateStatus.REJECTED}


def create(waba, *, name, language, category, components, parameter_format="POSITIONAL", actor=None):
    """Make a draft. Raises ``NotPossible`` when the account has this name in this language already."""
    try:
        with transaction.atomic():
            template = MessageTemplate.objects.create(
                business=waba.business,
                waba=waba,
                name=name,
                language=language,
                category=category,
                components=components,
                parameter_format=parameter_format,
                created_by=actor,
            )
    except IntegrityError as exc:
        raise NotPossible(_("There is already a template with this name in this language.")) from exc
    versions.keep(template, actor=actor)
    audit.record(audit.to_translate("template created"), template, actor=actor)
    tell(template)
    return template


def save(template, *, version, actor=None, **fields):
    """Change a template. ``version`` is the one that the person saw; an older one raises ``NotPossible``.

    What Meta has approved or paused keeps its text: the new one is written beside it (``changes``).
    """
    if not may_change(template):
        raise NotPossible(_("It can't be changed in this status. Make a copy instead."))
    versions.begin(template)
    if template.is_changed_in_place:
        fields = {"changes": _changes(template, fields)}
    fields |= {"version": version + 1, "updated_at": now()}
    try:
        with transaction.atomic():
            saved = MessageTemplate.objects.filter(pk=template.pk, version=version).update(**fields)
    except IntegrityError as exc:
        raise NotPossible(_("There is already a template with this name in this language.")) from exc
    if not saved:
        raise NotPossible(_("This template was changed in another window. Load the page again; your text is kept."))
    template.refresh_from_db()
    versions.keep(template, actor=actor)
    tell(template)
    return template


def may_change(template):
    """Whether it may be changed here: in its status, and while no one else has its new text."""
    in_place = template.status in IN_PLACE and template.provider_id and not template.wish
    if TemplateStatus(template.status) not in EDITABLE and not in_place:
        return False
    return not template.reviews.filter(state=ReviewState.WAITING).exists()


def _changes(template, fields):
    """What is written beside the text in force, or ``None`` when it says the same."""
    fixed = ("category",) if template.status == TemplateStatus.APPROVED else ()
    written = template.written
    changes = {name: fields.get(name, written[name]) for name in CHANGED if name not in fixed}
    return None if all(template.definition[name] == value for name, value in changes.items()) else changes


def findings_of(template, definition=None):
    """What the linter says of a template, with what else stands in its account.

    ``definition`` is what somebody is typing into it; without one, what is stored.
    """
    others = MessageTemplate.objects.filter(waba=template.waba).exclude(pk=template.pk)
    others = others.exclude(status=TemplateStatus.DELETED)[:300]
    return checks.check(definition or template.written, existing=[other.definition for other in others])


@transaction.atomic
def submit(template, *, actor):
    """Hand a template in at Meta (a worker does it), or to our team by house rule. A second click changes nothing.

    Raises ``HasErrors`` with the linter's errors, ``NotPossible`` when it was handed in before, a quota is used up, or
    Meta is asked for something else.
    """
    from templates_hsm.services import house_review  # it hands in what our team approved, through this function

    if template.status in {TemplateStatus.SUBMITTING, TemplateStatus.HOUSE_REVIEW}:
        return template
    in_place = template.status in IN_PLACE and template.changes is not None
    if TemplateStatus(template.status) not in EDITABLE and not in_place:
        raise NotPossible(_("This template was handed in before."))
    if template.wish:
        raise NotPossible(_("We are still asking Meta for something with this template. Hand it in after that."))
    if not may_change(template):
        return template
    if header_media.is_missing(template.written):
        raise NotPossible(_("A file of this template isn't here any more. Upload it again."))
    if header_media.is_elsewhere(template.written):
        raise NotPossible(_("A file of this template is with Meta alone, which doesn't give it back. Upload it again."))
    if not template.waba.waba_id:
        raise NotPossible(_("The WhatsApp account isn't ready yet. Templates can be handed in once it is."))
    with house.in_force() as state:
        findings = findings_of(template)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise HasErrors(errors)
    quotas.require(template)
    if house_review.is_needed(template):
        return house_review.ask(template, actor=actor)
    checks.remember(template, findings, state, actor=actor)
    if template.changes is not None:
        template.changes = {name: template.written[name] for name in CHANGED}
    move(template, TemplateStatus.SUBMITTING, actor=actor)
    MessageTemplate.objects.filter(pk=template.pk).update(
        changes=template.changes, submit_after=now(), submit_attempts=0, last_error="", last_error_code=None
    )
    template.refresh_from_db()
    audit.record(audit.to_translate("template submitted"), template, actor=actor)
    hints.after_commit("templates_hsm.tasks.submit_due_templates")
    return template


def move(template, to, *, raw="", reason="", details="", actor=None):
    """Write a template's status and the line of its history; the same status again changes nothing."""
    old, new = TemplateStatus(template.status), TemplateStatus(to)
    if (old, template.rejected_reason, template.status_raw) == (new, reason, raw):
        return
    at = now()
    template.status, template.status_raw, template.status_changed_at = new, raw, at
    template.rejected_reason = reason
    if details or new != old:
        template.rejection_details = details
    if new in DECIDED and new != old:
        template.decided_at = at
    template.save(
        update_fields=[
            "status", "status_raw", "status_changed_at", "rejected_reason", "rejection_details", "decided_at",
        ]
    )  # fmt: skip
    if new != old:
        record(template, "status", old, new, actor=actor, reason=reason)
        template_changed.send(sender=MessageTemplate, template=template, old=old, new=new, actor=actor)
    tell(template)


def record(template, kind, old, new, *, actor=None, **details):
    """Add a line to a template's history."""
    template.events.create(
        business=template.business, kind=kind, old=str(old), new=str(new), actor=actor, details=details, at=now()
    )


def status_before(template):
    """The status that a template had when it was handed in, or ``""``: an approved one is edited under a quota."""
    last = template.events.filter(kind="status", new=TemplateStatus.SUBMITTING).order_by("-at", "-pk").first()
    return last.old if last else ""


def take_turns(waba_pks):
    """Whoever writes what Meta says of several templates locks their accounts first, so that two can't deadlock."""
    list(Waba.objects.select_for_update(of=("self",)).filter(pk__in=waba_pks).order_by("pk").values_list("pk"))


def status_of(state):
    """Our status for a provider's word; words that are only news (flagged, locked…) give ``None``."""
    if state in {TemplateState.FLAGGED, TemplateState.LOCKED}:
        return None
    if state in {TemplateState.REINSTATED, TemplateState.UNARCHIVED}:
        return TemplateStatus.APPROVED
    return TemplateStatus(str(state)) if str(state) in TemplateStatus.values else TemplateStatus.UNKNOWN


def store_report(template, report):
    """Write what Meta says of a template. Its word on status and category wins over ours."""
    status = status_of(report.state)
    if report.id and template.provider_id != report.id:
        template.provider_id = report.id
        template.save(update_fields=["provider_id"])
    if status is not None:
        reason = report.rejected_reason if report.rejected_reason not in {"", "NONE"} else ""
        if status != TemplateStatus.REJECTED:
            reason = ""
        keeps = template.rejection_details if reason == template.rejected_reason else ""
        raw = report.unknown_words.get("state", "") if status == TemplateStatus.UNKNOWN else ""
        move(template, status, raw=raw, reason=reason, details=keeps)
    if report.category is not None:
        recategorise(template, str(report.category).upper())
    if report.quality is not None:
        set_quality(template, report.quality)
    if report.correct_category is not None:
        announce_category(template, str(report.correct_category).upper())


def recategorise(template, category):
    """Meta put the template into another category, which may be dearer."""
    if not category or category == template.category or category == "UNKNOWN":
        return
    old = template.category
    template.previous_category, template.category, template.correct_category = old, category, ""
    template.save(update_fields=["previous_category", "category", "correct_category"])
    record(template, "category", old, category)
    audit.record(
        audit.to_translate("template recategorised by Meta"),
        template,
        business=template.business,
        old=old,
        new=category,
    )
    category_moved.send(sender=MessageTemplate, template=template, old=old, new=category)
    tell(template)


def announce_category(template, correct):
    """Meta says which category it will move the template to."""
    if correct in {"", "UNKNOWN", template.category, template.correct_category}:
        return
    template.correct_category = correct
    template.save(update_fields=["correct_category"])
    record(template, "category announced", template.category, correct)
    tell(template)


def set_quality(template, quality):
    """Meta's judgement by what people did with the messages."""
    quality = "" if quality in {Quality.UNKNOWN, Quality.NOT_RATED} else str(quality)
    if quality == template.quality:
        return
    old, template.quality = template.quality, quality
    template.save(update_fields=["quality"])
    record(template, "quality", old, quality)
    tell(template)


def copy(template, *, actor, name=None, language=None, waba=None):
    """A draft with the same content, under another name, language or account."""
    base, number = name or f"{template.name}_copy", 2
    taken = MessageTemplate.objects.filter(waba=waba or template.waba, language=language or template.language)
    wanted = base
    while taken.filter(name=wanted).exclude(status=TemplateStatus.DELETED).exists():
        wanted, number = f"{base}_{number}", number + 1
    return create(
        waba or template.waba,
        name=wanted,
        language=language or template.language,
        category=template.category,
        components=template.components,
        parameter_format=template.parameter_format,
        actor=actor,
    )


def delete_draft(template, *, actor):
    """Throw a draft away; what Meta has is deleted there and stays in the history here."""
    if template.provider_id or TemplateStatus(template.status) not in {TemplateStatus.DRAFT, TemplateStatus.REFUSED}:
        raise NotPossible(_("Only drafts can be thrown away."))
    audit.record(audit.to_translate("template thrown away"), template, actor=actor)
    template.delete()


def tell(template):
    """Let open pages know that a template changed."""
    live.emit("template", business_id=template.business_id, template=str(template.reference), status=template.status)
