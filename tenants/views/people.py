"""Members, invitations and API keys of a business."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from config.clock import now
from tenants.decorators import role_required
from tenants.enums import MANAGERS, Role
from tenants.exceptions import NotPossible
from tenants.forms import ApiKeyForm, ApiKeyScopesForm, InvitationForm
from tenants.models import AuditEvent
from tenants.services import api_keys, businesses, invitations


def _people_page(request, form, status=200):
    return render(
        request,
        "tenants/people.html",
        {
            "form": form,
            "memberships": request.business.memberships.select_related("user").order_by("user__full_name"),
            "invitations": request.business.invitations.filter(
                accepted_at=None, revoked_at=None, expires_at__gt=now()
            ).order_by("-created_at"),
            "roles": Role.choices,
        },
        status=status,
    )


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def people(request, business_slug):
    """Who is in the business, and who was asked to come."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitations.invite(
                request.business, form.cleaned_data["email"], form.cleaned_data["role"], actor=request.user
            )
        except NotPossible as exc:
            form.add_error("email", str(exc))
        else:
            messages.success(request, _("We sent an invitation to %(email)s.") % form.cleaned_data)
            return redirect("tenants:people", business_slug=business_slug)
    return _people_page(request, form, 422 if form.errors else 200)


@require_POST
@role_required(*MANAGERS)
def member_change(request, business_slug, pk):
    """Change a member's role or take the member out (``remove``)."""
    membership = get_object_or_404(request.business.memberships.select_related("user"), pk=pk)
    role = request.POST.get("role")
    if membership.role == Role.OWNER and request.role != Role.OWNER:
        messages.error(request, _("Only an owner may change an owner."))
        return redirect("tenants:people", business_slug=business_slug)
    try:
        if "remove" in request.POST:
            businesses.remove(membership, actor=request.user)
            messages.success(request, _("%(name)s is no longer a member.") % {"name": membership.user})
        elif role in Role.values and (role != Role.OWNER or request.role == Role.OWNER):
            businesses.change_role(membership, role, actor=request.user)
            messages.success(request, _("Saved."))
    except NotPossible as exc:
        messages.error(request, str(exc))
    return redirect("tenants:people", business_slug=business_slug)


@require_POST
@role_required(*MANAGERS)
def invitation_revoke(request, business_slug, reference):
    invitation = get_object_or_404(request.business.invitations, reference=reference)
    invitations.revoke(invitation, actor=request.user)
    messages.success(request, _("The invitation to %(email)s no longer works.") % {"email": invitation.email})
    return redirect("tenants:people", business_slug=business_slug)


@login_not_required
@require_http_methods(["GET", "POST"])
def invitation_accept(request, token):
    """Join a business by the link of an invitation, after logging in or signing up."""
    invitation = invitations.find(token)
    if invitation is None:
        return render(request, "tenants/invitation_gone.html", status=404)
    if request.method == "POST" and request.user.is_authenticated:
        business = invitations.accept(invitation, request.user)
        messages.success(request, _("You are now part of %(name)s.") % {"name": business.name})
        return redirect(business)
    return render(request, "tenants/invitation_accept.html", {"invitation": invitation, "next": request.path})


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def keys(request, business_slug):
    """API keys: made here, shown once, revoked here."""
    form = ApiKeyForm(request.POST or None)
    new_key = None
    if request.method == "POST" and form.is_valid():
        _row, new_key = api_keys.create(
            request.business, form.cleaned_data["name"], actor=request.user, scopes=form.chosen()
        )
        form = ApiKeyForm()
    return render(
        request,
        "tenants/api_keys.html",
        {"form": form, "new_key": new_key, "keys": request.business.api_keys.order_by("revoked_at", "-created_at")},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
@role_required(*MANAGERS)
def key_scopes(request, business_slug, reference):
    """What a key may do: looked at and changed, without a new key."""
    row = get_object_or_404(request.business.api_keys, reference=reference, revoked_at=None)
    form = ApiKeyScopesForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        api_keys.limit(row, form.chosen(), actor=request.user)
        messages.success(request, _("Saved. It holds for the key's next request."))
        return redirect("tenants:api_keys", business_slug=business_slug)
    return render(
        request, "tenants/api_key_scopes.html", {"form": form, "key": row}, status=422 if form.errors else 200
    )


@require_POST
@role_required(*MANAGERS)
def key_revoke(request, business_slug, reference):
    api_keys.revoke(get_object_or_404(request.business.api_keys, reference=reference), actor=request.user)
    messages.success(request, _("The key no longer works."))
    return redirect("tenants:api_keys", business_slug=business_slug)


@require_GET
@role_required(*MANAGERS)
def audit_trail(request, business_slug):
    """Who did what, the newest first, in pages by key."""
    events = AuditEvent.objects.filter(business=request.business, staff_only=False).order_by("-pk")
    before = request.GET.get("after", "")
    if before.isdigit():
        events = events.filter(pk__lt=int(before))
    page = list(events.select_related("actor")[:51])
    next_cursor = page[49].pk if len(page) > 50 else ""
    return render(request, "tenants/audit_trail.html", {"events": page[:50], "next_cursor": next_cursor})
