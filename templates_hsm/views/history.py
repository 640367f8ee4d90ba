"""What a template said before, two texts side by side, and its languages side by side."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from templates_hsm import differences, presenting
from templates_hsm.exceptions import NotPossible
from templates_hsm.forms import language_choices
from templates_hsm.models import MessageTemplate, TemplateStatus, TemplateVersion
from templates_hsm.preview import preview
from templates_hsm.services import templates, versions
from templates_hsm.views.media import shown_files
from templates_hsm.views.reading import find
from tenants.decorators import role_required
from tenants.enums import MANAGERS

MOST_LANGUAGES = 30


@require_GET
@role_required()
def template_versions(request, business_slug, reference):
    """The versions of a template, two of them side by side with what changed."""
    template = find(request, reference)
    rows = versions.of(template)
    new = _chosen(rows, request.GET.get("new"), rows[0] if rows else None)
    before = [row for row in rows if new and (row.at, row.pk) < (new.at, new.pk)]
    other = [row for row in before if row.definition != new.definition]  # a save and its hand-in say the same
    older = next(iter(other or before), new)
    old = _chosen(rows, request.GET.get("old"), older)
    context = {
        "template": template,
        "language": presenting.language_name(template.language),
        "rows": [{"version": row, "word": word_of(row)} for row in rows],
        "old": old,
        "new": new,
        "may_restore": request.role in MANAGERS and presenting.editable(template),
        "nav_key": "templates",
    }
    if old is not None and new is not None:
        files = shown_files(request, old.definition, new.definition)
        parts = differences.compare(old.definition, new.definition, files=files)
        context |= {
            "parts": parts,
            "differ": any(part.changed for part in parts),
            "sides": [
                {
                    "version": row,
                    "word": word_of(row),
                    "model": preview(row.definition, files=files),
                    "current": current,
                }
                for row, current in ((old, _is_current(template, old)), (new, _is_current(template, new)))
            ],
        }
    return render(request, "templates_hsm/template_versions.html", context)


def word_of(version):
    """What a version stands for: a save, or the status that the template reached with it."""
    if version.kind == TemplateVersion.SAVED:
        return _("Saved")
    return TemplateStatus(version.kind).label if version.kind in TemplateStatus.values else version.kind


def _is_current(template, version):
    return version.definition == template.definition


def _chosen(rows, text, default):
    pk = int(text) if text and text.isdecimal() and len(text) < 19 else 0
    return next((row for row in rows if row.pk == pk), default)


@require_POST
@role_required(*MANAGERS)
def template_restore(request, business_slug, reference, pk):
    """Put an older text back into the draft. What stands there now stays in the history."""
    template = find(request, reference, lock=True)
    version = get_object_or_404(TemplateVersion, template=template, pk=pk)
    fields = {name: version.definition.get(name, value) for name, value in template.written.items()}
    if template.provider_id:
        fields |= {"name": template.name, "language": template.language}
    try:
        templates.save(template, version=template.version, actor=request.user, **fields)
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect("templates_hsm:template_versions", business_slug, template.reference)
    messages.success(request, _restored(template))
    return redirect("templates_hsm:template_edit", business_slug, template.reference)


def _restored(template):
    """Where the older text went: into the draft, or beside the text in force unless that is the same."""
    if not template.is_changed_in_place:
        return _("The older text is back in the draft.")
    if template.changes is None:
        return _("The changes are gone. The text in force stays as it is.")
    return _("The older text is in your changes. The text in force stays until Meta has the new one.")


@require_GET
@role_required()
def template_languages(request, business_slug, reference):
    """Every language of a name side by side, with what differs from the first."""
    template = find(request, reference)
    rows = MessageTemplate.objects.filter(business=request.business, waba=template.waba, name=template.name)
    rows = list(rows.exclude(status=TemplateStatus.DELETED).order_by("created_at", "pk")[:MOST_LANGUAGES])
    wanted = request.GET.get("model", "")
    model = next((row for row in rows if row.language == wanted), rows[0])
    rows.sort(key=lambda row: row.pk != model.pk)
    files = shown_files(request, *(row.definition for row in rows))
    taken = {row.language for row in rows}
    context = {
        "template": template,
        "model_language": presenting.language_name(model.language),
        "columns": [
            {
                "template": row,
                "language": presenting.language_name(row.language),
                "status": presenting.status_of(row),
                "model": preview(row.definition, files=files),
                "is_model": row.pk == model.pk,
                "editable": request.role in MANAGERS and presenting.editable(row),
                "differences": [
                    {"place": PLACES[place](), "text": text}
                    for place, text in differences.between_languages(row.definition, model.definition)
                ],
            }
            for row in rows
        ],
        "free": [(code, name) for code, name in language_choices() if code not in taken],
        "may_act": request.role in MANAGERS,
        "nav_key": "templates",
    }
    return render(request, "templates_hsm/template_languages.html", context)


PLACES = {
    "category": lambda: _("Category"),
    "header": lambda: _("Header"),
    "body": lambda: _("Body"),
    "footer": lambda: _("Footer"),
    "buttons": lambda: _("Buttons"),
    "content": lambda: _("Kind of content"),
    "cards": lambda: _("Cards"),
}
