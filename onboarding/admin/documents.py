"""The documents of applications: staff look at them here and nowhere else."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from onboarding.models import ApplicationDocument
from onboarding.services import documents

HARMLESS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}
"""A document is handed out for saving; even a browser that shows it all the same may run nothing of it."""


def download_url(document):
    """Where staff download a document; for the review page."""
    return reverse("admin:onboarding_applicationdocument_download", args=[document.pk])


@admin.register(ApplicationDocument)
class ApplicationDocumentAdmin(ModelAdmin):
    list_display = ["file_name", "kind", "application", "business", "size", "uploaded_at", "removed_at", "download"]
    list_filter = ["kind", "uploaded_at"]
    list_select_related = ["application", "business"]
    list_display_links = None
    ordering = ["-pk"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view(self.download_view)
        return [
            path("<int:pk>/download/", view, name="onboarding_applicationdocument_download"),
            *super().get_urls(),
        ]

    @admin.display(description=_("file"))
    def download(self, document):
        if not document.file:
            return "–"
        return format_html('<a href="{}">{}</a>', download_url(document), _("Download"))

    def download_view(self, request, pk):
        """Hand out one file, as an attachment under its cleaned name; the look goes into the audit trail."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(ApplicationDocument.objects.select_related("application", "business"), pk=pk)
        try:
            opened = documents.open_for_staff(row, actor=request.user)
        except FileNotFoundError as exc:
            raise Http404 from exc
        return FileResponse(
            opened, as_attachment=True, filename=row.file_name, content_type=row.mime_type, headers=HARMLESS
        )
