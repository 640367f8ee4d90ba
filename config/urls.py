"""Every address of the product. The webhook and the event streams are doors of ``config/asgi.py``."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import views

public = login_not_required

urlpatterns = [
    path("", views.home, name="home"),
    path("privacy/", public(TemplateView.as_view(template_name="pages/privacy.html")), name="privacy"),
    path(
        "accessibility/",
        public(TemplateView.as_view(template_name="pages/accessibility.html")),
        name="accessibility",
    ),
    path("theme/", views.set_theme, name="set_theme"),
    path("language/", views.set_language, name="set_language"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("admin/health/", include("contactcenter.health.urls")),
    path("admin/usage/", include("contactcenter.costs.staff")),
    path("admin/", admin.site.urls),
    path("api/schema/", public(SpectacularAPIView.as_view()), name="api_schema"),
    path("api/docs/", public(SpectacularSwaggerView.as_view(url_name="api_schema")), name="api_docs"),
    path("api/v1/", include("contactcenter.api.urls")),
    path("", include("tenants.urls")),
    path("", include("onboarding.urls")),
    path("b/<slug:business_slug>/templates/", include("templates_hsm.urls")),
    path("b/<slug:business_slug>/campaigns/", include("contactcenter.campaigns.urls")),
    path("b/<slug:business_slug>/usage/", include("contactcenter.costs.urls")),
    path("b/<slug:business_slug>/inbox/", include("contactcenter.urls")),
    path("b/<slug:business_slug>/contacts/", include("contacts.urls")),
]

if settings.DEBUG:
    urlpatterns.append(path("styleguide/", include("config.styleguide")))
