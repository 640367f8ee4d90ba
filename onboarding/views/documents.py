"""The page of the documents (product row B6). Each good file is kept at once, whatever is wrong with another one."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.paper_check import ACCEPT
from onboarding.services import documents
from onboarding.views import presenting


class DocumentsForm(forms.Form):
    """One file field for each paper that is asked for; it only carries the errors, the service keeps the files."""

    def __init__(self, application, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for paper in documents.asked(application):
            self.fields[paper.kind.value] = forms.FileField(
                label=documents.title(paper),
                required=False,
                widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
                error_messages={"empty": _("The file is empty. Save it again, then upload it.")},
            )


def step(request, application, asked):
    """Show, take and give back documents (called by the wizard's step view)."""
    slug = request.business.slug
    if not documents.may_change(application):
        return redirect("onboarding:overview", business_slug=slug)
    form = DocumentsForm(application)
    if request.method == "POST":
        if reference := request.POST.get("remove"):
            take_back(application, reference, actor=request.user)
            return redirect(request.get_full_path())
        form, kept = take(request, application, actor=request.user)
        if not form.errors:
            if "add" in request.POST or (kept and documents.missing(application)):
                return redirect(request.get_full_path())
            return redirect(_where_next(request, application, asked))
    context = presenting.journey(application, asked) | page(application, form) | {"form": form}
    return render(request, "onboarding/steps/documents.html", context, status=422 if form.errors else 200)


def take(request, application, *, actor, by=""):
    """Keep the good files of a posted page. Returns (form with the sentences for the others, how many were kept)."""
    form, kept = DocumentsForm(application, request.POST, request.FILES), 0
    form.is_valid()
    for paper in documents.asked(application):
        kind = paper.kind.value
        upload = form.cleaned_data.get(kind)
        if not upload:
            continue
        try:
            documents.add(application, kind, upload, actor=actor, by=by)
            kept += 1
        except ValidationError as exc:
            form.add_error(kind, exc)
    wants_more = "add" not in request.POST and not kept and not form.errors
    if wants_more:
        for paper in documents.missing(application):
            form.add_error(paper.kind.value, _("Choose the file. If you don't have it at hand, do this page later."))
    return form, kept


def take_back(application, reference, *, actor, by=""):
    """Remove a document by what a button sent; what isn't a reference removes nothing."""
    try:
        return documents.remove(application, reference, actor=actor, by=by)
    except (ValidationError, ValueError):
        return None


def page(application, form):
    """The papers with their fields and the files that are there."""
    there = list(documents.current(application))
    papers = [
        {
            "paper": paper,
            "title": documents.title(paper),
            "general": paper.kind.label,
            "files": [row for row in there if row.kind == paper.kind],
            "field": form[paper.kind.value],
        }
        for paper in documents.asked(application)
    ]
    return {"papers": papers, "accept": ACCEPT}


def _where_next(request, application, asked):
    slug = request.business.slug
    if application.status == Status.CHANGES_REQUESTED:
        messages.success(request, _("The documents are saved. Send the correction when it is ready."))
        return reverse("onboarding:overview", args=[slug])
    following = wizard.after(asked)
    if request.GET.get("from") == "check":
        following = wizard.first_incomplete(application)
    if following is None:
        return reverse("onboarding:check", args=[slug])
    return reverse("onboarding:step", args=[slug, following.slug])
