"""The areas of the API that a key can be limited to."""

from django.utils.translation import gettext_lazy as _

from tenants.api_scopes import register


def register_all():
    """Make the areas known; called once when the app starts."""
    register("onboarding", read=_("Read applications and numbers"))
    register(
        "contacts",
        read=_("Read contacts, segments and opt-ins"),
        write=_("Record opt-ins and opt-outs, make and change segments"),
    )
    register("messages", read=_("Read conversations and messages"), write=_("Send messages"))
    register("templates", read=_("Read and check templates"), write=_("Make templates and hand them in"))
    register(
        "campaigns", read=_("Read campaigns and their reports"), write=_("Make, start, pause and cancel campaigns")
    )
    register("costs", read=_("Read usage and budgets"))
