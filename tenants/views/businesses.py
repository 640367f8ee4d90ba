"""Where a person arrives: the first business, the choice between several, the home of one."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tenants import audit
from tenants.decorators import role_required
from tenants.enums import MANAGERS, Role
from tenants.forms import BusinessForm, SettingsForm
from tenants.models import Membership
from tenants.services import businesses


@require_GET
def start(request):
    """Send people on: to their business, to a choice, to the admin, or to founding one."""
    memberships = list(Membership.objects.select_related("business").filter(user=request.user).order_by("pk"))
    if len(memberships) == 1:
        return redirect(memberships[0].business)
    if memberships:
        return render(request, "tenants/start.html", {"memberships": memberships})
    if request.user.is_staff:
        return redirect("admin:index")
    return redirect("tenants:business_create")


@require_http_methods(["GET", "POST"])
def business_create(request):
    """Found a business. A second click on the button finds the one that the first click made."""
    form = BusinessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        mine = Membership.objects.select_related("business").filter(user=request.user, role=Role.OWNER)
        again = mine.filter(business__name=form.cleaned_data["name"]).first()
        business = (
            again.business
            if again
            else businesses.create(
                form.cleaned_data["name"],
                owner=request.user,
                country=form.cleaned_data["country"],
                language=request.LANGUAGE_CODE,
            )
        )
        return redirect(business)
    return render(request, "tenants/business_create.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@role_required()
def business_home(request, business_slug):
    """The home of a business: agents go to the inbox, those who set things up see what is next."""
    if request.role in {Role.AGENT, Role.SUPERVISOR}:
        return redirect("contactcenter:inbox", business_slug=business_slug)
    return redirect("onboarding:overview", business_slug=business_slug)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def business_settings(request, business_slug):
    """Name, time zone and language of a business."""
    form = SettingsForm(request.POST or None, instance=request.business)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(
            audit.to_translate("settings changed"), request.business, actor=request.user, fields=form.changed_data
        )
        messages.success(request, _("Saved."))
        return redirect("tenants:business_settings", business_slug=business_slug)
    return render(request, "tenants/settings.html", {"form": form}, status=422 if form.errors else 200)
