"""What the business writes to our reviewers about its application."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding.enums import ApplicationStatus as Status
from onboarding.services import answers, thread
from onboarding.views import status
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_POST
@role_required(*MANAGERS)
def write(request, business_slug):
    """Add a message to the conversation; a draft has no reviewer yet."""
    application = answers.current(request.business)
    if application is None or application.status == Status.DRAFT:
        return redirect("onboarding:overview", business_slug=business_slug)
    typed = request.POST.get("message", "")
    try:
        thread.write(application, typed, author=request.user, from_staff=False)
    except thread.NotSent as exc:
        return render(
            request,
            "onboarding/timeline.html",
            status.timeline_context(request, application) | {"message": typed, "message_error": str(exc)},
            status=422,
        )
    messages.success(request, _("Sent. A reviewer answers here, and you get a mail."))
    return redirect(reverse("onboarding:timeline", args=[business_slug]) + "#messages")
