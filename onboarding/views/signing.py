"""Signing the statement, and the signed statement on paper (product row A3)."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from onboarding import wizard
from onboarding.enums import ApplicationStatus as Status
from onboarding.forms import SigningForm
from onboarding.models import Signature
from onboarding.services import answers, statement
from onboarding.views import presenting
from tenants.decorators import role_required


def sign(request, application, asked):
    """Show the statement and take the signature under exactly what was shown (called by the wizard's step view)."""
    slug = request.business.slug
    signed = statement.is_valid(application)
    again = application.status == Status.CHANGES_REQUESTED and not signed
    if application.status != Status.DRAFT and not again:
        return redirect("onboarding:signature" if signed else "onboarding:overview", business_slug=slug)
    screening = wizard.by_slug("screening")
    if not screening.is_complete(application):
        return redirect("onboarding:step", business_slug=slug, slug=screening.slug)
    text = statement.text(application)
    form = SigningForm(request.POST if request.method == "POST" else None, initial=_initial(request, text))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                statement.sign(
                    application,
                    name=form.cleaned_data["signed_name"],
                    shown=form.cleaned_data["shown"],
                    address=request.META.get("REMOTE_ADDR"),
                    agent=request.headers.get("User-Agent", ""),
                    actor=request.user,
                )
            except statement.StatementChanged as exc:
                data = request.POST.copy()
                data["shown"] = statement.shown_digest(text)
                form = SigningForm(data)
                form.is_valid()
                form.add_error(None, str(exc))
            else:
                return redirect(_after(slug, application, asked))
        status = 422
    context = presenting.journey(application, asked) | {
        "form": form,
        "clauses": statement.clauses(),
        "answered": statement.answered(application),
        "policy_version": statement.policy_version(),
        "is_signed": signed,
        "was_signed": application.signed_at and not signed,
    }
    return render(request, "onboarding/steps/signing.html", context, status=status)


def _initial(request, text):
    return {"shown": statement.shown_digest(text), "signed_name": request.user.full_name}


def _after(slug, application, asked):
    if application.status == Status.CHANGES_REQUESTED:
        return reverse("onboarding:overview", args=[slug])
    following = wizard.after(asked)
    if application.brand:  # signed again after a change: go on where something is missing
        following = wizard.first_incomplete(application)
    if following is None:
        return reverse("onboarding:check", args=[slug])
    return reverse("onboarding:step", args=[slug, following.slug])


@require_GET
@role_required()
def signature(request, business_slug):
    """The signed statement, ready to print: the words as they were shown, who, when, from where, and the digest."""
    application = answers.current(request.business)
    if application is None or not application.signed_at:
        raise Http404
    context = {
        "application": application,
        "lines": application.signed_statement.split("\n"),
        "is_valid": statement.is_valid(application),
        "kept": statement.kept(application),
        "earlier": application.signatures.exclude(digest=application.signed_digest).order_by("-signed_at"),
    }
    return render(request, "onboarding/signature.html", context)


@require_GET
@role_required()
def signature_pdf(request, business_slug, reference):
    """One signed statement as a PDF, in the language of the signature; earlier ones stay available."""
    row = get_object_or_404(
        Signature.objects.select_related("application", "business"),
        business=request.business,
        reference=reference,
    )
    proof = statement.proof_of(row)
    name = f"{proof.code}-{proof.signed_at:%Y-%m-%d}.pdf"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    from onboarding.signature_pdf import build  # 7 MiB of code for PDFs, in each process, and few ever make one

    return HttpResponse(build(proof), content_type="application/pdf", headers=headers)


# For whoever holds the PDF. Its reference can't be guessed, and these pages tell nothing that doesn't stand on it.


@login_not_required
@require_GET
@never_cache
def verify(request, reference):
    """Recompute the digest of a signature and say whether it matches the one kept and the one on paper."""
    proof = statement.proof(reference)
    if proof is None:
        raise Http404
    typed = "".join(request.GET.get("digest", "").split()).lower()
    context = {"proof": proof, "typed": typed[:100], "fits": typed == proof.digest if typed else None}
    return render(request, "onboarding/verify.html", context)


@login_not_required
@require_GET
@never_cache
def signature_record(request, reference):
    """The record over which the digest was taken, byte by byte, for whoever wants to recompute it without us."""
    proof = statement.proof(reference)
    if proof is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{proof.code}.json"'}
    return HttpResponse(proof.record.encode(), content_type="application/json", headers=headers)
