"""The page behind the link in a reminder: pause, stop, or have them again. Its address is signed; nobody logs in."""

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from config.clock import now
from onboarding.models import Reminder
from onboarding.services import reminders as service
from tenants.tenancy import every_business


@csrf_exempt  # mail programs press it for their readers (RFC 8058); the signed address is the proof
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def reminders(request, token):
    """Show what this reader gets (GET changes nothing, since mail scanners open links); POST changes it.

    ``List-Unsubscribe=One-Click`` stops the reminders for this address at once and answers without a page.
    """
    try:
        reference, address = service.read_link(token)
    except (signing.BadSignature, ValueError, TypeError) as exc:
        raise Http404 from exc
    with every_business():
        rows = Reminder.objects.select_related("application__business")
        row = rows.filter(reference=reference).first()
        if row is None:
            raise Http404
        if request.method == "POST":
            return _act(request, rows.select_for_update(of=("self",)).get(pk=row.pk), address, token)
        business = row.application.business
        context = {
            "application": row.application,
            "business": business,
            "address": address,
            "row": row if row.next_at else None,
            "is_quiet": service.is_quiet(row, address, now()),
            "until": service.quiet_until(row, address),
            "days": service.rhythm().pause_days,
        }
        reader = None if request.user.is_authenticated else business.language or None
        with translation.override(reader), timezone.override(service.zone(business)):
            return _private(render(request, "onboarding/reminders.html", context))


def _private(response):
    """The address is a secret of its reader; no other site learns it."""
    response["Referrer-Policy"] = "no-referrer"
    return response


def _act(request, row, address, token):
    wish = request.POST.get("wish", "")
    if request.POST.get("List-Unsubscribe") == "One-Click":
        service.be_quiet(row, address)
        return HttpResponse(status=204)
    if wish == "stop":
        service.be_quiet(row, address)
    elif wish == "pause":
        service.be_quiet(row, address, days=service.rhythm().pause_days)
    elif wish == "again":
        service.speak_again(row, address)
    return redirect("onboarding:reminders", token=token)
