"""Secrets at rest: encrypted with rotating keys (``ENCRYPTION_KEYS``, the newest first)."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _cipher():
    if not settings.ENCRYPTION_KEYS:
        raise ImproperlyConfigured("Set ENCRYPTION_KEYS before storing or reading secrets.")
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def encrypt(plain):
    """Text in, token in ASCII out."""
    return _cipher().encrypt(plain.encode()).decode()


def decrypt(token):
    """The text behind a token of ``encrypt``; ``ValueError`` when no present key made it."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as exc:
        raise ValueError("This secret was encrypted with a key that is no longer in ENCRYPTION_KEYS.") from exc


class EncryptedTextField(models.TextField):
    """Text that is plain in Python and encrypted in the database. Empty text stays empty. It can't be searched."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value, expression, connection):
        return decrypt(value) if value else value
