from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TemplatesHsmConfig(AppConfig):
    name = "templates_hsm"
    verbose_name = _("Message templates")
