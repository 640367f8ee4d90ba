"""Costs, mounted at ``/b/<business_slug>/usage/``."""

from django.urls import path

from contactcenter.costs import views

app_name = "costs"

urlpatterns = [
    path("", views.usage, name="usage"),
    path("export.csv", views.usage_export, name="usage_export"),
    path("budgets/new/", views.budget_edit, name="budget_new"),
    path("budgets/<uuid:reference>/", views.budget_edit, name="budget_edit"),
    path("budgets/<uuid:reference>/delete/", views.budget_delete, name="budget_delete"),
]
