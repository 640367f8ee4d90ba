"""The same installation and the same deliveries for both sides of a figure."""

import hashlib
import hmac
import random
from dataclasses import dataclass

import orjson

from config.clock import now
from tests.bench.ground import SECRETS

BUSINESSES, CONTACTS = 100, 200
"""As in the study: deliveries come from 20,000 people at 100 businesses."""


@dataclass(frozen=True)
class Number:
    """A business number as deliveries name it."""

    business_id: int
    id: int
    phone_number_id: str
    waba_id: str
    waba: int


def build(businesses=BUSINESSES):
    """Businesses with one live number each; returns the numbers."""
    from tests import builders  # models need Django set up

    numbers = []
    for place in range(businesses):
        business = builders.business(f"Bench{place}")
        row = builders.phone_number(business)
        numbers.append(Number(business.pk, row.pk, row.phone_number_id, row.waba.waba_id, row.waba_id))
    return numbers


def person(number_place, place):
    """The WhatsApp ID of a number's ``place``-th customer."""
    return f"5730{number_place:03}{place:05}"


def deliveries(numbers, count, *, contacts=CONTACTS, seed=1, prefix="in", at=None):
    """``count`` deliveries as bytes, each with one new text message of a random person."""
    dice = random.Random(seed)
    first = int((at or now()).timestamp()) - 3600
    bodies = []
    for n in range(count):
        place = dice.randrange(len(numbers))
        number, who = numbers[place], dice.randrange(contacts)
        wa_id = person(place, who)
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550001111", "phone_number_id": number.phone_number_id},
            "contacts": [{"profile": {"name": f"Rosa {who} Quiñones"}, "wa_id": wa_id}],
            "messages": [
                {
                    "from": wa_id,
                    "id": f"wamid.{prefix}{seed}x{n:07}HBgLNTczMDAwMDAwMDAVAgASGBQzQTdCNkM",
                    "timestamp": str(first + n * 3000 // max(count, 1)),
                    "type": "text",
                    "text": {
                        "body": f"Hola, ¿a qué hora abren hoy? Quisiera pasar por el pedido {n} antes del cierre."
                    },
                }
            ],
        }
        change = {"field": "messages", "value": value}
        bodies.append(
            orjson.dumps(
                {"object": "whatsapp_business_account", "entry": [{"id": number.waba_id, "changes": [change]}]}
            )
        )
    return bodies


def status_delivery(number, wa_id, provider_id, word, seconds, *, reference=None):
    """A delivery that tells one status of a message of ours."""
    told = {
        "id": provider_id,
        "status": word,
        "timestamp": str(seconds),
        "recipient_id": wa_id,
        "conversation": {"id": "5b2a1f0c9d8e7f6a", "origin": {"type": "utility"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "utility", "type": "regular"},
    }
    if reference:
        told["biz_opaque_callback_data"] = reference
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": number.phone_number_id},
        "statuses": [told],
    }
    change = {"field": "messages", "value": value}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": number.waba_id, "changes": [change]}]})


def signature(body):
    """The header with which Meta signs a delivery."""
    return "sha256=" + hmac.new(SECRETS["WHATSAPP_APP_SECRET"].encode(), body, hashlib.sha256).hexdigest()


def checksum(cursor, table, columns):
    """Rows and an order-free checksum of some columns of a table (``columns``: SQL expressions)."""
    row = ", ".join(columns)
    cursor.execute(
        f"SELECT count(*), coalesce(sum(hashtextextended(ROW({row})::text, 0)::numeric), 0)::text FROM {table}"
    )
    return cursor.fetchone()
