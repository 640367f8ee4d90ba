"""Onboarding's entries in the side navigation."""

from django.utils.translation import gettext_lazy as _

from config.navigation import NavItem, register


def register_items():
    """Called once when the app is ready."""
    register(NavItem("numbers", _("Numbers"), "device", "onboarding:numbers", order=20, on_phone=True))
    register(NavItem("links", _("Links and forms"), "globe", "onboarding:chat_links", order=45))
