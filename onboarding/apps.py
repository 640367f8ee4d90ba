from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = _("Onboarding")

    def ready(self):
        if not settings.PAGES:
            return  # the sender neither shows pages nor hears deliveries, and need not load what that takes
        from onboarding import heard, navigation

        heard.listen()
        navigation.register_items()
