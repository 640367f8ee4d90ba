"""Campaigns, mounted at ``/b/<business_slug>/campaigns/``."""

from django.urls import path

from contactcenter.campaigns.views import making, running

app_name = "campaigns"

urlpatterns = [
    path("", running.campaign_list, name="campaign_list"),
    path("new/", making.campaign_new, name="campaign_new"),
    path("rules/", making.campaign_rules, name="campaign_rules"),
    path("segments/<uuid:reference>/delete/", making.segment_delete, name="segment_delete"),
    path("<uuid:reference>/", running.campaign_detail, name="campaign_detail"),
    path("<uuid:reference>/people/", making.campaign_people, name="campaign_people"),
    path("<uuid:reference>/values/", making.campaign_values, name="campaign_values"),
    path("<uuid:reference>/progress/", running.campaign_progress, name="campaign_progress"),
    path("<uuid:reference>/check/", running.campaign_check, name="campaign_check"),
    path("<uuid:reference>/start/", running.campaign_start, name="campaign_start"),
    path("<uuid:reference>/pause/", running.campaign_pause, name="campaign_pause"),
    path("<uuid:reference>/resume/", running.campaign_resume, name="campaign_resume"),
    path("<uuid:reference>/cancel/", running.campaign_cancel, name="campaign_cancel"),
    path("<uuid:reference>/delete/", running.campaign_delete, name="campaign_delete"),
    path("<uuid:reference>/files/<uuid:file>/", running.campaign_file, name="campaign_file"),
    path("<uuid:reference>/export.csv", running.campaign_export, name="campaign_export"),
]
