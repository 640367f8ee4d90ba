"""What people answer to news about a template: agree to a price, appeal, take back, archive."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from templates_hsm.exceptions import NotPossible
from templates_hsm.services import appeals, categories, house_review, wishes
from templates_hsm.views.reading import find
from tenants.decorators import role_required
from tenants.enums import MANAGERS


def _answered(request, template, act, said):
    """Do it, and go back to the template with a sentence."""
    try:
        act()
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, said)
    return redirect("templates_hsm:template_detail", request.business.slug, template.reference)


@require_POST
@role_required(*MANAGERS)
def template_agree(request, business_slug, reference):
    """Agree to what the template costs in its new category; sending goes on."""
    template = find(request, reference, lock=True)
    change = request.POST.get("change", "")
    change = int(change) if change.isdecimal() and len(change) < 19 else 0
    return _answered(
        request,
        template,
        lambda: categories.agree(template, change, actor=request.user),
        _("It can be sent again, at the new price. Campaigns that stopped wait for you to let them go on."),
    )


@require_POST
@role_required(*MANAGERS)
def template_appeal(request, business_slug, reference):
    """Note that Meta was asked to look again, or that it said no."""
    template = find(request, reference, lock=True)
    kind = request.POST.get("kind", "")
    if request.POST.get("answer") == "denied":
        return _answered(
            request, template, lambda: appeals.denied(template, kind, actor=request.user), _("Noted: Meta said no.")
        )
    return _answered(
        request,
        template,
        lambda: appeals.asked(template, kind, actor=request.user),
        _("Noted. Meta answers in its own manager."),
    )


@require_POST
@role_required(*MANAGERS)
def template_take_back(request, business_slug, reference):
    """Take a template back from our team, to change it."""
    template = find(request, reference, lock=True)
    try:
        house_review.withdraw(template, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect("templates_hsm:template_detail", business_slug, template.reference)
    messages.success(request, _("It is a draft again. Change it, then send it once more."))
    return redirect("templates_hsm:template_edit", business_slug, template.reference)


@require_POST
@role_required(*MANAGERS)
def template_wish(request, business_slug, reference):
    """Ask Meta to archive it, to take it out of the archive, or to end a pause."""
    template = find(request, reference, lock=True)
    return _answered(
        request,
        template,
        lambda: wishes.ask(template, request.POST.get("wish", ""), actor=request.user),
        _("We are asking Meta. This page follows."),
    )
