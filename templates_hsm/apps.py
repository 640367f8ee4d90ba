from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register


class TemplatesHsmConfig(AppConfig):
    name = "templates_hsm"
    verbose_name = _("Message templates")

    def ready(self):
        from templates_hsm import heard

        heard.listen()
        register(
            NavItem("templates", _("Templates"), "template", "templates_hsm:template_list", order=30, on_phone=True)
        )
