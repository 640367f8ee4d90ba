"""What the business is told about its badge by e-mail. The words live in ``templates/onboarding/email/badge_*``."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from tenants import mail


def _tell(row, kind, key="", **context):
    number = row.phone_number
    application = number.application
    people = {
        application.contact_email if application else "",
        getattr(row.created_by, "email", ""),
        getattr(row.confirmed_by, "email", ""),
    } - {""}
    decided = row.decided_at.astimezone(ZoneInfo(row.business.time_zone)).date() if row.decided_at else None
    link = settings.PUBLIC_URL + reverse("onboarding:badge", args=[row.business.slug, number.reference])
    for address in sorted(people):
        mail.queue(
            f"onboarding/email/badge_{kind}",
            address,
            language=row.business.language,
            key=f"badge_{kind}:{row.pk}:{key}:{address}"[:200],
            badge=row,
            decided=decided,
            number=number,
            business=row.business,
            link=link,
            **context,
        )


def sent(row):
    """WhatsApp has the request."""
    _tell(row, "sent", row.sent_at.isoformat())


def approved(row):
    _tell(row, "approved")


def refused(row):
    """WhatsApp said no: from which day it may be asked again, and whose rule that is."""
    _tell(row, "refused", ours=row.wait.get("ours"), months=row.wait.get("house_months"))


def again(row):
    """The day has come on which a new request may leave."""
    _tell(row, "again")


def returned(row):
    """Our team advises to change something before the request leaves."""
    _tell(row, "returned", row.looked_at.isoformat())


def not_taken(row):
    """WhatsApp didn't take the request; that is no refusal of the badge."""
    _tell(row, "not_taken", row.since.isoformat())


def lost(row):
    """The badge is gone."""
    _tell(row, "lost")
