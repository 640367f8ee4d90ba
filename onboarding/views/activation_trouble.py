"""Ways on when an activation stands still: a number in use elsewhere, a PIN that the number already has."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding.exceptions import NotPossible
from onboarding.services import registering
from onboarding.views.chosen import address, chosen
from tenants.decorators import role_required
from tenants.enums import MANAGERS, Role


def _act(request, act, said):
    application = chosen(request)
    if application is None:
        return redirect("onboarding:overview", business_slug=request.business.slug)
    try:
        act(application)
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.info(request, said)
    return redirect(address("onboarding:activation", application))


@require_POST
@role_required(Role.OWNER)
def known_pin(request, business_slug):
    """The owner knows the PIN that the number has."""
    pin = request.POST.get("pin", "")[:20]
    return _act(
        request,
        lambda application: registering.use_pin(application, pin=pin, actor=request.user),
        _("We register the number with this PIN."),
    )


@require_POST
@role_required(Role.OWNER)
def replace_pin(request, business_slug):
    """Nobody knows it: a new one is set at Meta."""
    return _act(
        request,
        lambda application: registering.overwrite_pin(application, actor=request.user),
        _("We set a new PIN and register the number with it."),
    )


@require_POST
@role_required(*MANAGERS)
def number_is_free(request, business_slug):
    """The number left WhatsApp: try to add it now."""
    return _act(
        request,
        lambda application: registering.number_is_free(application, actor=request.user),
        _("We ask Meta now. The answer appears here."),
    )
