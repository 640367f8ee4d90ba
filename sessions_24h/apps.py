from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Sessions24hConfig(AppConfig):
    name = "sessions_24h"
    verbose_name = _("Customer service windows")

    def ready(self):
        from contacts.signals import contacts_merging
        from sessions_24h import receivers

        contacts_merging.connect(receivers.move_windows, dispatch_uid="windows-follow-contacts")
