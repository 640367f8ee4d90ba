"""Files that go along with a message: uploaded now, or those of a message that is sent again."""

import hashlib

from contactcenter.models import MessageMedia
from contactcenter.services import media


class Attachment:
    """An uploaded file, recognised and measured, not stored yet."""

    def __init__(self, uploaded):
        self.uploaded = uploaded
        found = media.recognise(uploaded, uploaded.name or "")
        self.kind, self.mime_type, self.ending = found.kind, found.mime_type, found.ending
        media.check_size(self.kind, uploaded.size)
        self.name = media.clean_name(uploaded.name or "", self.ending)

    def digest(self):
        """What tells this file from others."""
        self.uploaded.seek(0)
        digest = hashlib.file_digest(self.uploaded, "sha256").hexdigest()
        self.uploaded.seek(0)
        return digest

    def attach(self, message):
        """Store it with its message."""
        name, size, digest = media.store(message.business, self.uploaded, self.ending)
        MessageMedia.objects.create(
            business_id=message.business_id,
            message=message,
            mime_type=self.mime_type,
            file_name=self.name,
            size=size,
            sha256=digest,
            file=name,
        )


class Copy:
    """The file of a message that is sent again."""

    def __init__(self, original):
        self.original = original

    def digest(self):
        return self.original.sha256

    def attach(self, message):
        MessageMedia.objects.create(
            business_id=message.business_id,
            message=message,
            mime_type=self.original.mime_type,
            file_name=self.original.file_name,
            size=self.original.size,
            sha256=self.original.sha256,
            file=self.original.file.name,
        )


def copy_of(message):
    """The file of a message for another one, or ``None`` when it has none."""
    original = MessageMedia.objects.filter(message=message).exclude(file="").first()
    return Copy(original) if original else None
