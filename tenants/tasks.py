"""Work behind the pages of businesses and people."""

import logging
from datetime import timedelta

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import transaction

from config.clock import now
from config.heartbeat import seen
from tenants import live
from tenants.models import LiveEvent, Mail
from tenants.tenancy import every_business

logger = logging.getLogger(__name__)


@shared_task
def send_due_mail():
    """Send the mail that waits. A row is taken by one worker only; a failed one gets a later turn."""
    sent = failed = 0
    for pk in list(Mail.objects.filter(sent_at=None, not_before__lte=now()).values_list("pk", flat=True)[:50]):
        with transaction.atomic():
            mail = Mail.objects.select_for_update(skip_locked=True).filter(pk=pk, sent_at=None).first()
            if mail is None:
                continue
            mail.attempts += 1
            try:
                EmailMessage(mail.subject, mail.text, None, [mail.to], headers=mail.headers).send()
            except OSError as exc:
                failed += 1
                mail.last_error = str(exc)
                mail.not_before = now() + timedelta(minutes=min(60, 2**mail.attempts))
                logger.warning("Mail %s to %s was not sent: %s", mail.pk, mail.to, exc)
            else:
                sent += 1
                mail.sent_at, mail.last_error = now(), ""
            mail.save(update_fields=["attempts", "last_error", "not_before", "sent_at"])
    return {"sent": sent, "failed": failed}


@shared_task
def forget_old_live_events():
    """Drop live events that no page may resume from any more."""
    with every_business():
        gone, _ = LiveEvent.objects.filter(at__lt=now() - timedelta(seconds=live.kept_seconds())).delete()
    return {"gone": gone}


@shared_task
def note_beat():
    """Beat sends it and a worker runs it, so both were here."""
    seen("beat")
    seen("worker")
