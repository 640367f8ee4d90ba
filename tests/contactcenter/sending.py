"""What the tests of the sender share: queued rows, a sender process, and waiting with an end."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings

from config.clock import now
from contactcenter.models import Direction, Message, MessageSource, MessageStatus, OutboxItem, Priority
from providers.webhooks import subscribers
from providers.webhooks.parser import parse_delivery
from tenants.tenancy import every_business
from tests import builders

ROOT = Path(__file__).resolve().parents[2]


def queue(conversation, text, *, priority=Priority.AGENT, template=None, content=None, **item):
    """A message in the outbox, as the services write it."""
    with every_business():
        message = builders.message(
            conversation,
            text,
            Direction.OUTBOUND,
            provider_id=None,
            status=MessageStatus.QUEUED,
            rank=0,
            source=MessageSource.AGENT,
            kind=item.pop("kind", "template" if template else "text"),
            content=content or {"type": "text", "body": text},
            template=template,
        )
        OutboxItem.objects.create(
            business=conversation.business,
            message=message,
            phone_number=conversation.phone_number,
            priority=priority,
            not_before=item.pop("not_before", now()),
            **item,
        )
    return message


def thread(business, *, hours_left=12.0, **fields):
    """A conversation with an open window."""
    row = builders.conversation(business, **fields)
    builders.window(row, hours_left=hours_left)
    return row


@contextmanager
def sender(provider, *, wait=True, **environment):
    """A sender process at work on the test's database."""
    process = start_sender(provider, **environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(10)


def start_sender(provider, **environment):
    database = settings.DATABASES["default"]
    host, port = database["HOST"], database["PORT"]
    user, password = quote(database["USER"], safe=""), quote(database["PASSWORD"], safe="")
    where = f"/{database['NAME']}?host={quote(host, safe='')}" + (f"&port={port}" if port else "")
    variables = os.environ | {
        "DATABASE_URL": f"postgresql://{user}:{password}@{where}",
        "WHATSAPP_GRAPH_URL": provider.url if hasattr(provider, "url") else provider,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SENDER_ANSWER_SECONDS": "2",
        "SENDER_LEASE_SECONDS": "3",
        "PROCESS_NAME": "sender-of-the-test",
        **{name: str(value) for name, value in environment.items()},
    }
    variables.pop("DATABASE_OWNER_URL", None)
    variables.pop("DATABASE_SUPERUSER_URL", None)
    return subprocess.Popen([sys.executable, "manage.py", "sender"], cwd=ROOT, env=variables)


def until(condition, seconds=15.0, every=0.05):
    """Wait until ``condition()`` is true; what it returned last otherwise."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := condition():
            return answer
        time.sleep(every)
    return condition()


def status_of(message):
    with every_business():
        return Message.objects.values_list("status", flat=True).get(pk=message.pk)


def statuses(messages):
    with every_business():
        return set(Message.objects.filter(pk__in=[message.pk for message in messages]).values_list("status", flat=True))


def outbox_states():
    with every_business():
        return sorted(OutboxItem.objects.values_list("state", flat=True))


def hear_status(provider_id, reference, status="sent", *, phone_number_id):
    """What Meta's status webhook about a message of ours does when it is digested."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "573155550001", "phone_number_id": phone_number_id},
        "statuses": [
            {
                "id": provider_id,
                "status": status,
                "timestamp": str(int(now().timestamp())),
                "recipient_id": "573001112233",
                "biz_opaque_callback_data": str(reference),
            }
        ],
    }
    body = json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
        }
    ).encode()
    with every_business():
        subscribers.handle([subscribers.Heard(event, now(), 1) for event in parse_delivery(body)])


def last_error(message):
    with every_business():
        return OutboxItem.objects.values_list("last_error", flat=True).get(message=message)
