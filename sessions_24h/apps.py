from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Sessions24hConfig(AppConfig):
    name = "sessions_24h"
    verbose_name = _("Customer service windows")
