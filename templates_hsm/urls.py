"""Addresses below ``/b/<business>/templates/``."""

from django.urls import path

from templates_hsm.views import building, deciding, history, interchange, media, news, reading

app_name = "templates_hsm"

urlpatterns = [
    path("", reading.template_list, name="template_list"),
    path("new/", building.template_new, name="template_new"),
    path("import/", interchange.template_import, name="template_import"),
    path("export.json", interchange.template_export, {"shape": "json"}, name="template_export_json"),
    path("export.csv", interchange.template_export, {"shape": "csv"}, name="template_export_csv"),
    path("<uuid:reference>/export.json", interchange.template_export, {"shape": "json"}, name="template_export_one"),
    path("files/<uuid:reference>/", media.template_media, name="template_media"),
    path("<uuid:reference>/", reading.template_detail, name="template_detail"),
    path("<uuid:reference>/status/", reading.template_status, name="template_status"),
    path("<uuid:reference>/edit/", building.template_edit, name="template_edit"),
    path("<uuid:reference>/check/", building.template_check, name="template_check"),
    path("<uuid:reference>/autosave/", building.template_autosave, name="template_autosave"),
    path("<uuid:reference>/versions/", history.template_versions, name="template_versions"),
    path("<uuid:reference>/versions/<int:pk>/restore/", history.template_restore, name="template_restore"),
    path("<uuid:reference>/languages/", history.template_languages, name="template_languages"),
    path("<uuid:reference>/submit/", deciding.template_submit, name="template_submit"),
    path("<uuid:reference>/agree/", news.template_agree, name="template_agree"),
    path("<uuid:reference>/appeal/", news.template_appeal, name="template_appeal"),
    path("<uuid:reference>/take-back/", news.template_take_back, name="template_take_back"),
    path("<uuid:reference>/wish/", news.template_wish, name="template_wish"),
    path("<uuid:reference>/copy/", deciding.template_copy, name="template_copy"),
    path("<uuid:reference>/discard/", deciding.template_discard, name="template_discard"),
    path("<uuid:reference>/delete/", deciding.template_delete, name="template_delete"),
]
