"""What staff do with templates: read them before Meta does, and learn from what our check missed."""

from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from config.dates import short
from onboarding.admin import charts
from templates_hsm import news_words, presenting
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.models import LintMiss, MissKind, MissState, ReviewState, TemplateReview
from templates_hsm.preview import preview
from templates_hsm.services import house_review, misses, templates

PLACES = ("name", "category", "content", "header", "body", "footer", "buttons", "cards")


def place_of(slot):
    """The place among ``PLACES`` that a finding's slot belongs to; an unknown one as it came."""
    for part, place in (("card-", "cards"), ("button-", "buttons")):
        if slot.startswith(part):
            return place
    return slot.removesuffix("_examples")


class Queue(ModelAdmin):
    """Rows that come from outside; staff decide about them through services."""

    show_full_result_count = False
    warn_unsaved_form = True

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def save_model(self, request, obj, form, change):
        """Nothing is saved by hand: the decision goes through the service (``response_change``)."""

    def log_change(self, request, obj, message):
        """The row itself says who decided; the audit trail of the business has it where it is theirs."""


@admin.register(TemplateReview)
class TemplateReviewAdmin(Queue):
    """Templates that wait for our team, by house rule, and what was decided."""

    list_display = ["template", "business", "category", "state_shown", "asked_at", "decided_by", "decided_at"]
    list_filter = ["state", "business", "asked_at"]
    list_select_related = ["template", "business", "decided_by"]
    ordering = ["-state", "asked_at", "pk"]
    fields = ["template", "business", "state", "asked_by", "asked_at", "note", "decided_by", "decided_at"]
    readonly_fields = fields
    change_form_template = "admin/templates_hsm/review.html"

    @display(
        description=_("state"),
        label={"waiting": "warning", "approved": "success", "sent_back": "danger", "withdrawn": "info"},
        ordering="state",
    )
    def state_shown(self, review):
        return review.state, review.get_state_display()

    @admin.display(description=_("category"))
    def category(self, review):
        return presenting.category_name(review.definition.get("category", ""))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        review = self.get_object(request, object_id)
        extra = {}
        if review is not None:
            items = presenting.told(review.definition, templates.findings_of(review.template, review.definition))
            written = {note["slot"]: note["text"] for note in review.notes}
            extra = {
                "review": review,
                "model": preview(review.definition),
                "waiting": review.state == ReviewState.WAITING,
                "places": [
                    {
                        "slot": slot,
                        "label": news_words.place(slot),
                        "text": request.POST.get(f"note-{slot}", written.get(slot, "")),
                        "items": [item for item in items if place_of(item.slot) == slot],
                    }
                    for slot in PLACES
                ],
                "rest": [item for item in items if place_of(item.slot) not in PLACES],
            }
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def response_change(self, request, obj):
        if "_approve" not in request.POST and "_send_back" not in request.POST:
            return redirect("admin:templates_hsm_templatereview_changelist")
        try:
            house_review.decide(
                obj.pk,
                approve="_approve" in request.POST,
                by=request.user,
                note=request.POST.get("decision_note", ""),
                notes=[(slot, request.POST.get(f"note-{slot}", "")) for slot in PLACES],
            )
        except NotPossible as exc:
            self.message_user(request, str(exc), messages.ERROR)
            return redirect("admin:templates_hsm_templatereview_change", obj.pk)
        except HasErrors:
            said = gettext("Our check finds an error in it by now. Send it back with a note.")
            self.message_user(request, said, messages.ERROR)
            return redirect("admin:templates_hsm_templatereview_change", obj.pk)
        self.message_user(request, gettext("Decided. The business gets a mail."), messages.SUCCESS)
        return redirect("admin:templates_hsm_templatereview_changelist")


@admin.register(LintMiss)
class LintMissAdmin(Queue):
    """Where Meta said no and our check had said yes."""

    list_display = ["name", "language", "business", "kind", "code", "state_shown", "versions", "at"]
    list_filter = ["state", "kind", "code", "business", "at"]
    list_select_related = ["business"]
    search_fields = ["=name", "=code"]
    ordering = ["-at", "-pk"]
    fields = [
        "template", "business", "name", "language", "category", "kind", "code", "words", "meaning", "verdict",
        "rules", "versions", "today", "at", "state", "learned", "settled_by", "settled_at",
    ]  # fmt: skip
    readonly_fields = [name for name in fields if name != "learned"]
    change_form_template = "admin/templates_hsm/miss.html"
    list_before_template = "admin/templates_hsm/misses.html"

    def get_readonly_fields(self, request, obj=None):
        is_open = obj is not None and obj.state == MissState.OPEN
        return self.readonly_fields if is_open else [*self.readonly_fields, "learned"]

    @display(
        description=_("state"), label={"open": "warning", "learned": "success", "no_rule": "info"}, ordering="state"
    )
    def state_shown(self, miss):
        return miss.state, miss.get_state_display()

    @admin.display(description=_("what it means"))
    def meaning(self, miss):
        return " ".join(str(part) for part in misses.explanation(miss) if part)

    @admin.display(description=_("what our check says today"))
    def today(self, miss):
        found = [f"{finding.rule}: {finding.text}" for finding in misses.today(miss)]
        return " · ".join(found) or gettext("Nothing speaks against it")

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"chart": _chart()} | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        miss = self.get_object(request, object_id)
        extra = {"miss": miss, "model": preview(miss.definition)} if miss is not None else {}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def response_change(self, request, obj):
        state = request.POST.get("_settle", "")
        if state not in {MissState.LEARNED, MissState.NO_RULE}:
            return redirect("admin:templates_hsm_lintmiss_changelist")
        try:
            misses.settle(obj.pk, state, request.POST.get("learned", ""), by=request.user)
        except NotPossible as exc:
            self.message_user(request, str(exc), messages.ERROR)
            return redirect("admin:templates_hsm_lintmiss_change", obj.pk)
        self.message_user(request, gettext("Noted."), messages.SUCCESS)
        return redirect("admin:templates_hsm_lintmiss_changelist")


def _chart():
    weeks = misses.weekly()
    total = sum(sum(counts.values()) for _day, counts in weeks)
    return charts.stacked(
        gettext("Misses a week"),
        ngettext("%(n)d miss in %(weeks)d weeks", "%(n)d misses in %(weeks)d weeks", total)
        % {"n": total, "weeks": misses.WEEKS},
        [short(day, "j M") for day, _counts in weeks],
        [(kind.label, [counts[kind.value] for _day, counts in weeks]) for kind in MissKind],
        heading=gettext("Week of"),
        every=2,
    )
