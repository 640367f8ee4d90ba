"""The documents of an application: checked, kept privately, counted, replaced.

Only staff ever read a file (through the admin's own view). The business sees its name and date.
"""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from config.clock import now
from onboarding import countries
from onboarding.enums import ApplicationStatus, DocumentKind
from onboarding.models import ApplicationDocument, OnboardingApplication
from onboarding.paper_check import examine
from onboarding.rulebook.house import house_rule
from onboarding.services.moves import note
from tenants import audit, files, live

PER_KIND = 4
FILES_PER_BUSINESS, BYTES_PER_BUSINESS = 60, 120 * 1024 * 1024
"""House rule: enough for every paper in several parts, too little to be used as a store for something else."""

OPEN = (ApplicationStatus.DRAFT, ApplicationStatus.CHANGES_REQUESTED)


def asked(application):
    """The ``countries.Paper`` rows that our house asks for in the country of the company."""
    return countries.facts(application.country).papers


def current(application):
    """The documents that count, oldest first."""
    return application.documents.filter(removed_at=None).select_related("uploaded_by").order_by("pk")


def missing(application):
    """The required papers of which there is no file yet; none while the house rule doesn't ask for papers."""
    if not house_rule("documents_needed"):
        return []
    there = set(current(application).values_list("kind", flat=True))
    return [paper for paper in asked(application) if paper.required and paper.kind not in there]


def title(paper):
    """What a paper is called: its own name in the country, or the general one."""
    return paper.name or str(DocumentKind(paper.kind).label)


def may_change(application):
    """Whether the applicant may add and remove documents now."""
    return application.status in OPEN


@transaction.atomic
def add(application, kind, upload, *, actor, by=""):
    """Keep an uploaded file under a ``DocumentKind``. The same bytes again change nothing.

    ``by`` names somebody without an account. Raises ``ValidationError`` with a sentence for the person who uploads.
    """
    locked = OnboardingApplication.objects.select_for_update().get(pk=application.pk)
    if not may_change(locked):
        raise ValidationError(_("The application has been sent. Documents can be added again when we ask for them."))
    paper = examine(upload, upload.name or "")
    _check_quota(application, kind, paper.size)
    stored, size, digest = files.store(application.business, upload, paper.ending)
    try:
        same = current(application).filter(kind=kind, sha256=digest).first()
        if same is not None:
            default_storage.delete(stored)
            return same
        row = ApplicationDocument.objects.create(
            business=application.business,
            application=application,
            kind=kind,
            file=stored,
            file_name=files.clean_name(upload.name or "", paper.ending)[-150:],
            mime_type=paper.mime_type,
            size=size,
            sha256=digest,
            uploaded_by=actor,
        )
        _tell(application, row, "document added", actor, by)
    except Exception:
        with suppress(OSError):
            default_storage.delete(stored)
        raise
    return row


def _check_quota(application, kind, size):
    if current(application).filter(kind=kind).count() >= PER_KIND:
        raise ValidationError(
            _("There are %(n)d files of this kind already. Remove one first.") % {"n": PER_KIND}, code="quota"
        )
    kept = ApplicationDocument.objects.filter(business=application.business).exclude(file="")
    used = kept.aggregate(files=Count("pk"), size=Sum("size"))
    if used["files"] >= FILES_PER_BUSINESS or (used["size"] or 0) + size > BYTES_PER_BUSINESS:
        raise ValidationError(_("Your business has used up its room for documents. Write to us."), code="quota")


@transaction.atomic
def remove(application, reference, *, actor, by=""):
    """Take a document back. What a reviewer may have seen stays readable for staff; a draft's file is deleted."""
    locked = OnboardingApplication.objects.select_for_update().get(pk=application.pk)
    row = current(application).filter(reference=reference).first()
    if row is None or not may_change(locked):
        return None
    row.removed_at = now()
    if locked.submitted_at is None:
        gone, row.file = row.file, ""
        transaction.on_commit(lambda: default_storage.delete(gone), robust=True)
    row.save(update_fields=["removed_at", "file"])
    _tell(application, row, "document removed", actor, by)
    return row


def _tell(application, row, verb, actor, by):
    note(application, verb.replace(" ", "_"), actor=actor, document=row.file_name, document_kind=row.kind, by=by)
    words = {
        "document added": audit.to_translate("document added"),
        "document removed": audit.to_translate("document removed"),
    }
    audit.record(
        words[verb], f"{application.code} {row.file_name}", actor=actor, kind=row.kind, sha256=row.sha256, by=by
    )
    live.emit("application", business_id=application.business_id, application=str(application.reference))


def open_for_staff(row, *, actor):
    """The open file of a document for a reviewer; looking is written down. Raises ``FileNotFoundError``."""
    if not row.file:
        raise FileNotFoundError("The applicant took this document back before sending the application.")
    opened = default_storage.open(row.file, "rb")
    audit.record(
        audit.to_translate("document opened"),
        f"{row.application.code} {row.file_name}",
        actor=actor,
        business=row.business,
    )
    return opened
