from django.urls import path

from tenants.views import businesses, people

app_name = "tenants"

urlpatterns = [
    path("start/", businesses.start, name="start"),
    path("new/", businesses.business_create, name="business_create"),
    path("invitation/<str:token>/", people.invitation_accept, name="invitation_accept"),
    path("b/<slug:business_slug>/", businesses.business_home, name="business_home"),
    path("b/<slug:business_slug>/settings/", businesses.business_settings, name="business_settings"),
    path("b/<slug:business_slug>/people/", people.people, name="people"),
    path("b/<slug:business_slug>/people/<int:pk>/", people.member_change, name="member_change"),
    path(
        "b/<slug:business_slug>/people/invitations/<uuid:reference>/revoke/",
        people.invitation_revoke,
        name="invitation_revoke",
    ),
    path("b/<slug:business_slug>/api-keys/", people.keys, name="api_keys"),
    path("b/<slug:business_slug>/api-keys/<uuid:reference>/", people.key_scopes, name="api_key_scopes"),
    path("b/<slug:business_slug>/api-keys/<uuid:reference>/revoke/", people.key_revoke, name="api_key_revoke"),
    path("b/<slug:business_slug>/audit/", people.audit_trail, name="audit_trail"),
]
