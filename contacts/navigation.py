"""What the consent pages add to the side navigation."""

from django.utils.translation import pgettext_lazy

from config.navigation import NavItem, register


def register_items():
    """Register the list of consents; called once when the app is ready."""
    register(
        NavItem(
            key="permissions",
            label=pgettext_lazy("navigation", "Consents"),
            icon="check",
            url_name="contacts:contact_list",
            order=40,
        )
    )
