"""Channels being set up, the overdue ones first, and the checklist of each with what staff may do."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from config.clock import now
from config.templatetags.ui import phone
from onboarding.advisor import CURRENT, NONE, OLD, needed_platform
from onboarding.exceptions import NotPossible
from onboarding.models import ChannelItem, ChannelSetup, CheckKind, CheckState
from onboarding.services import channel_overview, channel_words, channels, chat_links, round_trips


class StageFilter(admin.SimpleListFilter):
    """Being set up (the default), overdue, broken after going live, or all."""

    title = gettext_lazy("stage")
    parameter_name = "stage"

    def lookups(self, request, model_admin):
        return [
            ("overdue", gettext_lazy("Overdue")),
            ("broken", gettext_lazy("Live, but broken")),
            ("ours", gettext_lazy("Our team acts")),
            ("all", gettext_lazy("All channels")),
        ]

    def choices(self, changelist):
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": gettext_lazy("Being set up"),
        }
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request, queryset):
        open_items = ChannelItem.objects.filter(setup=OuterRef("pk")).exclude(state__in=channels.SETTLED)
        match self.value():
            case "overdue":
                return queryset.filter(Exists(open_items.filter(due_at__lte=now())), phone_number__live_at=None)
            case "broken":
                return queryset.filter(
                    Exists(open_items.filter(state=CheckState.FAILED)), phone_number__live_at__isnull=False
                )
            case "ours":
                return queryset.filter(Exists(open_items.filter(who="us")))
            case "all":
                return queryset
        return queryset.filter(Exists(open_items.filter(state=CheckState.FAILED)) | Q(phone_number__live_at=None))


@admin.register(ChannelSetup)
class ChannelSetupAdmin(ModelAdmin):
    """Rows are written by the services; staff check, put right, waive and test."""

    list_display = ["number", "owner", "progress", "due", "next_one", "live"]
    list_filter = [StageFilter]
    list_select_related = ["phone_number", "business"]
    list_per_page = 50
    actions = None

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        """The overdue ones first, then by date; those in order last."""
        late = ChannelItem.objects.filter(
            setup=OuterRef("pk"), due_at__lte=now(), setup__phone_number__live_at=None
        ).exclude(state__in=channels.SETTLED)
        rows = super().get_queryset(request).prefetch_related("items__setup__phone_number")
        rank = Case(When(Exists(late), then=Value(0)), default=Value(1), output_field=IntegerField())
        return rows.annotate(rank=rank).order_by(F("ready_at").asc(nulls_first=True), "rank", "due_at", "pk")

    def get_ordering(self, request):
        return []

    def get_urls(self):
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        view = self.admin_site.admin_view
        own = [
            path("<int:object_id>/act/", view(self.act), name=f"{name}_act"),
            path("<int:object_id>/code.svg", view(self.code), name=f"{name}_code"),
        ]
        return [*own, *super().get_urls()]

    # The list

    @admin.display(description=gettext_lazy("number"), ordering="phone_number__e164")
    def number(self, setup):
        return format_html('<span class="whitespace-nowrap">{}</span>', phone(setup.phone_number.e164))

    @admin.display(description=gettext_lazy("business"), ordering="business__name")
    def owner(self, setup):
        return setup.business

    @admin.display(description=gettext_lazy("in order"))
    def progress(self, setup):
        states = [item.state for item in setup.items.all()]
        return _("%(done)d of %(all)d") % {
            "done": sum(state in channels.SETTLED for state in states), "all": len(states),
        }  # fmt: skip

    @admin.display(description=gettext_lazy("due"), ordering="due_at")
    def due(self, setup):
        late = [item for item in setup.items.all() if channels.overdue(item)]
        if not late:
            return "–" if setup.ready_at else setup.due_at.date()
        oldest = min(late, key=lambda item: item.due_at)
        return format_html('<span class="u-state stop">{}</span>', channel_words.due_text(oldest))

    @admin.display(description=gettext_lazy("who acts"))
    def next_one(self, setup):
        order = list(CheckKind)
        waiting = [item for item in setup.items.all() if item.state not in channels.SETTLED]
        waiting.sort(key=lambda item: (item.state != CheckState.FAILED, order.index(CheckKind(item.kind))))
        if not waiting:
            return "–"
        return f"{channel_words.who(waiting[0])}: {waiting[0].get_kind_display()}"

    @admin.display(description=gettext_lazy("live"), ordering="phone_number__live_at")
    def live(self, setup):
        if not setup.phone_number.live_at:
            return _("Not yet")
        if any(item.state == CheckState.FAILED for item in setup.items.all()):
            return format_html('<span class="u-state stop">{}</span>', _("Live, but broken"))
        return format_html('<span class="u-state ok">{}</span>', _("Live"))

    # One channel

    def _setup(self, object_id):
        return get_object_or_404(ChannelSetup.objects.select_related("phone_number", "business"), pk=object_id)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        text = str(object_id)[:18]
        setup = self._setup(int(text) if text.isascii() and text.isdigit() else 0)
        if not self.has_view_or_change_permission(request, setup):
            raise PermissionDenied
        return self._page(request, setup)

    def _page(self, request, setup, *, typed=None, status=200):
        number = setup.phone_number
        found = channel_overview.rows(setup, staff=True)
        done, total = channel_overview.counts(setup)
        context = self.admin_site.each_context(request) | {
            "title": _("Channel %(number)s") % {"number": phone(number.e164)},
            "opts": self.opts,
            "setup": setup,
            "number": number,
            "rows": found,
            "done": done,
            "total": total,
            "standing": channel_overview.standing(number, found),
            "test": channel_overview.test(number),
            "late": any(row["late"] for row in found),
            "platforms": [
                (NONE, _("Umbral's inbox, nothing else")),
                (CURRENT, _("A contact center that is up to date")),
                (OLD, _("An older contact center")),
            ],
            "needed": needed_platform(),
            "may_change": self.has_change_permission(request, setup),
            "typed": typed or {},
        }
        return TemplateResponse(request, "admin/onboarding/channel.html", context, status=status)

    def code(self, request, object_id):
        """The QR code of the word under way."""
        setup = self._setup(object_id)
        if not self.has_view_permission(request, setup):
            raise PermissionDenied
        trip = channel_overview.test(setup.phone_number)["open"]
        if trip is None:
            return HttpResponse(status=404)
        return HttpResponse(chat_links.picture(round_trips.chat_address(trip), "svg"), content_type="image/svg+xml")

    def act(self, request, object_id):
        """Whatever staff do with a channel: check, put right, waive, test, note the platform."""
        setup = self._setup(object_id)
        address = reverse("admin:onboarding_channelsetup_change", args=[setup.pk])
        if request.method != "POST":
            return HttpResponseRedirect(address)
        if not self.has_change_permission(request, setup):
            raise PermissionDenied
        try:
            said = self._act(setup, request.user, request.POST)
        except NotPossible as exc:
            messages.error(request, str(exc))
            return self._page(request, self._setup(object_id), typed=request.POST, status=422)
        messages.success(request, said)
        return HttpResponseRedirect(address)

    def _act(self, setup, user, posted):
        verb, _sign, kind = posted.get("act", "").partition(":")
        if verb == "check_all":
            channels.ask(setup, actor=user, by_staff=True)
            return _("We ask Meta. The answers appear here within seconds.")
        if verb == "test":
            round_trips.start(setup.phone_number, actor=user, by_staff=True)
            return _("Send the word from any phone.")
        if verb == "platform":
            version = posted.get("version", "")[:20]
            channels.say_platform(setup, platform=posted.get("platform", ""), version=version, actor=user)
            return _("Noted.")
        item = setup.items.filter(kind=kind).first()
        if item is None:
            raise NotPossible(_("Choose what to do."))
        item.setup = setup
        if verb in {"check", "repair"}:
            channels.ask(setup, [item.kind], actor=user, repair=verb == "repair", by_staff=True)
            return _("We ask Meta. The answer appears here within seconds.")
        if verb == "waive":
            channels.waive(item, reason=posted.get(f"reason_{kind}", ""), actor=user)
            return _("Waived. Your reason stands at the item and in the audit trail.")
        raise NotPossible(_("Choose what to do."))
