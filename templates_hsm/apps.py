from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register


class TemplatesHsmConfig(AppConfig):
    name = "templates_hsm"
    verbose_name = _("Message templates")

    def ready(self):
        from onboarding.rulebook import shelves

        if not settings.PAGES:
            return  # the sender neither shows pages nor hears deliveries, and need not load what that takes
        from templates_hsm import heard
        from templates_hsm.linter.rulebook import BOOK
        from templates_hsm.services import checks, versions

        heard.listen()
        versions.listen()
        shelves.register(shelves.Shelf("template", _("Message templates"), BOOK, checks.shown_rules))
        register(
            NavItem("templates", _("Templates"), "template", "templates_hsm:template_list", order=30, on_phone=True)
        )
