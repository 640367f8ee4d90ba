"""Webhook floors: ``insert/`` keeps the delivery with one ``create``, ``textbook/`` writes the inbox in the request.

Run by gunicorn with two workers of four threads: ``gunicorn tests.bench.floors.webhook:application``.
"""

import hashlib
import hmac
import json
import os
from datetime import UTC, datetime, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.floors.settings"

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import transaction  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

application = get_wsgi_application()

from tests.bench.floors.textbook.models import Contact, Conversation, Delivery, Message, Window  # noqa: E402

SECRET = settings.WHATSAPP_APP_SECRETS[0].encode()


def is_signed(request):
    """Whether the body carries Meta's signature."""
    expected = "sha256=" + hmac.new(SECRET, request.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, request.headers.get("X-Hub-Signature-256", ""))


@csrf_exempt
def insert(request):
    """Keep the delivery."""
    if not is_signed(request):
        return HttpResponse(status=401)
    Delivery.objects.create(body=request.body)
    return HttpResponse("ok")


@csrf_exempt
def textbook(request):
    """Write person, conversation, window and message while the provider waits."""
    if not is_signed(request):
        return HttpResponse(status=401)
    for entry in json.loads(request.body)["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            names = {person["wa_id"]: person["profile"]["name"] for person in value["contacts"]}
            for told in value["messages"]:
                with transaction.atomic():
                    store(value["metadata"]["phone_number_id"], names[told["from"]], told)
    return HttpResponse("ok")


def store(phone_number_id, name, told):
    """One message, if it is new."""
    at = datetime.fromtimestamp(int(told["timestamp"]), UTC)
    contact, _ = Contact.objects.get_or_create(
        phone_number_id=phone_number_id, wa_id=told["from"], defaults={"name": name}
    )
    conversation, _ = Conversation.objects.select_for_update().get_or_create(contact=contact)
    message, is_new = Message.objects.get_or_create(
        provider_id=told["id"],
        defaults={"conversation": conversation, "text": told["text"]["body"], "at": at, "content": told},
    )
    if not is_new:
        return
    ends = at + timedelta(hours=24)
    window, was_opened = Window.objects.get_or_create(contact=contact, defaults={"expires_at": ends})
    if not was_opened and window.expires_at < ends:
        window.expires_at = ends
        window.save(update_fields=["expires_at"])
    conversation.last_message_text = message.text[:200]
    conversation.last_activity_at = at
    conversation.unread_count += 1
    conversation.save(update_fields=["last_message_text", "last_activity_at", "unread_count"])


urlpatterns = [path("insert/", insert), path("textbook/", textbook)]
