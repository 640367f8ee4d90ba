"""The exact texts that people agreed to: kept once per business and never changed."""

import hashlib

from config import bulk
from contacts.models import ConsentWording


def keep(business_id, text, *, language="", actor=None):
    """The ``ConsentWording`` with exactly this text, made if it is new. Call it inside the business's scope."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    bulk.insert(
        ConsentWording,
        {
            "business_id": [business_id],
            "text": [text],
            "digest": [digest],
            "language": [language],
            "created_by_id": [actor.pk if actor else None],
        },
        order=["business_id", "digest"],
        conflict="(business_id, digest) DO NOTHING",
    )
    return ConsentWording.objects.get(business_id=business_id, digest=digest)
