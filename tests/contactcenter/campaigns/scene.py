"""What the tests of campaigns share: a number with an approved template, people who agreed, and the steps."""

from django.core.files.uploadedfile import SimpleUploadedFile

from config.clock import now
from contactcenter.campaigns import lifecycle, preparing, releasing
from contactcenter.models import CampaignRecipient, Message, MessageStatus, OutboxItem
from contacts.models import ConsentSource
from contacts.services import consent
from tenants.tenancy import business_scope, every_business
from tests import builders


def scene(business, **fields):
    """A number and an approved template of its account."""
    number = builders.phone_number(business)
    template = builders.template(business, waba=number.waba, **fields)
    with business_scope(business):
        return (
            type(number).objects.select_related("business", "waba").get(pk=number.pk),
            type(template).objects.get(pk=template.pk),
        )


def person(business, digits, name="Rosa Paz", *, agrees=True, **fields):
    """Somebody with this number, who agreed unless told otherwise."""
    row = builders.contact(business, name, wa_id=digits, **fields)
    if agrees:
        with business_scope(business):
            consent.record_opt_in(row, source=ConsentSource.PAPER, key=f"paper:{row.pk}")
    return row


def stops(business, contact, scope=consent.ALL):
    with business_scope(business):
        consent.record_opt_out(contact, source=ConsentSource.KEYWORD, key=f"stop:{contact.pk}:{scope}", scope=scope)


def made(business, text, *, number=None, template=None, mapping=None, actor=None, country="CO", **fields):
    """A campaign of a list, with its values chosen."""
    if number is None:
        number, template = scene(business)
    with business_scope(business):
        row = lifecycle.create("Spring", number, template, actor=actor)
        lifecycle.choose_list(row, SimpleUploadedFile("list.csv", text.encode()))
        row = lifecycle.locked(row)
        guessed = {
            key: rule | {"text": rule["text"] or "x"} if rule["from"] == "text" else rule
            for key, rule in row.mapping.items()
        }
        row = lifecycle.choose_values(row, mapping or guessed, country=country)
        row.quiet_from = row.quiet_until = None
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
    return row


def checked(campaign):
    """Have everybody of a campaign checked."""
    with business_scope(campaign.business_id):
        lifecycle.check(campaign)
    preparing.run_due()
    return again(campaign)


def started(campaign, **options):
    """Check it, and start it."""
    campaign = checked(campaign)
    with business_scope(campaign.business_id):
        lifecycle.start(campaign, actor=campaign.created_by, **options)
    return again(campaign)


def again(campaign):
    with business_scope(campaign.business_id):
        return lifecycle.locked(campaign)


def feed(campaign):
    return releasing.feed(campaign.pk, campaign.business_id)


def reasons(campaign):
    """``{line: reason}`` of everybody who was left out."""
    with business_scope(campaign.business_id):
        rows = CampaignRecipient.objects.filter(campaign=campaign, state="left_out")
        return dict(rows.order_by("line").values_list("line", "reason"))


def recipients(campaign, **fields):
    with business_scope(campaign.business_id):
        return list(CampaignRecipient.objects.filter(campaign=campaign, **fields).order_by("pk"))


def messages_of(campaign):
    with business_scope(campaign.business_id):
        return list(Message.objects.filter(campaign__campaign=campaign).order_by("pk"))


def settle(messages, status=MessageStatus.DELIVERED, **fields):
    """What the sender and the statuses do to these messages."""
    with every_business():
        OutboxItem.objects.filter(message__in=messages).delete()
        Message.objects.filter(pk__in=[message.pk for message in messages]).update(
            status=status, rank=MessageStatus(status).rank, **{f"{status}_at": now()}, **fields
        )
