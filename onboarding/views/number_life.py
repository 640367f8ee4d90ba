"""The life of one number on pages: its history and quality over time, another name, its PIN (product row C7)."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from config.clock import now
from config.templatetags.ui import number as figure
from onboarding.exceptions import NotPossible
from onboarding.forms.number_life import RenamingForm
from onboarding.models import AttemptKind, PhoneNumber, RenamingState
from onboarding.rulebook.house import house_rule
from onboarding.services import (
    account_news,
    number_news,
    number_rules,
    number_violations,
    number_words,
    pins,
    quotas,
    renamings,
    written_first,
)
from onboarding.views import quality_chart
from tenants import live
from tenants.decorators import role_required
from tenants.enums import MANAGERS, Role

LOOKS = {
    RenamingState.ASKED: "wait",
    RenamingState.DUE: "wait",
    RenamingState.WAITING_FOR_META: "wait",
    RenamingState.REGISTERING: "wait",
    RenamingState.DONE: "ok",
    RenamingState.REFUSED: "stop",
    RenamingState.DECLINED: "stop",
    RenamingState.WITHDRAWN: "closed",
    RenamingState.EXPIRED: "warn",
}


def page_context(request, number, pin=""):
    """What the page of a number says beyond the facts of the moment."""
    last_event = live.current_number()
    history = [{"row": row, "told": number_words.describe(row)} for row in number_news.of_number(number)]
    renaming = renamings.of(number).first()
    return {
        "last_event": last_event,
        "history": history,
        "standing": standing(number),
        "chart": quality_chart.draw(number_news.quality_over_time(number), now()) if number.registered_at else None,
        "usage": written_first.usage(number),
        "raising": raising(number),
        "renaming": renaming,
        "renaming_look": LOOKS[renaming.state] if renaming else "",
        "may_rename": number.registered_at is not None and renamings.open_one(number) is None,
        "is_owner": request.role == Role.OWNER,
        "pin": pin,
        "pin_waits": bool(number.pin) and number.pin_shown_at is None,
        "pin_change": pins.open_change(number),
        "pin_failed": _failed_pin(number),
        "pin_left": quotas.left(number, AttemptKind.PIN),
    }


def standing(number):
    """What holds now and has to be known before anything else: restrictions, bans, and what Meta says stops sending."""
    waba = number.waba
    if waba is None:
        return []
    found = []
    for word, until in account_news.active_restrictions(waba):
        title, stops, do = number_violations.restriction(word)
        found.append({"look": "stop", "title": title, "text": stops, "do": do, "until": until, "appeal": True})
    told = number_violations.account(waba.status) if waba.status else None
    if told and told[0] == "stop":
        found.append({"look": "stop", "title": told[1], "text": "", "do": told[2], "until": None, "appeal": True})
    for problem in (waba.health or {}).get("problems", ()):
        if waba.health.get("state") == "blocked" and problem.get("code"):
            words = " ".join(part for part in (problem.get("text"), problem.get("way_out")) if part)
            title = _("Meta says: nothing can be sent")
            found.append({"look": "stop", "title": title, "text": words, "do": "", "until": None, "appeal": False})
    return found


def raising(number):
    """How the messaging limit is raised, as sentences with the figures of the day."""
    rules = number_rules.limits()
    words = []
    verified = number.waba_id and number.waba.business_verification == "verified"
    people = written_first.limit_of(number).people_per_day
    if people is not None and people < rules["first_step"] and not verified:
        words.append(
            _("Have Meta verify your company: the limit rises to %(n)s people.") % {"n": figure(rules["first_step"])}
        )
    if people is not None and people < rules["first_step"]:
        words.append(
            _("Or write to %(n)s different people within %(days)s days with templates of high quality.")
            % {"n": figure(rules["delivered_people"]), "days": rules["delivered_days"]}
        )
    elif people is not None:
        words.append(
            _(
                "Use at least %(share)s %% of it within %(days)s days with good quality: it rises by itself "
                "within %(hours)s hours."
            )
            % {"share": rules["used_share"], "days": rules["used_days"], "hours": rules["grows_hours"]}
        )
    return words


def _failed_pin(number):
    change = pins.last_change(number)
    return change if change is not None and change.failed_at else None


def _number(request, reference):
    rows = PhoneNumber.objects.filter(business=request.business).select_related("waba", "application", "business")
    return get_object_or_404(rows, reference=reference)


def _back(number):
    return redirect("onboarding:number", business_slug=number.business.slug, reference=number.reference)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def rename(request, business_slug, reference):
    """Ask for another display name; by house rule a person decides before Meta does."""
    number = _number(request, reference)
    if number.registered_at is None:
        raise Http404
    if request.method == "GET" and renamings.open_one(number):
        return _back(number)
    form = RenamingForm(request.POST if request.method == "POST" else None, number=number)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            renamings.ask(number, name=asked["name"], why=asked["why"], actor=request.user)
        except NotPossible as exc:
            form.add_error(None, str(exc))
        else:
            messages.success(request, _("We have your wish. The number's page shows how it goes on."))
            return _back(number)
    context = {
        "number": number,
        "form": form,
        "left": quotas.left(number, "rename"),
        "permanent": house_rule("display_name_permanent"),
        "days": number_rules.deadline("register_new_name").days,
        "nav_key": "numbers",
    }
    return render(request, "onboarding/rename.html", context, status=422 if form.errors else 200)


@require_POST
@role_required(*MANAGERS)
def withdraw_renaming(request, business_slug, reference):
    """Take the wish for another name back while nobody has decided."""
    number = _number(request, reference)
    if renamings.withdraw(number, actor=request.user):
        messages.success(request, _("Withdrawn. The name stays as it is."))
    else:
        messages.info(request, _("Somebody has decided meanwhile."))
    return _back(number)


@require_POST
@never_cache
@role_required(Role.OWNER)
def show_pin(request, business_slug, reference):
    """Show the two-step PIN, once. The answer is not a redirect, because it can't be asked for again."""
    from onboarding.views import numbers  # it takes this module's context for the same page

    number = _number(request, reference)
    pin = pins.reveal(number, actor=request.user)
    if pin is None:
        messages.info(request, _("The PIN was shown before. If it is lost, set a new one."))
        return _back(number)
    number.refresh_from_db()
    return numbers.page(request, number, pin=pin)


@require_POST
@role_required(Role.OWNER)
def new_pin(request, business_slug, reference):
    """Have a new PIN set at Meta; the owner may see it once afterwards."""
    number = _number(request, reference)
    try:
        pins.change(number, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, _("We set a new PIN at Meta. It takes seconds; then you can see it once."))
    return _back(number)
