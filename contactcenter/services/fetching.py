"""Fetching the files that people sent: due rows, one by one, never inside a scope while the network is asked."""

import logging
import mimetypes
from datetime import timedelta

from config import hints
from config.clock import now
from config.faults import fault_point
from contactcenter.models import Message, MessageMedia
from contactcenter.services import MESSAGE_CHANGED, media
from providers.base import Action, ProviderError
from providers.registry import credentials_for, provider_for
from tenants import live
from tenants.tenancy import business_scope, every_business

logger = logging.getLogger(__name__)

TASK = "contactcenter.tasks.fetch_media"
AT_ONCE = 20
MAX_ATTEMPTS = 8
TAKEN_FOR = timedelta(minutes=5)
"""While one worker fetches, others leave the row alone; when that worker dies, the row is due again."""
NEVER_AGAIN = frozenset({Action.NO_RETRY, Action.FIX, Action.USER_STOP})


def fetch_due(message_pk=None):
    """Fetch the files that are due, or that of one message. Returns how many came and how many did not."""
    taken = _take(message_pk)
    came = sum(_fetch(*one) for one in taken)
    if len(taken) == AT_ONCE:
        hints.send(TASK)
    return {"fetched": came, "failed": len(taken) - came}


def _take(message_pk):
    with every_business():
        due = MessageMedia.objects.filter(next_attempt_at__lte=now(), file="").exclude(provider_media_id="")
        if message_pk is not None:
            due = due.filter(message=message_pk)
        rows = list(due.select_for_update(skip_locked=True).order_by("next_attempt_at")[:AT_ONCE])
        for row in rows:
            row.attempts += 1
            row.next_attempt_at = now() + TAKEN_FOR
            row.save(update_fields=["attempts", "next_attempt_at"])
        numbers = {
            message.pk: message.phone_number
            for message in Message.objects.filter(pk__in=[row.message_id for row in rows]).select_related(
                "phone_number__waba"
            )
        }
    return [(row, numbers[row.message_id]) for row in rows]


def _fetch(row, number):
    slug, token = (number.waba.provider, number.waba.access_token) if number.waba else ("cloud_api", "")
    provider = provider_for(slug, credentials_for(token))
    try:
        info = provider.fetch_media(row.provider_media_id, phone_number_id=number.phone_number_id or "")
        if (info.size or 0) > media.LARGEST:
            raise ProviderError("The file is too large.", action=Action.NO_RETRY)
        file = provider.fetch_file(info.url, max_bytes=media.LARGEST)
    except ProviderError as error:
        _failed(row, error)
        return False
    mime_type = (info.mime_type or file.mime_type or row.mime_type).partition(";")[0].strip()
    with business_scope(row.business_id):
        message = Message.objects.select_related("business", "conversation").get(pk=row.message_id)
        name, size, digest = media.store_bytes(
            message.business, file.content, mimetypes.guess_extension(mime_type) or ""
        )
        MessageMedia.objects.filter(pk=row.pk, file="").update(
            file=name,
            size=size,
            sha256=digest,
            mime_type=mime_type[:200],
            next_attempt_at=None,
            last_error="",
        )
        _tell(message)
        fault_point("media.before_commit")
    return True


def _failed(row, error):
    """A growing pause, or the end; a file that Meta no longer has won't come back."""
    final = error.action in NEVER_AGAIN or error.http_status == 404 or row.attempts >= MAX_ATTEMPTS
    pause = timedelta(seconds=max(error.retry_after or 0, min(3600, 5 * 3 ** (row.attempts - 1))))
    with business_scope(row.business_id):
        MessageMedia.objects.filter(pk=row.pk).update(
            next_attempt_at=None if final else now() + pause, last_error=str(error)[:1000]
        )
        if final:
            _tell(Message.objects.select_related("conversation").get(pk=row.message_id))
    logger.info("A file wasn't fetched (attempt %s): %s", row.attempts, error)


def _tell(message):
    live.emit(MESSAGE_CHANGED, conversation=str(message.conversation.reference), message=str(message.reference))
