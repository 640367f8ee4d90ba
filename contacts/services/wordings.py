"""The exact texts that people agreed to: kept once per business and never changed."""

import hashlib

from config import bulk
from contacts.models import ConsentWording
from contacts.names import fold


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


def names_business(text, names):
    """Whether a text that people agree to says whom they will hear from: one of ``names``, in any spelling.

    Meta asks for it (docs "Get opt-in", 3 November 2025): the opt-in has to state the business's name.
    """
    words = f" {fold(text)} "
    return any(f" {name} " in words for name in _short_forms(names))


LEGAL_FORMS = (
    "sociedad anonima", "sociedad limitada", "sa de cv", "s a de c v", "s de rl de cv", "s a s", "s a", "s l", "s r l",
    "sas", "sa", "sl", "slu", "srl", "spa", "ltda", "limitada", "eireli", "mei", "me", "epp", "cia ltda", "ltd",
    "limited", "llc", "inc", "corp", "gmbh",
)  # fmt: skip
"""What stands behind a company's name in registers; people know the name without it."""


def _short_forms(names):
    for name in filter(None, map(fold, names)):
        yield name
        for form in LEGAL_FORMS:
            if name.endswith(f" {form}"):
                yield name.removesuffix(f" {form}")
