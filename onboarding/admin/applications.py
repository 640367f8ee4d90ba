"""The review desk: the queue, one page with all facts, and the decisions."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from onboarding.admin import filters, page, replays, wording, workload
from onboarding.enums import StepKind
from onboarding.exceptions import NotPossible, TransitionNotAllowed
from onboarding.models import CannedReason, OnboardingApplication, ReviewDecision
from onboarding.services import applications, canned, duplicates, queue, review, steps, thread

Verb = ReviewDecision.Verb


def _number(typed):
    """A primary key that a form carried; None for anything else."""
    text = (typed or "")[:18]
    return int(text) if text.isascii() and text.isdigit() else None


@admin.register(OnboardingApplication)
class OnboardingApplicationAdmin(ModelAdmin):
    """Applications can't be edited here: staff decide, the business corrects."""

    list_display = [
        "code_shown", "brand", "owner", "status_shown", "age", "risk_shown", "screening", "name_check", "claimed",
    ]  # fmt: skip
    list_display_links = ["code_shown", "brand"]
    list_filter = [
        filters.QueueFilter,
        filters.HolderFilter,
        filters.WaitsFilter,
        filters.RiskFilter,
        filters.ScreeningFilter,
        filters.CountryFilter,
    ]
    list_select_related = ["business", "claimed_by"]
    search_fields = ["code"]
    search_help_text = gettext_lazy("Code, name, tax ID, Business ID, number or website")
    ordering = ["status_changed_at", "pk"]
    list_per_page = 50
    actions = None
    list_before_template = "admin/onboarding/_queue_head.html"

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return queue.annotated(super().get_queryset(request))

    def get_search_results(self, request, queryset, search_term):
        """By code, or by the traits in which two applications can be alike; never by LIKE."""
        term = search_term.strip()
        if not term:
            return queryset, False
        by_code = set(queryset.filter(code=term.upper()).values_list("pk", flat=True))
        return queryset.filter(pk__in=by_code | duplicates.search(term)), False

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        own = [
            path("workload/", view(self.workload), name=f"{name}_workload"),
            path("<int:object_id>/decide/", view(self.decide), name=f"{name}_decide"),
            path("<int:object_id>/mark/", view(self.mark), name=f"{name}_mark"),
            path("<int:object_id>/site/<int:check_id>/", view(self.site_copy), name=f"{name}_site"),
            path("<int:object_id>/replay/screening/<int:pk>/", view(self.replay_screening), name=f"{name}_replay"),
            path("<int:object_id>/replay/name/<int:pk>/", view(self.replay_name), name=f"{name}_replay_name"),
        ]
        return [*own, *super().get_urls()]

    # The queue

    @admin.display(description=gettext_lazy("code"), ordering="code")
    def code_shown(self, application):
        return format_html('<span class="whitespace-nowrap">{}</span>', application.code)

    @admin.display(description=gettext_lazy("business"), ordering="business__name")
    def owner(self, application):
        return application.business

    @admin.display(description=gettext_lazy("taken by"), ordering="claimed_by__full_name")
    def claimed(self, application):
        return application.claimed_by or "–"

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_shown(self, application):
        words = [str(application.get_status_display())]
        if application.open_decision == "second":
            words.append(_("a refusal waits for a second reviewer"))
        elif application.open_decision:
            words.append(_("a decision is about to leave"))
        if application.unread:
            words.append(_("new message"))
        return " · ".join(words)

    @admin.display(description=gettext_lazy("waits"), ordering="status_changed_at")
    def age(self, application):
        waits = queue.age(application)
        if waits is None:
            return "–"
        if waits.is_late:
            text = _("%(age)s, late") % {"age": waits.text}
            return format_html('<span class="u-state stop">{}</span>', text)
        return format_html('<span class="whitespace-nowrap">{}</span>', waits.text)

    @admin.display(description=gettext_lazy("risk"), ordering="risk")
    def risk_shown(self, application):
        look = {queue.HIGH: "stop", queue.MEDIUM: "wait"}.get(application.risk, "ok")
        return format_html('<span class="u-state {}">{}</span>', look, queue.RISKS[application.risk])

    @admin.display(description=gettext_lazy("screening"))
    def screening(self, application):
        verdict = wording.SCREENING.get(application.screening_verdict)
        if verdict is None:
            return "–"
        category = application.screening_category
        return f"{verdict}: {wording.category_text(category)}" if category not in {"", "none"} else verdict

    @admin.display(description=gettext_lazy("display name"))
    def name_check(self, application):
        if not application.name_asked:
            return "–"
        verdict = wording.NAME.get(application.name_verdict, application.name_verdict)
        return f"{verdict}, {application.name_score}/100" if application.name_score is not None else verdict

    def workload(self, request):
        """How much is decided, by whom, how, and how fast."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = self.admin_site.each_context(request) | {"title": _("Workload and outcomes"), "opts": self.opts}
        return TemplateResponse(request, "admin/onboarding/workload.html", context | workload.context())

    # One application

    def _application(self, request, object_id):
        rows = self.get_queryset(request).select_related("business", "claimed_by")
        try:
            return get_object_or_404(rows, pk=object_id)
        except ValueError as exc:
            raise Http404 from exc

    def change_view(self, request, object_id, form_url="", extra_context=None):
        application = self._application(request, object_id)
        if not self.has_view_or_change_permission(request, application):
            raise PermissionDenied
        return self._page(request, application)

    def _page(self, request, application, *, typed=None, status=200):
        may_change = self.has_change_permission(request, application)
        context = self.admin_site.each_context(request) | {"title": str(application), "opts": self.opts}
        context |= page.context(application, request.user, may_change=may_change, typed=typed)
        if may_change and application.claimed_by_id in {
            None,
            request.user.pk,
        }:  # a glance takes no news from a colleague
            thread.mark_read(application, for_staff=True)
        return TemplateResponse(request, "admin/onboarding/review.html", context, status=status)

    def mark(self, request, object_id):
        """Whether an open page is still the newest one (it asks now and then)."""
        application = self._application(request, object_id)
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        return JsonResponse({"mark": page.page_mark(application)}, headers={"Cache-Control": "no-store"})

    def site_copy(self, request, object_id, check_id):
        """The company's page as it was read, as plain text: nothing of it runs here."""
        application = self._application(request, object_id)
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        check = get_object_or_404(application.name_checks.all(), pk=check_id)
        headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}
        return HttpResponse(check.snapshot, content_type="text/plain; charset=utf-8", headers=headers)

    def replay_screening(self, request, object_id, pk):
        """A screening reached again, with the rules of its day and with today's."""
        application = self._application(request, object_id)
        return self._replay(request, application, application.screenings.filter(pk=pk), replays.of_screening)

    def replay_name(self, request, object_id, pk):
        """A display-name check reached again, with the rules of its day and with today's."""
        application = self._application(request, object_id)
        checks = application.name_checks.exclude(checked_at=None).filter(pk=pk)
        return self._replay(request, application, checks, replays.of_name_check)

    def _replay(self, request, application, rows, context_of):
        if not self.has_view_permission(request, application):
            raise PermissionDenied
        row = get_object_or_404(rows)
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context_of(row)
        context |= {"back": page.address(application), "back_title": str(application)}
        return TemplateResponse(request, "admin/onboarding/replay.html", context)

    def decide(self, request, object_id):
        """Whatever a reviewer does with an application; nobody overwrites a colleague's decision."""
        application = self._application(request, object_id)
        if request.method != "POST":
            return HttpResponseRedirect(page.address(application))
        if not self.has_change_permission(request, application):
            raise PermissionDenied
        try:
            said = self._act(request, application, request.POST.get("decision"))
        except (TransitionNotAllowed, NotPossible, ValueError) as exc:
            messages.error(request, str(exc))
            typed = self._typed(application, request.POST)
            return self._page(request, self._application(request, object_id), typed=typed, status=422)
        messages.success(request, said)
        return HttpResponseRedirect(page.address(application))

    def _act(self, request, application, decision):
        act = {
            **{verb: self._decide for verb in Verb.values},
            "save": self._save,
            "claim": self._claim,
            "take_over": self._take_over,
            "release": self._release,
            "confirm": self._confirm,
            "decline": self._decline,
            "undo": self._undo,
            "message": self._write,
            "ask_again": self._ask_again,
        }.get(decision)
        if act is None:
            raise ValueError(_("Choose a decision."))
        return act(application, request.user, request.POST)

    def _decide(self, application, user, posted):
        decision = review.decide(
            application,
            posted["decision"],
            actor=user,
            seen=posted.get("seen", ""),
            notes=self._notes(application, posted),
            right=self._right(posted),
            reason=self._words(application, posted, "reason", CannedReason.Use.REJECT),
        )
        return page.said(decision)

    def _save(self, application, user, posted):
        review.save_marks(application, self._notes(application, posted), self._right(posted), actor=user)
        return _("Your notes are kept. The business doesn't see them yet.")

    def _notes(self, application, posted):
        if not any(name.startswith(("note_", "canned_")) and value for name, value in posted.items()):
            return {}
        return {
            field: self._words(application, posted, f"note_{field}", CannedReason.Use.CHANGES)
            for field in applications.ANSWER_FIELDS
        }

    def _words(self, application, posted, name, use):
        """The canned words that were chosen for a text field, and what was typed below them."""
        chosen = posted.get("canned_" + name.removeprefix("note_"))
        return canned.joined(chosen, posted.get(name), use=use, language=application.business.language)

    def _typed(self, application, posted):
        """What a refused form had in it, canned words included."""
        typed = posted.dict() | {
            "reason": self._words(application, posted, "reason", CannedReason.Use.REJECT),
            "message": self._words(application, posted, "message", CannedReason.Use.MESSAGE),
        }
        return typed | {f"note_{field}": text for field, text in self._notes(application, posted).items()}

    def _right(self, posted):
        return {field for field in applications.ANSWER_FIELDS if f"right_{field}" in posted}

    def _claim(self, application, user, posted):
        review.claim(application, actor=user)
        return _("It is yours.")

    def _take_over(self, application, user, posted):
        review.take_over(application, actor=user, seen_holder=_number(posted.get("seen_holder")))
        return _("It is yours now.")

    def _release(self, application, user, posted):
        review.release(application, actor=user)
        return _("It is back in the queue.")

    def _confirm(self, application, user, posted):
        return page.said(review.confirm(self._open(application, posted), actor=user))

    def _decline(self, application, user, posted):
        review.decline(self._open(application, posted), actor=user, why=posted.get("why", ""))
        return _("Not confirmed. Your colleague reads why.")

    def _undo(self, application, user, posted):
        review.undo(self._open(application, posted), actor=user)
        return _("Undone. Nothing has left the house.")

    def _ask_again(self, application, user, posted):
        """Push a step that is stuck, or look at once at one that waits."""
        kind = posted.get("kind", "")
        if kind not in StepKind.values:
            raise NotPossible(_("There is nothing to ask about this step now."))
        steps.ask_again(application, StepKind(kind), actor=user, by_staff=True)
        return _("We ask Meta now. The answer appears here.")

    def _open(self, application, posted):
        """The decision that the page was about, whatever became of it."""
        found = application.decisions.filter(pk=_number(posted.get("decision_id"))).first()
        if found is None:
            raise NotPossible(_("There is no such decision."))
        return found

    def _write(self, application, user, posted):
        text = self._words(application, posted, "message", CannedReason.Use.MESSAGE)
        thread.write(application, text, author=user, from_staff=True)
        return _("Sent. The business reads it on its page and by mail.")
