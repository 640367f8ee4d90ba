"""What the contact center adds to the side navigation."""

from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register
from contactcenter import queries
from tenants.enums import Role


def register_items():
    """Register the inbox and campaigns; called once when the app is ready."""
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
    register(NavItem("campaigns", _("Campaigns"), "send", "campaigns:campaign_list", order=35))
    register(NavItem("costs", _("Cost"), "chart", "costs:usage", (Role.OWNER, Role.ADMIN, Role.SUPERVISOR), order=37))


def counts(request):
    """The person's ``queries.OpenCounts``, asked once per request: the navigation and the inbox's tabs show them."""
    if not hasattr(request, "open_counts"):
        request.open_counts = queries.open_counts(request.user)
    return request.open_counts


def unread(request):
    """How many conversations with unread messages wait for this person, as text, or ``None``."""
    count = counts(request).unread
    return queries.as_counted(count) if count else None
