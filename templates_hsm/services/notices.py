"""Mails about templates to the owner and the administrators, each once, in their language."""

from django.conf import settings
from django.urls import reverse

from onboarding.services import number_notices
from templates_hsm import news_words


def tell(template, kind, *, key, **facts):
    """Write the mails for a piece of news (``news_words.WORDS``); ``key`` names it so that it is told once."""
    link = settings.PUBLIC_URL + reverse(
        "templates_hsm:template_detail", args=[template.business.slug, template.reference]
    )

    number_notices.tell_managers(
        template.business,
        "templates_hsm/email/template_news",
        f"template_news:{key}",
        one=template,
        told=lambda: news_words.told(kind, template, facts),
        link=link,
    )
