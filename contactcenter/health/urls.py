"""Below ``/admin/health/``, before the admin's own addresses."""

from django.urls import path

from contactcenter.health import views

urlpatterns = [
    path("", views.health, name="health"),
    path("replay/", views.replay, name="health_replay_ask"),
    path("replays/<uuid:reference>/", views.replay_detail, name="health_replay"),
]
