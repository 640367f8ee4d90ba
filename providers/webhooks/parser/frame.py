"""Where an event stands in its delivery, and whom it is about."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from providers.webhooks.events import Event, Identity, Unknown
from providers.webhooks.parser.values import identity, person_id, safe


@dataclass(slots=True)
class Frame:
    """What all events of one change share; collects them."""

    waba_id: str | None
    entry: int
    change: int
    field: str = ""
    entry_id: str | None = None
    entry_at_ms: int | None = None
    entry_time_problem: str = ""
    phone_number_id: str | None = None
    display_phone_number: str | None = None
    events: list[Event] = dataclasses.field(default_factory=list)
    contacts: list[Identity] = dataclasses.field(default_factory=list)
    by_id: dict[str, Identity] = dataclasses.field(default_factory=dict)
    single: bool = False
    item: int = 0

    def about(self) -> dict[str, Any]:
        """The arguments that place the next event of this change."""
        position = (self.entry, self.change, self.item)
        self.item += 1
        return {
            "waba_id": self.waba_id,
            "phone_number_id": self.phone_number_id,
            "display_phone_number": self.display_phone_number,
            "position": position,
        }

    def about_account(self) -> dict[str, Any]:
        """The same for news about accounts, whose time is that of the entry."""
        return self.about() | {"at_ms": self.entry_at_ms, "time_problem": self.entry_time_problem}

    def unknown(self, kind: str, reason: str, piece: Any) -> None:
        """Keep a piece that isn't used."""
        self.events.append(Unknown(kind=kind, reason=reason, field=self.field, piece=safe(piece), **self.about()))

    def read_contacts(self, contacts: list[Any]) -> None:
        """Remember the people that a change names."""
        for contact in contacts:
            if type(contact) is dict:
                person = identity(contact)
                self.contacts.append(person)
                for key in (person.wa_id, person.bsuid):
                    if key:
                        self.by_id.setdefault(key, person)

    def person(self, wa_id: Any, bsuid: Any, parent_bsuid: Any = None) -> Identity:
        """The person behind these IDs, with what ``contacts`` says about them.

        They are joined by ID and never by place in the list. Where one message stands beside one contact and the IDs
        differ (a ninth digit, an older ID), only the name is taken over.
        """
        number, user = person_id(wa_id), person_id(bsuid)
        known = self.by_id.get(number or "") or self.by_id.get(user or "")
        if known is not None and not (user and known.bsuid and known.bsuid != user):
            return Identity(
                number or known.wa_id,
                user or known.bsuid,
                person_id(parent_bsuid) or known.parent_bsuid,
                known.username,
                known.profile_name,
            )
        found = Identity(number, user, person_id(parent_bsuid))
        if self.single and len(self.contacts) == 1:
            [only] = self.contacts
            if not found:
                return only
            found.username, found.profile_name = only.username, only.profile_name
        return found
