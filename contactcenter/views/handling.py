"""Who answers, and whether it is done. Small forms that lead back to where they were pressed."""

from django.contrib import messages as flash
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contactcenter.services import conversations
from contactcenter.views import common
from tenants.decorators import role_required
from tenants.enums import ANSWERERS


def _done(request, conversation, words=""):
    if common.wants_part(request):
        return HttpResponse(status=204)
    if words:
        flash.success(request, words)
    return common.back(request, conversation)


@require_POST
@role_required(*ANSWERERS)
def conversation_assign(request, business_slug, reference):
    """Give the conversation to me (``to=me``), to a colleague (their membership) or to nobody (empty)."""
    conversation = common.find(reference)
    to = request.POST.get("to", "")
    person = None
    if to == "me":
        person = request.user
    elif to:
        members = conversations.answerers(request.business)
        person = get_object_or_404(members, pk=int(to) if to.isdecimal() and len(to) < 18 else 0).user
    conversations.assign(conversation, person, by=request.user)
    words = _("%(name)s answers now.") % {"name": person} if person else _("Nobody is assigned now.")
    return _done(request, conversation, words)


@require_POST
@role_required(*ANSWERERS)
def conversation_resolve(request, business_slug, reference):
    """Say that it is done."""
    conversation = common.find(reference)
    conversations.resolve(conversation, by=request.user)
    return _done(request, conversation, _("Resolved. A new message opens it again."))


@require_POST
@role_required(*ANSWERERS)
def conversation_reopen(request, business_slug, reference):
    """Take it up again."""
    conversation = common.find(reference)
    conversations.reopen(conversation, by=request.user)
    return _done(request, conversation, _("Open again."))


@require_POST
@role_required(*ANSWERERS)
def conversation_read(request, business_slug, reference):
    """Somebody looks at an open page on which a message has just appeared."""
    common.seen(request, common.find(reference))
    return HttpResponse(status=204)
