from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register
from tenants.enums import MANAGERS


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = _("Businesses and people")

    def ready(self):
        from tenants import rls

        post_migrate.connect(rls.protect_every_table, sender=self, dispatch_uid="row-level-security")
        register(NavItem("people", _("People"), "users", "tenants:people", roles=MANAGERS, order=80))
        register(NavItem("settings", _("Settings"), "settings", "tenants:business_settings", roles=MANAGERS, order=90))
