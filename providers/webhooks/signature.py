"""Is a webhook delivery from Meta? The signature over its raw bytes says so."""

import hmac
import re
from collections.abc import Sequence

_WELL_FORMED = re.compile(r"sha256=([0-9a-f]{64})", re.IGNORECASE | re.ASCII)


def sign(raw: bytes, secret: str | bytes) -> str:
    """The value of ``X-Hub-Signature-256`` for a body."""
    key = secret.encode() if isinstance(secret, str) else secret
    return f"sha256={hmac.digest(key, raw, 'sha256').hex()}"


def verify(raw: bytes, header: str | None, secrets: Sequence[str | bytes]) -> bool:
    """Whether one of the app secrets signed ``raw`` (WhatsApp docs "Webhooks: validate payloads", 2025-11).

    All secrets are tried, in constant time, so that a rotation needs no pause. A missing or malformed header, and an
    empty secret, verify nothing. Give the body as it came: Meta signs its own escapes.
    """
    well_formed = _WELL_FORMED.fullmatch(header) if isinstance(header, str) else None
    if well_formed is None:
        return False
    given = well_formed[1].lower()
    matches = [hmac.compare_digest(sign(raw, secret)[7:], given) for secret in secrets if secret]
    return any(matches)
