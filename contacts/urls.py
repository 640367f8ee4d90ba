"""Consent pages, mounted at ``/b/<business_slug>/contacts/``."""

from django.urls import path

from contacts import views

app_name = "contacts"

urlpatterns = [
    path("", views.contact_list, name="contact_list"),
    path("<uuid:reference>/", views.contact_detail, name="contact_detail"),
    path("<uuid:reference>/consent/", views.consent_record, name="consent_record"),
]
