"""What the ledger said at any moment, as something that can be shown, printed and checked.

Meta may ask a business how a person agreed (docs "Get opt-in", 3 November 2025), and so may the person or a court.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contacts.models import ConsentEvent, Contact
from contacts.services import consent

PURPOSES = ("utility", "authentication", "marketing")


@dataclass(frozen=True, slots=True)
class Proof:
    """An answer with the rows that it rests on.

    ``lines`` are all lines that the ledger held at ``moment``, oldest first; ``later`` those about the time before it
    that were written down only afterwards, which the answer of then could not know.
    """

    contact: Contact
    purpose: str
    moment: datetime
    answer: consent.ConsentAnswer
    lines: list[ConsentEvent] = field(default_factory=list)
    later: list[ConsentEvent] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """What the digest is computed over; plain values only."""
        return {
            "business": str(self.contact.business.reference),
            "contact": str(self.contact.reference),
            "purpose": self.purpose,
            "at": self.moment.isoformat(),
            "allowed": self.answer.allowed,
            "reason": self.answer.reason,
            "decided_by": self.answer.event.key if self.answer.event else None,
            "lines": [line_data(line) for line in self.lines],
        }

    @property
    def digest(self) -> str:
        """SHA-256 of ``canonical(as_data())``; it stays the same for as long as the rows of that moment do."""
        return hashlib.sha256(canonical(self.as_data()).encode()).hexdigest()


def canonical(data) -> str:
    """JSON with sorted keys, without spaces, non-ASCII as it is: the form that digests are computed over."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def line_data(line) -> dict[str, Any]:
    """One line of the ledger as plain values."""
    return {
        "key": line.key,
        "kind": line.kind,
        "scope": line.scope,
        "source": line.source,
        "wording": line.text_shown,
        "wording_sha256": line.version.digest if line.version_id else _digest(line.wording),
        "proof": line.proof,
        "occurred_at": line.occurred_at.isoformat(),
        "recorded_at": line.recorded_at.isoformat(),
        "recorded_by": str(line.actor) if line.actor_id else None,
    }


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest() if text else None


def consent_at(contact, purpose, moment) -> Proof:
    """Whether ``contact`` could be written to for ``purpose`` at ``moment``, with the exact rows that say so.

    ``purpose`` is one of ``PURPOSES``; raises ``ValueError`` for another one, and for a moment without a time zone.
    The answer is the one that the gate gave then: from what had happened and was recorded by then.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"There is no purpose {purpose!r}.")
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    rows = list(
        ConsentEvent.objects.filter(contact=contact, occurred_at__lte=moment)
        .select_related("actor", "version")
        .order_by("occurred_at", "recorded_at", "pk")
    )
    return Proof(
        contact=contact,
        purpose=purpose,
        moment=moment,
        answer=consent.may_message(contact, category=purpose, at=moment),
        lines=[row for row in rows if row.recorded_at <= moment],
        later=[row for row in rows if row.recorded_at > moment],
    )
