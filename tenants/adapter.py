"""How allauth's pages behave here."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.contrib.sites.shortcuts import get_current_site
from django.utils import translation

from tenants import mail


class AccountAdapter(DefaultAccountAdapter):
    """Account mail goes through our mail table, in the person's language."""

    def send_mail(self, template_prefix, email, context):
        request = allauth_context.request
        context = {"request": request, "email": email, "current_site": get_current_site(request)} | context
        user = context.get("user")
        language = getattr(user, "language", "") or translation.get_language()
        with translation.override(language):
            message = self.render_mail(template_prefix, email, context)
        mail.queue_text(email, message.subject, message.body)
