"""Files that nobody names any more: uploaded into a form and replaced before it was saved, or left by a draft.

A file is looked at a day after it was last put to use. One that a text names (in force, being written, in a version, in
our team's queue, in the library, in a miss) is looked at again a day later.
"""

from django.core.files.storage import default_storage
from django.db import transaction

from config.clock import now
from templates_hsm.components.media import own_files
from templates_hsm.models import (
    LibraryChange,
    LibraryTemplate,
    LintMiss,
    MessageTemplate,
    TemplateMedia,
    TemplateReview,
    TemplateVersion,
    in_a_day,
)
from tenants.tenancy import business_scope, every_business


def sweep(businesses=50):
    """Throw away what is due and named nowhere; returns how many files were thrown away and how many stay."""
    with every_business():
        due = TemplateMedia.objects.filter(look_after__lte=now()).order_by("business_id")
        pks = list(due.values_list("business_id", flat=True).distinct()[:businesses])
    gone = kept = 0
    for pk in pks:
        with business_scope(pk):
            one_gone, one_kept = _sweep_one()
        gone, kept = gone + one_gone, kept + one_kept
    return {"gone": gone, "kept": kept}


def _sweep_one():
    due = list(TemplateMedia.objects.filter(look_after__lte=now()).values_list("pk", "reference", "file"))
    named = _named()
    used = [pk for pk, reference, _file in due if str(reference) in named]
    kept = TemplateMedia.objects.filter(pk__in=used).update(look_after=in_a_day())
    gone = 0
    for pk, reference, file in due:
        # Whoever has just put it to use (``header_media.keep``) has put the look off.
        if str(reference) not in named and TemplateMedia.objects.filter(pk=pk, look_after__lte=now()).delete()[0]:
            gone += 1
            transaction.on_commit(lambda name=file: default_storage.delete(name))
    return gone, kept


def _named():
    """The references of every file that a text of the business, or one of the library, names."""
    rows = MessageTemplate.objects
    lists = [
        rows.values_list("components", flat=True),
        rows.exclude(changes=None).values_list("changes", flat=True),
        TemplateVersion.objects.values_list("definition", flat=True),
        TemplateReview.objects.values_list("definition", flat=True),
        LintMiss.objects.values_list("definition", flat=True),
        LibraryTemplate.objects.values_list("definition", flat=True),
        LibraryChange.objects.values_list("definition", flat=True),
    ]
    return {reference for rows in lists for text in rows.iterator() for reference in own_files(text)}
