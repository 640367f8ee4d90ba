"""The staff's admin in our colours: values for ``UNFOLD`` in the settings.

``UNFOLD = {**unfold_look.LOOK, "SITE_TITLE": …}``. The scales follow ``static/css/tokens.css``: warm paper and ink for
``base``, campeche for ``primary``.
"""

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _


def _static(path):
    def link(request):
        from django.templatetags.static import static  # settings are read by processes that have no pages

        return static(path)

    return link


LOOK = {
    "SITE_SYMBOL": "door_open",
    "SITE_ICON": _static("icon.svg"),
    "STYLES": [_static("css/admin.css")],
    "BORDER_RADIUS": "7px",
    "COLORS": {
        "base": {
            "50": "oklch(0.982 0.0045 80)",
            "100": "oklch(0.960 0.0065 78)",
            "200": "oklch(0.895 0.008 76)",
            "300": "oklch(0.820 0.010 74)",
            "400": "oklch(0.690 0.010 70)",
            "500": "oklch(0.500 0.012 60)",
            "600": "oklch(0.420 0.012 55)",
            "700": "oklch(0.340 0.010 45)",
            "800": "oklch(0.262 0.008 38)",
            "900": "oklch(0.215 0.007 38)",
            "950": "oklch(0.168 0.005 38)",
        },
        "primary": {
            "50": "oklch(0.975 0.007 348)",
            "100": "oklch(0.952 0.011 348)",
            "200": "oklch(0.905 0.024 346)",
            "300": "oklch(0.860 0.038 344)",
            "400": "oklch(0.780 0.070 345)",
            "500": "oklch(0.600 0.115 344)",
            "600": "oklch(0.405 0.122 344)",
            "700": "oklch(0.365 0.115 344)",
            "800": "oklch(0.335 0.108 344)",
            "900": "oklch(0.280 0.080 344)",
            "950": "oklch(0.210 0.055 344)",
        },
        "font": {
            "subtle-light": "var(--color-base-500)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-600)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
}


def _address(name):
    from django.urls import reverse  # settings are read by processes that have no pages

    return reverse(name)


_later = lazy(_address, str)


def _page(title, icon, name):
    return {"title": title, "icon": icon, "link": _later(f"admin:{name}_changelist")}


def _at_house_rules(request):
    """The rulebook's pages are below the same address and have an entry of their own."""
    here, book = _address("admin:onboarding_houserulechange_changelist"), "rulebook/"
    return request.path.startswith(here) and not request.path.startswith(here + book)


LOOK["SIDEBAR"] = {
    "show_search": False,
    "show_all_applications": False,
    "navigation": [
        {
            "title": _("Reviews"),
            "items": [
                _page(_("Applications"), "rule", "onboarding_onboardingapplication"),
                {
                    "title": _("Workload and outcomes"),
                    "icon": "monitoring",
                    "link": _later("admin:onboarding_onboardingapplication_workload"),
                },
                _page(_("Canned reasons"), "quickreply", "onboarding_cannedreason"),
                _page(_("House rules"), "gavel", "onboarding_houserulechange") | {"active": _at_house_rules},
                {
                    "title": _("Rulebook"),
                    "icon": "menu_book",
                    "link": _later("admin:onboarding_houserulechange_rulebook"),
                },
                _page(_("Documents"), "folder_shared", "onboarding_applicationdocument"),
                _page(_("Further numbers"), "add_call", "onboarding_numberrequest"),
                _page(_("Channels being set up"), "checklist", "onboarding_channelsetup"),
                _page(_("Phone numbers"), "phone_iphone", "onboarding_phonenumber"),
                _page(_("Badge requests"), "verified", "onboarding_badgerequest"),
                _page(_("Changes of display names"), "badge", "onboarding_renaming"),
                _page(_("News about numbers"), "history", "onboarding_numbernews"),
                _page(_("WhatsApp Business Accounts"), "account_tree", "onboarding_waba"),
                _page(_("Message templates"), "description", "templates_hsm_messagetemplate"),
                _page(_("Templates to read"), "rate_review", "templates_hsm_templatereview"),
                _page(_("Misses of our check"), "psychology_alt", "templates_hsm_lintmiss"),
                _page(_("Library of templates"), "library_books", "templates_hsm_librarytemplate"),
            ],
        },
        {
            "title": _("Provider"),
            "items": [
                {"title": _("Health"), "icon": "monitor_heart", "link": _later("health")},
                {"title": _("Usage of businesses"), "icon": "payments", "link": _later("usage_of_businesses")},
                _page(_("Incidents"), "warning", "providers_incident"),
                _page(_("Dead letters"), "mark_email_unread", "providers_deadletter"),
                _page(_("Unknown events"), "help", "providers_unknownevent"),
                _page(_("Provider log"), "receipt_long", "providers_providercall"),
            ],
        },
        {
            "title": _("Businesses and people"),
            "items": [
                _page(_("Businesses"), "storefront", "tenants_business"),
                _page(_("People"), "group", "tenants_user"),
                _page(_("Audit trail"), "history", "tenants_auditevent"),
                _page(_("Mail"), "mail", "tenants_mail"),
            ],
        },
    ],
}
