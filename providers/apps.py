from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    name = "providers"
    verbose_name = _("Provider")

    def ready(self):
        from providers import checks  # noqa: F401  registers them; needs settings, so not before they are ready
        from providers.webhooks import metrics, readiness  # noqa: F401  register; read models, so not before
