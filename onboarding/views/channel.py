"""The checklist of a number as its business sees it: what is in order, who acts next, and the test (product row C5)."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from config.clock import now
from onboarding.advisor import CURRENT, NONE, OLD, needed_platform
from onboarding.exceptions import NotPossible
from onboarding.models import CheckKind, CheckState, PhoneNumber
from onboarding.services import channel_overview, channels, round_trips
from onboarding.views.pictures import picture_response
from tenants import live
from tenants.decorators import role_required
from tenants.enums import MANAGERS


class PlatformForm(forms.Form):
    """What the business answers its customers with."""

    platform = forms.ChoiceField(
        label=gettext_lazy("What do you answer customers with?"),
        choices=[
            (NONE, gettext_lazy("Umbral's inbox, nothing else")),
            (CURRENT, gettext_lazy("A contact center that is up to date")),
            (OLD, gettext_lazy("An older contact center, or we don't know")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what you answer customers with.")},
    )
    version = forms.RegexField(
        r"^[0-9]{1,4}(\.[0-9]{1,4}){0,3}$",
        label=gettext_lazy("Its version"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Such as 7.4. Your contact center shows it under “About”."),
        error_messages={"invalid": gettext_lazy("Write the version as figures, such as 7.4.")},
    )


def _number(request, reference):
    rows = PhoneNumber.objects.select_related("waba", "application", "business")
    number = get_object_or_404(rows, business=request.business, reference=reference)
    if not number.registered_at:
        raise Http404
    return number


@require_GET
@role_required()
def channel(request, business_slug, reference):
    """The whole checklist. A number that isn't registered yet has none."""
    return _page(request, _number(request, reference))


def _page(request, number, form=None, status=200):
    last_event = live.current_number()
    setup = channels.begin(number)
    rows = channel_overview.rows(setup)
    done, total = channel_overview.counts(setup)
    initial = {"platform": setup.platform, "version": setup.platform_version}
    context = {
        "number": number,
        "setup": setup,
        "rows": rows,
        "late": setup.due_at <= now() and not number.live_at,
        "done": done,
        "total": total,
        "standing": channel_overview.standing(number, rows),
        "test": channel_overview.test(number),
        "form": form or PlatformForm(initial=initial),
        "needed": needed_platform(),
        "may_act": request.role in MANAGERS,
        "last_event": last_event,
        "nav_key": "numbers",
    }
    return render(request, "onboarding/channel.html", context, status=status)


@require_POST
@role_required(*MANAGERS)
def check(request, business_slug, reference):
    """Look at everything that can be looked at, now."""
    number = _number(request, reference)
    try:
        channels.ask(channels.begin(number), actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return redirect("onboarding:channel", business_slug, reference)


@require_POST
@role_required(*MANAGERS)
def start_test(request, business_slug, reference):
    """Begin a round trip with a new word."""
    try:
        round_trips.start(_number(request, reference), actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return redirect("onboarding:channel", business_slug, reference)


@require_POST
@role_required(*MANAGERS)
def platform(request, business_slug, reference):
    """Note what the business answers with."""
    number = _number(request, reference)
    form = PlatformForm(request.POST)
    if not form.is_valid():
        return _page(request, number, form, status=422)
    setup = channels.begin(number)
    channels.say_platform(
        setup, platform=form.cleaned_data["platform"], version=form.cleaned_data["version"], actor=request.user
    )
    item = setup.items.get(kind=CheckKind.PLATFORM)
    if item.state == CheckState.PASSED:
        messages.success(request, _("Noted. It is recent enough."))
    else:
        messages.info(request, _("Noted. It has to be updated before it works with this channel."))
    return redirect("onboarding:channel", business_slug, reference)


@require_GET
@role_required()
def code(request, business_slug, reference):
    """The QR code that opens the chat with the word of the test under way."""
    number = _number(request, reference)
    open_trip = channel_overview.test(number)["open"]
    if open_trip is None:
        raise Http404
    return picture_response(round_trips.chat_address(open_trip), "svg", f"test-{open_trip.word}", save=False)
