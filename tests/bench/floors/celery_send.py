"""The floor of the sending figures: Celery with two children, one task per message, as most projects send.

``celery --app tests.bench.floors.celery_send worker --pool prefork --concurrency 2``
"""

import os

import django
import requests
from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup

from config.clock import now  # noqa: E402
from contactcenter.models import Message, MessageStatus  # noqa: E402
from contacts.models import Identity  # noqa: E402
from tenants.tenancy import every_business  # noqa: E402

app = Celery("floor")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_default_queue = "bench-floor"

session = requests.Session()


@app.task(name="floor.send")
def send(pk):
    """Send one message and write down that it was accepted."""
    with every_business():
        message = Message.objects.select_related("phone_number__waba").get(pk=pk)
        to = Identity.objects.filter(contact_id=message.contact_id).values_list("value", flat=True).first()
    answer = session.post(
        f"{settings.WHATSAPP_GRAPH_URL}/v26.0/{message.phone_number.phone_number_id}/messages",
        json={
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": f"+{to}",
            "type": "text",
            "text": {"body": message.content["body"], "preview_url": False},
            "biz_opaque_callback_data": str(message.reference),
        },
        headers={"Authorization": f"Bearer {message.phone_number.waba.access_token}"},
        timeout=20,
    )
    answer.raise_for_status()
    with every_business():
        Message.objects.filter(pk=pk).update(
            provider_id=answer.json()["messages"][0]["id"],
            status=MessageStatus.ACCEPTED,
            rank=MessageStatus.ACCEPTED.rank,
            accepted_at=now(),
        )
