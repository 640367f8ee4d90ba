from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """A person's place in a business."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Administrator")
    SUPERVISOR = "supervisor", _("Supervisor")
    AGENT = "agent", _("Agent")
    VIEWER = "viewer", _("Viewer")


MANAGERS = (Role.OWNER, Role.ADMIN)
"""Who may apply, activate numbers, invite people and submit templates."""

ANSWERERS = (Role.OWNER, Role.ADMIN, Role.SUPERVISOR, Role.AGENT)
"""Who may write to contacts."""
