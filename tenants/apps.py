from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "tenants"
    verbose_name = "Businesses and people"

    def ready(self):
        from tenants import rls

        post_migrate.connect(rls.protect_every_table, sender=self, dispatch_uid="row-level-security")
