"""Who hears within this app that a template moved. Connected once, when the app is ready to hear Meta."""

from templates_hsm import signals
from templates_hsm.services import appeals, categories, misses, pauses

_STATUS = {"pauses": pauses.status_moved, "appeals": appeals.status_moved, "misses": misses.status_moved}
_CATEGORY = {"categories": categories.moved, "appeals": appeals.category_moved, "misses": misses.category_moved}


def connect():
    """Subscribe; a second call changes nothing."""
    for name, heard in _STATUS.items():
        signals.template_changed.connect(heard, dispatch_uid=f"templates_hsm.{name}")
    for name, heard in _CATEGORY.items():
        signals.category_moved.connect(heard, dispatch_uid=f"templates_hsm.{name}")
