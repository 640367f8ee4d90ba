"""What is done with a whole template: hand it in, copy it, throw it away."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.forms import CopyForm
from templates_hsm.services import edits, templates
from templates_hsm.views.reading import accounts_of, detail_page, find
from tenants.decorators import role_required
from tenants.enums import MANAGERS


@require_POST
@role_required(*MANAGERS)
def template_submit(request, business_slug, reference):
    """Hand in what is stored. A second click changes nothing; errors lead back to the builder."""
    template = find(request, reference, lock=True)
    try:
        templates.submit(template, actor=request.user)
    except HasErrors:
        messages.error(request, _("It wasn't sent: correct what stands below first."))
        return redirect("templates_hsm:template_edit", business_slug, template.reference)
    except NotPossible as exc:
        messages.error(request, str(exc))
    return redirect("templates_hsm:template_detail", business_slug, template.reference)


@require_POST
@role_required(*MANAGERS)
def template_copy(request, business_slug, reference):
    """A draft with the same content under another name or in another language."""
    template = find(request, reference)
    form = CopyForm(request.POST, wabas=accounts_of(request))
    if not form.is_valid():
        return detail_page(request, template, copy_form=form, status=422)
    fields = form.cleaned_data
    copied = templates.copy(
        template, actor=request.user, name=fields["name"], language=fields["language"], waba=fields.get("account")
    )
    messages.success(request, _("This is the copy. Change what differs, then send it to Meta."))
    return redirect("templates_hsm:template_edit", business_slug, copied.reference)


@require_POST
@role_required(*MANAGERS)
def template_delete(request, business_slug, reference):
    """Throw a draft away."""
    template = find(request, reference, lock=True)
    try:
        templates.delete_draft(template, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
        return redirect("templates_hsm:template_detail", business_slug, template.reference)
    messages.success(request, _("The draft is gone."))
    return redirect("templates_hsm:template_list", business_slug)


@require_POST
@role_required(*MANAGERS)
def template_discard(request, business_slug, reference):
    """Forget the changes of an approved template; its text in force stays."""
    template = find(request, reference, lock=True)
    try:
        edits.throw_away(template, actor=request.user)
    except NotPossible as exc:
        messages.error(request, str(exc))
    else:
        messages.success(request, _("The changes are gone. The text in force stays as it is."))
    return redirect("templates_hsm:template_detail", business_slug, template.reference)
