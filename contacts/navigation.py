"""What the consent pages add to the side navigation."""

from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register


def register_items():
    """Register the list of consents; called once when the app is ready."""
    register(NavItem(key="permissions", label=_("Consents"), icon="check", url_name="contacts:contact_list", order=40))
