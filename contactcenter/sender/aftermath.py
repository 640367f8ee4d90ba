"""What a sending sometimes leaves to do for others, through the ORM: rare, in a thread of its own, may be repeated."""

import logging

from django.db import close_old_connections

from contacts.models import ConsentSource, Contact
from contacts.services import consent
from onboarding.models import PhoneNumber
from providers.incidents import close_incident, open_incident, to_translate
from tenants.tenancy import acting_for, business_scope, every_business

logger = logging.getLogger(__name__)


def safely(function, *args):
    """Run one of the functions below; an error is logged and harms no message."""
    close_old_connections()
    try:
        function(*args)
    except Exception:
        logger.exception("%s failed after sending.", function.__name__)


def number_stopped(number_pk, code, details):
    """Nothing from this number will work until somebody repairs the account, the number or the token."""
    from onboarding.services import numbers  # what the polls load; the sender needs it rarely

    with acting_for(PhoneNumber, number_pk) as number:
        if number.waba_id:
            numbers.touch(number.waba)  # Meta tells of a number's ban by no webhook
    open_incident(
        _incident_key(number_pk),
        to_translate("WhatsApp refuses everything that one number sends"),
        f"{number.e164}: {code} {details}",
    )


def number_works_again(number_pk):
    """A message from a number that had been refused was accepted."""
    close_incident(_incident_key(number_pk))


def _incident_key(number_pk):
    return f"sender.number:{number_pk}"


def limit_reached(number_pk):
    """A message found no place in the messaging limit: the business reads it in the history of its number."""
    from onboarding.services import number_news  # the words and mails of history; the sender needs it rarely

    with acting_for(PhoneNumber, number_pk) as number:
        number_news.limit_reached(number)


def apply_pending(rows):
    """Statuses that came before their message's provider ID was stored: ``(business, number, provider ID)`` rows."""
    from contactcenter.understand import statuses  # the digesting half; the sender needs it rarely

    with every_business():
        statuses.apply_pending([(number, provider_id) for _business, number, provider_id in rows])


def answered(conversations):
    """The first answer to somebody who came through an ad was accepted: their free entry point now has an end."""
    from contactcenter.understand import windows  # the digesting half; the sender needs it rarely

    with every_business():
        windows.refresh_free_entries(set(conversations))


def stopped_marketing(business_pk, contact_pk, message_reference):
    """The provider said that the person stopped marketing from this business (131050)."""
    with business_scope(business_pk):
        consent.record_opt_out(
            Contact.objects.get(pk=contact_pk),
            source=ConsentSource.PLATFORM,
            key=f"refusal:{message_reference}",
            scope=consent.MARKETING,
            proof={"message": message_reference, "code": 131050},
        )
