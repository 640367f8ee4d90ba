"""The library in the admin: written, checked, published to all businesses, withdrawn; with its history."""

from django import forms
from django.contrib import admin, messages
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from templates_hsm import presenting
from templates_hsm.components import read
from templates_hsm.differences import compare
from templates_hsm.examples import USES
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.forms import language_choices
from templates_hsm.models import LibraryTemplate
from templates_hsm.preview import preview, visible_text
from templates_hsm.services import checks, library

COLOURS = {"published": "success", "draft": "info", "withdrawn": "warning"}
CHANGES = {"saved": _("Saved"), "published": _("Published"), "withdrawn": _("Withdrawn")}


class LibraryForm(forms.ModelForm):
    """The use, the language, and the body of a create call."""

    use = forms.ChoiceField(label=_("use"), choices=lambda: list(USES.items()), widget=UnfoldAdminSelectWidget)
    language = forms.ChoiceField(label=_("language"), choices=language_choices, widget=UnfoldAdminSelectWidget)

    class Meta:
        model = LibraryTemplate
        fields = ["use", "language", "definition"]

    def clean_definition(self):
        definition = self.cleaned_data["definition"]
        template = read(definition)
        if not isinstance(definition, dict) or not template.name or not isinstance(definition.get("components"), list):
            raise forms.ValidationError(_("Give the body of a create call: name, category and components."))
        return definition


@admin.register(LibraryTemplate)
class LibraryTemplateAdmin(ModelAdmin):
    """Nothing is deleted: what isn't wanted any more is withdrawn."""

    form = LibraryForm
    list_display = ["__str__", "use_shown", "language", "state_shown", "published_at"]
    list_filter = ["state", "use", "language"]
    ordering = ["use", "language", "pk"]
    actions = ["publish", "withdraw"]
    readonly_fields = ["state", "what_it_says", "findings", "history"]
    fields = ["use", "language", "definition", "state", "what_it_says", "findings", "history"]

    def has_delete_permission(self, request, obj=None):
        return False

    @display(description=_("use"), ordering="use")
    def use_shown(self, entry):
        return USES.get(entry.use, entry.use)

    @display(description=_("state"), label=COLOURS, ordering="state")
    def state_shown(self, entry):
        return entry.state, entry.get_state_display()

    @admin.display(description=_("as the customer reads it"))
    def what_it_says(self, entry):
        text = visible_text(preview(entry.definition)) if entry.pk else ""
        return _part("templates_hsm/admin/_says.html", text=text)

    @admin.display(description=_("our check"))
    def findings(self, entry):
        items = presenting.told(entry.definition, checks.check(entry.definition)) if entry.pk else []
        return _part("templates_hsm/admin/_findings.html", items=items)

    @admin.display(description=_("history"))
    def history(self, entry):
        return _part("templates_hsm/admin/_library_history.html", lines=_history(entry) if entry.pk else [])

    def save_model(self, request, obj, form, change):
        """Only what changed is stored; a published one becomes a draft again."""
        if change and not form.changed_data:
            return
        was_published = obj.state == LibraryTemplate.State.PUBLISHED
        library.save(obj, actor=request.user)
        if was_published:
            messages.warning(request, gettext("It is a draft again. Publish it when it has been looked at."))

    @admin.action(description=_("Publish to all businesses"), permissions=["change"])
    def publish(self, request, queryset):
        for entry in queryset:
            try:
                library.publish(entry, actor=request.user)
            except HasErrors as exc:
                reasons = " ".join(finding.text for finding in exc.findings)
                messages.error(
                    request, gettext("%(entry)s wasn't published: %(why)s") % {"entry": entry, "why": reasons}
                )
            else:
                messages.success(request, gettext("%(entry)s is published.") % {"entry": entry})

    @admin.action(description=_("Withdraw"), permissions=["change"])
    def withdraw(self, request, queryset):
        for entry in queryset:
            try:
                library.withdraw(entry, actor=request.user)
            except NotPossible as exc:
                messages.error(request, f"{entry}: {exc}")
            else:
                messages.success(request, gettext("%(entry)s is withdrawn.") % {"entry": entry})


def _history(entry):
    """The lines of the history, newest first, each with the parts that differ from the one before."""
    rows = list(entry.changes.select_related("actor").order_by("-at", "-pk")[:50])
    older = [*rows[1:], None]
    return [
        {
            "row": row,
            "word": CHANGES.get(row.kind, row.kind),
            "changed": [part.label for part in compare(before.definition, row.definition) if part.changed]
            if before
            else [],
        }
        for row, before in zip(rows, older, strict=True)
    ]


def _part(name, **context):
    return mark_safe(render_to_string(name, context))  # noqa: S308 - rendered by a template
