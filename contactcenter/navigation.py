"""What the inbox adds to the side navigation."""

from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register
from contactcenter import queries


def register_items():
    """Register the inbox; called once when the app is ready."""
    register(
        NavItem(
            key="inbox",
            label=_("Inbox"),
            icon="inbox",
            url_name="contactcenter:inbox",
            order=10,
            on_phone=True,
            badge=unread,
            badge_label=_("with unread messages"),
        )
    )


def unread(request):
    """How many conversations with unread messages wait for this person, as text, or ``None``."""
    count = queries.unread_count(request.user)
    return queries.as_counted(count) if count else None
