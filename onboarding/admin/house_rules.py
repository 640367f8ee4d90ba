"""House rules in the admin: what holds, what the platform does, the history, and changing a rule from a day on."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from config.clock import now
from onboarding.admin import rulebook
from onboarding.exceptions import NotPossible
from onboarding.models import HouseRuleChange
from onboarding.rulebook import house
from onboarding.services import house_rules

SHOWN_CHANGES = 30


class ChangeForm(forms.Form):
    """A new value for one house rule, why, and from when."""

    value = forms.CharField(label=gettext_lazy("New value"))
    starts = forms.DateField(
        label=gettext_lazy("Holds from"),
        help_text=gettext_lazy("Leave it empty for now; a later day begins at midnight."),
        required=False,
        widget=UnfoldAdminSingleDateWidget(attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Write a day like 2027-01-01.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Colleagues read it in the history."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        max_length=house_rules.LONGEST_REASON,
        error_messages={"required": gettext_lazy("Say why, in a few words; colleagues read it in the history.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(self, rule, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["value"] = _value_field(rule)
        self.order_fields(["value", "starts", "reason", "seen"])


def _value_field(rule):
    label = _("New value")
    if rule.kind in {"yes_no", "switch", "choice"}:
        values = list(rule.choices) if rule.kind == "choice" else [True, False]
        choices = [(str(value), rule.shown(value)) for value in values]
        return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget)
    attrs = {"inputmode": {"whole": "numeric", "amount": "decimal"}.get(rule.kind, "text"), "autocomplete": "off"}
    return forms.CharField(
        label=label,
        max_length=house.LONGEST_TEXT,
        help_text=_bounds(rule),
        widget=UnfoldAdminTextInputWidget(attrs=attrs),
        error_messages={"required": _("Write the new value.")},
    )


def _bounds(rule):
    if rule.least is None:
        return ""
    unit = {
        "hours": _("hours"),
        "days": _("days"),
        "months": _("months"),
        "a_day": _("conversations a day"),
    }.get(rule.unit, rule.unit)
    return _("From %(least)s to %(most)s, in %(unit)s.") % {"least": rule.least, "most": rule.most, "unit": unit}


@admin.register(HouseRuleChange)
class HouseRuleChangeAdmin(ModelAdmin):
    """The list is of rules, not of changes; a change is only ever added, through ``services.house_rules``."""

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", view(self.changelist_view), name=f"{name}_changelist"),
            path("rulebook/", view(self.rulebook), name=f"{name}_rulebook"),
            path("rulebook/compare/", view(self.compare), name=f"{name}_compare"),
            path("withdraw/<int:pk>/", view(self.withdraw), name=f"{name}_withdraw"),
            path("<str:rule>/", view(self.rule), name=f"{name}_rule"),
        ]

    def changelist_view(self, request, extra_context=None):
        """Every house rule by group: its value, the platform's own, since when and by whom."""
        groups = {}
        for standing in house_rules.standing():
            groups.setdefault(standing.rule.group, []).append(standing)
        ordered = [(house.GROUPS[key], groups[key]) for key in house.GROUPS if key in groups]
        latest = HouseRuleChange.objects.order_by("-set_at", "-pk")[:SHOWN_CHANGES]
        context = {
            "title": _("House rules"),
            "groups": ordered,
            "latest": [_line(row) for row in latest],
        }
        return self._page(request, "house_rules", context)

    def rule(self, request, rule):
        """One rule: the form that changes it, what is planned, and the history."""
        self._may_look(request)
        try:
            standing = house_rules.standing(rule)
        except KeyError as exc:
            raise Http404 from exc
        may_change = self.has_add_permission(request)
        initial = {"value": standing.value, "seen": house_rules.mark(rule)}
        form, status = ChangeForm(standing.rule, initial=initial), 200
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            form = ChangeForm(standing.rule, request.POST)
            if form.is_valid() and self._change(request, standing.rule, form):
                return HttpResponseRedirect(address(rule))
            status = 422
        context = {
            "title": standing.rule.title,
            "standing": standing,
            "form": form,
            "may_change": may_change,
            "planned": [_line(row) for row in standing.planned],
            "history": [_line(row) for row in house_rules.history(rule)],
        }
        return self._page(request, "house_rule", context, status=status)

    def _change(self, request, rule, form):
        said = form.cleaned_data
        try:
            row = house_rules.change(
                rule.id,
                said["value"],
                actor=request.user,
                reason=said["reason"],
                seen=said["seen"],
                starts=said["starts"],
            )
        except NotPossible as exc:
            form.add_error(None, str(exc))
            form.data = form.data.copy()
            form.data["seen"] = house_rules.mark(rule.id)  # now the page shows what the colleague did
            return False
        except ValueError as exc:
            form.add_error(None, str(exc))
            return False
        if row.valid_from > now():
            messages.success(request, _("Planned. Until then the old value holds."))
        else:
            messages.success(request, _("Changed. It holds from now on, everywhere."))
        return True

    def withdraw(self, request, pk):
        """Take back a change that hasn't begun."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        row = HouseRuleChange.objects.filter(pk=pk).first()
        if row is None:
            raise Http404
        if request.method == "POST":
            try:
                house_rules.withdraw(pk, actor=request.user, reason=request.POST.get("reason", ""))
            except (NotPossible, ValueError) as exc:
                messages.error(request, str(exc))
            else:
                messages.success(request, _("Withdrawn. It never held."))
        return HttpResponseRedirect(address(row.rule))

    def rulebook(self, request):
        """Every rule of a day, whosever it is."""
        return self._page(request, "rulebook", rulebook.context(request.GET))

    def compare(self, request):
        """What changed in the rules between two days."""
        return self._page(request, "rulebook_compare", rulebook.comparison(request.GET))

    def _may_look(self, request):
        if not (self.has_view_permission(request) or self.has_add_permission(request)):
            raise PermissionDenied

    def _page(self, request, template, context, *, status=200):
        self._may_look(request)
        whole = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/onboarding/{template}.html", whole, status=status)


def address(rule):
    """Where the page of a house rule is."""
    return reverse("admin:onboarding_houserulechange_rule", args=[rule])


def _line(row):
    """One change in words; a rule that is in the data no more is shown with its bare values."""
    try:
        rule = house.spec(row.rule)
    except KeyError:
        rule = None
    return {
        "row": row,
        "title": rule.title if rule else row.rule,
        "url": address(row.rule) if rule else "",
        "old": rule.shown(row.old) if rule else row.old,
        "new": rule.shown(row.new) if rule else row.new,
        "is_planned": row.withdrawn_at is None and row.valid_from > now(),
    }
