"""News about numbers by mail to the owner and the administrators of a business, each once, in their language."""

from django.conf import settings
from django.urls import reverse

from onboarding.services import number_words
from tenants import mail
from tenants.enums import MANAGERS
from tenants.models import Membership


def tell(row):
    """Write the mails that belong to a line of history, if it is one that people have to know at once."""
    if not number_words.describe(row).is_told:
        return
    people = Membership.objects.filter(business_id=row.business_id, role__in=MANAGERS, user__is_active=True)
    for member in people.select_related("user", "business").order_by("pk"):
        send(
            member,
            "onboarding/email/number_news",
            key=f"number_news:{row.pk}:{member.user_id}",
            row=row,
            number=row.phone_number,
            told=lambda: number_words.describe(row),
            link=address(member.business, row.phone_number),
        )


def tell_managers(business, template, key, **context):
    """One mail to the owner and each administrator."""
    people = Membership.objects.filter(business=business, role__in=MANAGERS, user__is_active=True)
    for member in people.select_related("user", "business").order_by("pk"):
        send(member, template, key=f"{key}:{member.user_id}", **context)


def send(member, template, *, key, **context):
    """One mail to a member of a business in their language."""
    language = member.user.language or member.business.language
    mail.queue(template, member.user.email, language=language, key=key[:200], business=member.business, **context)


def address(business, number=None):
    """The page where the history is, as an absolute address."""
    if number is None:
        return settings.PUBLIC_URL + reverse("onboarding:numbers", args=[business.slug])
    return settings.PUBLIC_URL + reverse("onboarding:number", args=[business.slug, number.reference])
