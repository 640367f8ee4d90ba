from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ContactcenterConfig(AppConfig):
    name = "contactcenter"
    verbose_name = _("Contact center")

    def ready(self):
        if not settings.PAGES:
            return  # the sender neither shows pages nor hears deliveries, and need not load what that takes
        from contactcenter import navigation, receivers, template_sendings
        from contactcenter.api import scopes
        from contactcenter.campaigns import receivers as of_campaigns
        from contactcenter.health import metrics  # noqa: F401  registers its sources; reads models, so not before
        from contacts.signals import contacts_merged, contacts_merging
        from sessions_24h.signals import window_closed, window_opened
        from templates_hsm.services import archiving

        receivers.subscribe_to_webhooks()
        navigation.register_items()
        scopes.register_all()
        archiving.add_source(template_sendings.newest)
        contacts_merging.connect(of_campaigns.keep_people_once, dispatch_uid="people-once-in-campaigns")
        contacts_merging.connect(receivers.move_conversations, dispatch_uid="conversations-follow-contacts")
        contacts_merged.connect(receivers.count_again, dispatch_uid="count-merged-conversations")
        for signal in (window_opened, window_closed):
            signal.connect(receivers.tell_open_pages, dispatch_uid="windows-on-open-pages")
