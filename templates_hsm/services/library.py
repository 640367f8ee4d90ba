"""The library: examples that our team vets and publishes to all businesses, each step kept with its person and text."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from config.clock import now
from templates_hsm.components import to_api
from templates_hsm.examples import USES, all_examples
from templates_hsm.exceptions import HasErrors, NotPossible
from templates_hsm.models import LibraryChange, LibraryTemplate
from templates_hsm.services import checks
from tenants import audit

State = LibraryTemplate.State


@dataclass(frozen=True, slots=True)
class Entry:
    """One example to begin with, as pages show it: ``key`` is what a form sends back."""

    key: str
    use: str
    language: str
    definition: dict

    @property
    def title(self):
        """What it is for, for readers."""
        return USES.get(self.use, self.use)


def entries():
    """Every example a business may begin with: those that come with the program, then what our team published."""
    own = [Entry(f"{row.use}:{row.language}", row.use, row.language, row.definition) for row in all_examples()]
    published = LibraryTemplate.objects.filter(state=State.PUBLISHED).order_by("use", "pk")
    return own + [Entry(f"library:{row.pk}", row.use, row.language, row.definition) for row in published]


def find(key):
    """The example with this key that may be used now, or ``None``."""
    return next((entry for entry in entries() if entry.key == key), None)


@transaction.atomic
def save(entry, *, actor):
    """Store a new or changed text. A published one becomes a draft: nobody begins with what nobody vetted."""
    entry.definition = to_api(entry.definition) | {"language": entry.language}
    entry.state, entry.updated_at = State.DRAFT, now()
    entry.save()
    _note(entry, "saved", actor)


@transaction.atomic
def publish(entry, *, actor):
    """Show it to all businesses. Raises ``HasErrors`` with what the linter says against it."""
    entry = LibraryTemplate.objects.select_for_update().get(pk=entry.pk)
    if entry.state == State.PUBLISHED:
        return entry
    errors = [finding for finding in checks.check(entry.definition) if finding.severity == "error"]
    if errors:
        raise HasErrors(errors)
    entry.state, entry.published_at = State.PUBLISHED, now()
    entry.save(update_fields=["state", "published_at"])
    _note(entry, "published", actor)
    audit.record_house(audit.to_translate("library template published"), entry, actor=actor)
    return entry


@transaction.atomic
def withdraw(entry, *, actor):
    """Take it out of the library; templates that began with it stay as they are."""
    entry = LibraryTemplate.objects.select_for_update().get(pk=entry.pk)
    if entry.state != State.PUBLISHED:
        raise NotPossible(_("Only a published one can be withdrawn."))
    entry.state = State.WITHDRAWN
    entry.save(update_fields=["state"])
    _note(entry, "withdrawn", actor)
    audit.record_house(audit.to_translate("library template withdrawn"), entry, actor=actor)
    return entry


def _note(entry, kind, actor):
    LibraryChange.objects.create(entry=entry, kind=kind, definition=entry.definition, at=now(), actor=actor)
