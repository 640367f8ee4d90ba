"""Consent pages, mounted at ``/b/<business_slug>/contacts/``."""

from django.urls import path

from contacts import views, views_imports

app_name = "contacts"

urlpatterns = [
    path("", views.contact_list, name="contact_list"),
    path("imports/", views_imports.imports, name="imports"),
    path("imports/<uuid:reference>/", views_imports.import_detail, name="import_detail"),
    path("imports/<uuid:reference>/columns/", views_imports.import_prepare, name="import_prepare"),
    path("imports/<uuid:reference>/progress/", views_imports.import_progress, name="import_progress"),
    path("imports/<uuid:reference>/start/", views_imports.import_start, name="import_start"),
    path("imports/<uuid:reference>/cancel/", views_imports.import_cancel, name="import_cancel"),
    path("imports/<uuid:reference>/refused.csv", views_imports.import_report, name="import_report"),
    path("<uuid:reference>/proof/", views.contact_proof, name="contact_proof"),
    path("<uuid:reference>/", views.contact_detail, name="contact_detail"),
    path("<uuid:reference>/consent/", views.consent_record, name="consent_record"),
]
