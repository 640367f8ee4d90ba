"""Badge requests in the admin: what was asked, what became of it, our look before it leaves, our notes."""

from django import forms
from django.contrib import admin, messages
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from onboarding.exceptions import NotPossible
from onboarding.models import BadgeRequest, BadgeState
from onboarding.services import badge, badge_checks

FACTS = [
    "number", "business", "state", "since", "created_by", "confirmed_by", "answers", "evidence", "conditions",
    "sent_at", "decided_at", "retry_from", "rule", "reminded_at", "lost_at", "last_error", "earlier", "provider_log",
]  # fmt: skip
PASS_ON, GIVE_BACK, LIFT = "pass_on", "give_back", "lift"


class LookForm(forms.ModelForm):
    """What staff may do with a request now, and their words."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What now"), required=False, widget=UnfoldAdminRadioSelectWidget, choices=[]
    )

    class Meta:
        model = BadgeRequest
        fields = ["advice", "staff_note"]
        widgets = {
            "advice": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "staff_note": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        }
        help_texts = {
            "advice": gettext_lazy("The business reads it, now or when it asks again."),
            "staff_note": gettext_lazy("Only our team sees it."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [("", _("Only keep the notes"))]
        if self.instance.state == BadgeState.WITH_US:
            choices += [(PASS_ON, _("Let it leave for WhatsApp")), (GIVE_BACK, _("Give it back with the advice"))]
        if self.instance.state == BadgeState.REFUSED and self.instance.wait.get("ours"):
            choices += [(LIFT, _("Lift our wait; the platform's stays"))]
        if "outcome" in self.fields:
            self.fields["outcome"].choices = choices

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("outcome") == GIVE_BACK and not (cleaned.get("advice") or "").strip():
            self.add_error("advice", _("Write what should be better; the business reads it."))
        return cleaned


@admin.register(BadgeRequest)
class BadgeRequestAdmin(ModelAdmin):
    form = LookForm
    fields = [*FACTS, "outcome", "advice", "staff_note"]
    readonly_fields = FACTS
    list_display = ["number", "name", "business", "attempt", "state", "since", "sent_at", "decided_at", "retry_from"]
    list_filter = ["state", "decided_at"]
    list_select_related = ["business", "phone_number"]
    search_fields = []
    ordering = ["-since"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        related = ("business", "phone_number__waba", "phone_number__application", "created_by", "confirmed_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=gettext_lazy("number"), ordering="phone_number__e164")
    def number(self, row):
        return row.phone_number.e164

    @admin.display(description=gettext_lazy("display name"))
    def name(self, row):
        return row.phone_number.display_name

    @admin.display(description=gettext_lazy("answers"))
    def answers(self, row):
        told = (
            (_("Website"), row.website),
            (_("Country"), row.country),
            (_("Language"), row.language),
            (_("Parent company or brand"), row.parent_brand),
            (_("Additional information"), row.more),
        )
        return format_html_join(" ", "<div><b>{}:</b> {}</div>", [(label, value or "–") for label, value in told])

    @admin.display(description=gettext_lazy("evidence"))
    def evidence(self, row):
        if not row.links:
            return "–"
        lines = (
            (link["url"], check.title, check.text)
            for link, check in ((link, badge_checks.about_link(link)) for link in row.links)
        )
        return format_html_join(
            "", '<div><a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a><br>{}</div>', lines
        )

    @admin.display(description=gettext_lazy("conditions"))
    def conditions(self, row):
        looks = {"ok": "✓", "stop": "✗", "warn": "!", "info": "·"}
        found = badge_checks.about_number(row)
        return format_html_join(
            "", "<div>{} {}{}</div>", [(looks[c.look], c.title, f": {c.text}" if c.text else "") for c in found]
        )

    @admin.display(description=gettext_lazy("rule of the wait"))
    def rule(self, row):
        if not row.wait:
            return "–"
        words = _("Ours: %(n)s months, until %(house)s. The platform's: until %(platform)s.") % {
            "n": row.wait.get("house_months"),
            "house": row.wait.get("house_day"),
            "platform": row.wait.get("platform_day"),
        }
        lifted = row.wait.get("lifted_by")
        return f"{words} {_('Lifted by %(name)s.') % {'name': lifted}}" if lifted else words

    @admin.display(description=gettext_lazy("other requests for this number"))
    def earlier(self, row):
        rows = BadgeRequest.objects.filter(phone_number=row.phone_number).exclude(pk=row.pk).order_by("-attempt")
        lines = [
            (
                reverse("admin:onboarding_badgerequest_change", args=[one.pk]),
                one.attempt,
                one.get_state_display(),
                one.decided_at.date() if one.decided_at else "",
            )
            for one in rows
        ]
        return format_html_join("", '<div><a href="{}">{}: {}</a> {}</div>', lines) or "–"

    @admin.display(description=gettext_lazy("provider log"))
    def provider_log(self, row):
        address = reverse("admin:providers_providercall_changelist")
        return format_html('<a href="{}?q=badge:{}">{}</a>', address, row.pk, _("Calls about this request"))

    def save_model(self, request, obj, form, change):
        """The services write, so that nobody overwrites what happened meanwhile; ``obj`` holds only what was typed."""
        words = {name: form.cleaned_data[name].strip() for name in ("advice", "staff_note")}
        BadgeRequest.objects.filter(pk=obj.pk).update(**words)
        act = {
            PASS_ON: lambda: badge.pass_on(obj, actor=request.user),
            GIVE_BACK: lambda: badge.give_back(obj, words["advice"], actor=request.user),
            LIFT: lambda: badge.lift_wait(obj, actor=request.user),
        }.get(form.cleaned_data.get("outcome"))
        try:
            if act:
                act()
        except NotPossible as exc:
            messages.error(request, str(exc))
