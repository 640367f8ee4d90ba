"""Files of a business: kept under random names in its own folder of the private storage, never served as they lie."""

import hashlib
import io
import os
import re
import unicodedata
import uuid

from django.core.files.base import File
from django.core.files.storage import default_storage

CHUNK = 1024 * 1024


def clean_name(name, ending=""):
    """A file name to show and to hand out: without folders, control characters and direction marks."""
    plain = "".join(sign for sign in name.replace("\\", "/").rsplit("/", 1)[-1] if unicodedata.category(sign)[0] != "C")
    plain = re.sub(r"\s+", " ", plain).strip(" .")
    stem, own_ending = os.path.splitext(plain)
    return f"{(stem or 'file')[:180]}{(ending or own_ending)[:20]}"


def store(business, content, ending):
    """Keep ``content`` (an open file) in the business's own folder. Returns (name, size, SHA-256 in hex)."""
    key = uuid.uuid4().hex
    content.seek(0)
    digest, size = hashlib.sha256(), 0
    while part := content.read(CHUNK):
        digest.update(part)
        size += len(part)
    content.seek(0)
    name = default_storage.save(f"{business.reference}/{key[:2]}/{key}{ending}", File(content))
    return name, size, digest.hexdigest()


def store_bytes(business, content, ending):
    """``store`` for what is in memory."""
    return store(business, io.BytesIO(content), ending)
