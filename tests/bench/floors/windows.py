"""Announcing closed windows and looking at templates as plain Django does: row by row, call by call."""

from django.db import transaction
from django.db.models import F, Q

from config.clock import now
from contactcenter.models import Conversation
from sessions_24h.models import CustomerServiceWindow
from templates_hsm.models import MessageTemplate, TemplateStatus
from tenants.models import LiveCounter, LiveEvent
from tenants.tenancy import every_business


def announce(limit):
    """Announce up to ``limit`` windows whose end has passed, each in its transaction; returns how many."""
    with every_business():
        unannounced = Q(announced_expiry_of=None) | ~Q(announced_expiry_of=F("expires_at"))
        due = list(CustomerServiceWindow.objects.filter(unannounced, expires_at__lte=now())[:limit])
    for window in due:
        with transaction.atomic(), every_business():
            window.announced_expiry_of = window.expires_at
            window.save(update_fields=["announced_expiry_of"])
            conversation = Conversation.objects.get(
                phone_number_id=window.phone_number_id, contact_id=window.contact_id
            )
            LiveCounter.objects.get_or_create(business_id=window.business_id, defaults={"last": 0})
            counter = LiveCounter.objects.select_for_update().get(business_id=window.business_id)
            counter.last += 1
            counter.save(update_fields=["last"])
            LiveEvent.objects.create(
                business_id=window.business_id,
                number=counter.last,
                type="window",
                data={"conversation": str(conversation.reference)},
                at=now(),
            )
    return len(due)


def poll(line, waba_pks):
    """Ask for each template of these accounts and store its state; returns how many."""
    with every_business():
        templates = list(MessageTemplate.objects.filter(waba__in=waba_pks))
    for template in templates:
        report = line.fetch_template(template.provider_id)
        with every_business():
            template.status = TemplateStatus(str(report.state).lower())
            template.quality = str(report.quality)
            template.save(update_fields=["status", "quality"])
    return len(templates)
