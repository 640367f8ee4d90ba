"""Keys for the REST API of one business."""

from config.clock import now
from tenants import audit
from tenants.api_access import make_key
from tenants.models import ApiKey


def create(business, name, *, actor):
    """Make a key and return ``(row, key)``; the key itself is shown once and never stored."""
    key, prefix, digest = make_key()
    row = ApiKey.objects.create(business=business, name=name, prefix=prefix, digest=digest, created_by=actor)
    audit.record(audit.to_translate("API key created"), name, actor=actor, prefix=prefix)
    return row, key


def revoke(row, *, actor):
    """Make a key useless at once."""
    if ApiKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now()):
        audit.record(audit.to_translate("API key revoked"), row.name, actor=actor, prefix=row.prefix)
