"""Small parts of pages that htmx asks for while somebody types; none of them writes or asks the network."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from onboarding.models import NameCheck
from onboarding.phone_types import grouped
from onboarding.services import answers, name_checks
from onboarding.views import presenting
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_GET
@never_cache
@role_required(*MANAGERS)
def name_findings(request, business_slug):
    """What speaks for and against a display name, with the website as it was last read."""
    application = answers.current(request.business)
    if application is None:
        raise Http404
    name = (request.GET.get("display_name") or request.GET.get("name") or "")[:120]
    looks = request.GET.get("n", "0")[:6]
    context = {
        "application": application,
        "findings": name_checks.findings(application, name),
        "shown_name": name or application.brand,
        "looks": min(int(looks), 999) + 1 if looks.isdecimal() else 1,
    }
    return render(request, "onboarding/_name_findings.html", context)


@require_GET
@role_required(*MANAGERS)
def site_copy(request, business_slug, pk):
    """The page of the company as it was read, as plain text: nothing of it runs here."""
    check = get_object_or_404(NameCheck.objects.filter(business=request.business), pk=pk)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Disposition": "inline"}
    return HttpResponse(check.snapshot, content_type="text/plain; charset=utf-8", headers=headers)


@require_GET
@never_cache
@role_required(*MANAGERS)
def number_facts(request, business_slug):
    """How we read a number while it is typed, and its figures in the groups in which people write them."""
    typed, region = request.GET.get("phone", "")[:40], request.GET.get("phone_region", "")[:2]
    context = {"facts": presenting.number_facts(typed, region), "grouped": grouped(typed, region)}
    return render(request, "onboarding/_number_facts.html", context)
