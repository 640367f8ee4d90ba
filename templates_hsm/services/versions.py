"""What a template said before: a row after each sitting of somebody who writes, at each hand-in and each decision."""

from config.clock import now
from templates_hsm.models import TemplateStatus, TemplateVersion
from templates_hsm.signals import template_changed

SITTING_SECONDS = 600
"""Saves of one person within the same ten minutes are one row: the builder saves by itself every few seconds."""
KEPT_AT = {TemplateStatus.SUBMITTING, TemplateStatus.APPROVED, TemplateStatus.REJECTED, TemplateStatus.REFUSED}
MOST_SHOWN = 100


def listen():
    """Keep the text with each hand-in and decision (called once when the app is ready)."""
    template_changed.connect(_status_changed, dispatch_uid="templates_hsm.versions")


def begin(template):
    """Keep what stands before the first change of a template that has no history yet."""
    if not TemplateVersion.objects.filter(template=template).exists():
        _add(template, TemplateVersion.SAVED, template.created_by, template.updated_at)


def keep(template, *, kind=TemplateVersion.SAVED, actor=None):
    """Keep what the template says now."""
    at, says = now(), _says(template, kind)
    newest = newest_of(template)
    if kind == TemplateVersion.SAVED and newest is not None and newest.kind == kind:
        if newest.definition == says:
            return newest
        same_sitting = int(newest.at.timestamp()) // SITTING_SECONDS == int(at.timestamp()) // SITTING_SECONDS
        first = not TemplateVersion.objects.filter(template=template).exclude(pk=newest.pk).exists()
        if same_sitting and not first and newest.actor_id == (actor.pk if actor else None):
            newest.definition, newest.version, newest.at = says, template.version, at
            newest.save(update_fields=["definition", "version", "at"])
            return newest
    return _add(template, kind, actor, at)


def newest_of(template):
    """The newest version, or ``None``."""
    return TemplateVersion.objects.filter(template=template).order_by("-at", "-pk").first()


def approved_of(templates):
    """``{template's key: [(moment, definition)]}``, the newest first: what Meta approved of these templates."""
    rows = TemplateVersion.objects.filter(template__in=templates, kind=str(TemplateStatus.APPROVED))
    found = {}
    for pk, at, definition in rows.order_by("-at", "-pk").values_list("template_id", "at", "definition"):
        found.setdefault(pk, []).append((at, definition))
    return found


def in_force(template, at, approved):
    """What Meta had approved of a template at that moment; its present definition if nothing says so.

    ``approved`` is what ``approved_of`` said.
    """
    rows = approved.get(template.pk, ())
    return next((definition for since, definition in rows if since <= at), template.definition)


def of(template):
    """The versions, newest first."""
    rows = TemplateVersion.objects.filter(template=template).select_related("actor")
    return list(rows.order_by("-at", "-pk")[:MOST_SHOWN])


def _says(template, kind):
    """What is being written, for a save or a hand-in; what Meta decided about, otherwise."""
    return template.written if kind in {TemplateVersion.SAVED, TemplateStatus.SUBMITTING} else template.definition


def _add(template, kind, actor, at):
    return TemplateVersion.objects.create(
        business=template.business,
        template=template,
        kind=kind,
        version=template.version,
        definition=_says(template, kind),
        at=at,
        actor=actor,
    )


def _status_changed(sender, template, new, actor=None, **_more):
    if new in KEPT_AT:
        keep(template, kind=str(new), actor=actor)
