"""Mail to our team about channels that should have been set up by now, with a growing pause."""

from datetime import timedelta

from django.conf import settings
from django.db.models import F
from django.urls import reverse

from config.clock import now
from onboarding.models import ChannelItem, ChannelSetup
from onboarding.rulebook.house import house_rule
from onboarding.services import channel_words
from onboarding.services.channels import SETTLED, overdue
from tenants import mail
from tenants.models import User
from tenants.tenancy import acting_for, every_business

LONGEST_DAYS = 7


def remind(limit=50):
    """Write the mails that are due; returns about how many channels."""
    at = now()
    with every_business():
        late = ChannelItem.objects.filter(due_at__lte=at).exclude(state__in=SETTLED).values("setup_id")
        rows = ChannelSetup.objects.filter(phone_number__live_at=None, pk__in=late).order_by("due_at")
        pks = [pk for pk, count, last in rows.values_list("pk", "reminders", "reminded_at") if _is_due(count, last, at)]
    for pk in pks[:limit]:
        with acting_for(ChannelSetup, pk) as setup:
            changed = ChannelSetup.objects.filter(pk=pk, reminders=setup.reminders)
            if changed.update(reminders=F("reminders") + 1, reminded_at=at):
                _write(setup, at)
    return len(pks[:limit])


def _is_due(count, last, at):
    if last is None:
        return True
    days = min(house_rule("channel_remind_days") * 2 ** min(max(count - 1, 0), 5), LONGEST_DAYS)
    return at - last >= timedelta(days=days)


def _write(setup, at):
    number = setup.phone_number
    items = [item for item in setup.items.select_related("setup__phone_number") if overdue(item, at)]
    for person in readers(number):
        mail.queue(
            "onboarding/email/channel_overdue",
            person.email,
            language=person.language or settings.LANGUAGE_CODE,
            key=f"channel_overdue:{setup.pk}:{setup.reminders}:{person.pk}",
            number=number,
            business=setup.business,
            setup=setup,
            items=[(item, channel_words.for_staff(item)) for item in items],
            link=settings.PUBLIC_URL + reverse("admin:onboarding_channelsetup_change", args=[setup.pk]),
        )


def readers(number):
    """Who of our team hears of a channel: whoever has its application, else everybody who may set channels up."""
    holder = number.application.claimed_by if number.application_id else None
    if holder is not None and holder.is_active and holder.is_staff and holder.email:
        return [holder]
    staff = User.objects.filter(is_active=True, is_staff=True).exclude(email="").order_by("pk")
    return [person for person in staff if person.has_perm("onboarding.change_channelsetup")]
