"""Pauses by Meta: which one it is, when it ends, and what the next one does (docs "Template pausing", 2025).

The first lasts three hours, the second six, the third disables the template for good; a pause by pacing has no end and
is lifted by hand. Durations are dated data.
"""

from datetime import timedelta

from templates_hsm.models import TemplateStatus
from templates_hsm.services import notices, platform

FIRST, SECOND, PACING = "FIRST_PAUSE", "SECOND_PAUSE", "RATE_LIMITING_PAUSE"


def status_moved(sender, template, old, new, **_more):
    """Keep which pause began by how many there were; forget it when it ended."""
    if new == TemplateStatus.PAUSED:
        before = template.events.filter(kind="status", new=TemplateStatus.PAUSED).count()
        titled(template, FIRST if before <= 1 else SECOND)
        notices.tell(template, "paused", key=f"paused:{template.pk}:{before}")
    elif new == TemplateStatus.SUBMITTING and template.changes is not None:
        pass  # should Meta refuse the form of the changes, the pause goes on
    elif template.paused_until or template.pause_kind:
        _store(template, "", None)
    if new == TemplateStatus.DISABLED:
        times = template.events.filter(kind="status", new=TemplateStatus.DISABLED).count()
        notices.tell(template, "disabled", key=f"disabled:{template.pk}:{times}")


def titled(template, title, at=None):
    """Meta named the pause; a title that isn't one changes nothing."""
    if title not in {FIRST, SECOND, PACING} or template.status != TemplateStatus.PAUSED:
        return
    begun = at or template.status_changed_at
    seconds = platform.newest("pauses", begun.date()).get(title)
    _store(template, title, begun + timedelta(seconds=seconds) if seconds else None)


def _store(template, kind, until):
    if (template.pause_kind, template.paused_until) != (kind, until):
        template.pause_kind, template.paused_until = kind, until
        template.save(update_fields=["pause_kind", "paused_until"])
