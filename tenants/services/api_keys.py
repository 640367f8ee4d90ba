"""Keys for the REST API of one business."""

from config.clock import now
from tenants import audit
from tenants.api_access import make_key
from tenants.models import ApiKey


def create(business, name, *, actor, scopes=None):
    """Make a key and return ``(row, key)``; the key itself is shown once and never stored.

    ``scopes`` is what it is limited to, ``None`` for everything that an administrator may.
    """
    key, prefix, digest = make_key()
    row = ApiKey.objects.create(
        business=business, name=name, prefix=prefix, digest=digest, scopes=scopes, created_by=actor
    )
    audit.record(audit.to_translate("API key created"), name, actor=actor, prefix=prefix, **_said(scopes))
    return row, key


def limit(row, scopes, *, actor):
    """Change what a key may do; it holds for the next request. ``None`` is everything."""
    before, row.scopes = row.scopes, scopes
    if before == scopes:
        return
    ApiKey.objects.filter(pk=row.pk).update(scopes=scopes)
    audit.record(
        audit.to_translate("API key changed"),
        row.name,
        actor=actor,
        prefix=row.prefix,
        before=_said(before)["scopes"],
        **_said(scopes),
    )


def _said(scopes):
    return {"scopes": "*" if scopes is None else " ".join(scopes)}


def revoke(row, *, actor):
    """Make a key useless at once."""
    if ApiKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=now()):
        audit.record(audit.to_translate("API key revoked"), row.name, actor=actor, prefix=row.prefix)
