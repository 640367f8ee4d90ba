from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    name = "providers"
    verbose_name = _("Provider")

    def ready(self):
        from providers import checks  # noqa: F401  registers them; needs settings, so not before they are ready
        from providers.webhooks import metrics  # noqa: F401  registers its sources; reads models, so not before
